/** Guarantee: mistakes of a group file are shown at their line, a good one offers to be started, and other programs' files are left alone. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually } from './eventually.ts';

const encoder = new TextEncoder();

async function open(folder: string, text: string): Promise<vscode.TextDocument> {
  const root = vscode.workspace.workspaceFolders?.[0];
  assert.ok(root, 'the suite needs a folder');
  const uri = vscode.Uri.joinPath(root.uri, folder, 'cluster.json');
  await vscode.workspace.fs.writeFile(uri, encoder.encode(text));
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  return document;
}

function ours(document: vscode.TextDocument): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'Scaled-Out Hosts');
}

async function lenses(document: vscode.TextDocument): Promise<string[]> {
  const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 10);
  return found.map(({ command }) => command?.title ?? '');
}

describe('cluster.json', () => {
  before(async () => {
    await vscode.extensions.getExtension('scaled-out-hosts.scaled-out-hosts')?.activate();
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('shows an unknown computer at its line', async () => {
    const document = await open('wrong', '{\n  "computers": ["A"],\n  "hosts": [\n    { "name": "P", "instances": ["B"] }\n  ]\n}\n');
    const [problem] = await eventually(() => {
      const found = ours(document);
      assert.equal(found.length, 1);
      return found;
    });
    assert.equal(problem?.range.start.line, 3);
    assert.match(problem.message, /"B"/);
  });

  it('takes the problem away when the file is corrected', async () => {
    const document = await open('corrected', '{ "computers": ["A"], "hosts": [{ "name": "P", "instances": ["B"] }] }');
    await eventually(() => assert.equal(ours(document).length, 1));
    const edit = new vscode.WorkspaceEdit();
    const at = document.positionAt(document.getText().indexOf('"B"'));
    edit.replace(document.uri, new vscode.Range(at, at.translate(0, 3)), '"A"');
    await vscode.workspace.applyEdit(edit);
    await eventually(() => assert.deepEqual(ours(document), []));
    await document.save();
  });

  it('offers to start it', async () => {
    const document = await open('good', '{ "computers": ["A"], "hosts": [{ "name": "P", "instances": ["A"] }] }');
    await eventually(async () => assert.deepEqual(await lenses(document), ['Start this group']));
  });

  it("leaves another program's cluster.json alone", async () => {
    const document = await open('other', '{ "nodes": [], "replicas": 3 }');
    assert.deepEqual(await lenses(document), []);
    assert.deepEqual(ours(document), []);
  });
});
