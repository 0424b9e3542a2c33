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

/** Name, text, line from 0 and words of the mistakes a group file can have. */
const mistakes: readonly (readonly [string, string, number, RegExp])[] = [
  ['no comma', '{\n  "computers": ["A"]\n  "hosts": []\n}', 2, /not valid JSON/],
  ['a wrong type', '{\n  "computers": "A",\n  "hosts": [{ "name": "P", "instances": ["A"] }]\n}', 1, /expected a list/],
  ['a missing member', '{\n  "computers": ["A"],\n  "hosts": [\n    { "instances": ["A"] }\n  ]\n}', 3, /name/],
  [
    'an unknown setting',
    '{\n  "computers": ["A"],\n  "hosts": [{ "name": "P", "instances": ["A"] }],\n  "color": 1\n}',
    3,
    /there is no setting "color"/,
  ],
  [
    'an unknown profile',
    '{\n  "computers": ["A"],\n  "hosts": [{ "name": "P", "instances": ["A"] }],\n  "profile": "fast"\n}',
    3,
    /"default"/,
  ],
  ['a computer twice', '{\n  "computers": ["A",\n    "A"],\n  "hosts": [{ "name": "P", "instances": ["A"] }]\n}', 2, /is there twice/],
  ['an unknown computer', '{\n  "computers": ["A"],\n  "hosts": [{ "name": "P",\n    "instances": ["B"] }]\n}', 3, /no computer "B"/],
  [
    'two instances on a computer',
    '{\n  "computers": ["A"],\n  "hosts": [{ "name": "P", "instances": ["A",\n    "A"] }]\n}',
    3,
    /already has/,
  ],
  ['an unknown host', withSendPort('"host": "Q"', '"folder": "out"'), 5, /no host "Q"/],
  ['an adapter setting of the wrong type', withSendPort('"host": "P"', '"folder": 7'), 6, /expected a text/],
];

/** A group file whose send port has these two lines. */
function withSendPort(host: string, folder: string): string {
  return `{
  "computers": ["A"],
  "hosts": [{ "name": "P", "instances": ["A"] }],
  "sendPorts": [{
    "name": "S",
    ${host},
    "transport": { "adapter": "FILE", ${folder} }
  }]
}`;
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

  for (const [name, text, line, words] of mistakes) {
    it(`shows at its line: ${name}`, async () => {
      const document = await open(`wrong-${name.replaceAll(/\W+/g, '-')}`, text);
      const found = await eventually(() => {
        const problems = ours(document);
        assert.ok(problems.length > 0);
        return problems;
      });
      assert.deepEqual(
        found.map(({ range }) => range.start.line),
        [line],
      );
      assert.match(found[0]?.message ?? '', words);
    });
  }

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

  it('shows what only the whole group tells: a path that is none, and a module with a mistake, in the module, until it is corrected', async () => {
    const root = vscode.workspace.workspaceFolders?.[0];
    assert.ok(root);
    const uri = vscode.Uri.joinPath(root.uri, 'modules', 'orders.ts');
    await vscode.workspace.fs.writeFile(uri, encoder.encode('export const one = 1;\nexport const = 2;\n'));
    const types = '"urn:a#A": { "format": "xml", "promoted": { "P": {\n "path": "///" } } }';
    const orchestrations = '{ "name": "One", "module": "orders.ts", "host": "P" }';
    const group = `{ "computers": ["A"], "hosts": [{ "name": "P", "instances": ["A"] }],\n"messageTypes": {${types}},\n"orchestrations": [${orchestrations}] }`;
    const document = await open('modules', group);
    const lines = (): readonly (readonly number[])[] => [
      ours(document).map(({ range }) => range.start.line),
      vscode.languages.getDiagnostics(uri).flatMap(({ source, range }) => (source === 'Scaled-Out Hosts' ? [range.start.line] : [])),
    ];
    await eventually(() => assert.deepEqual(lines(), [[2], [1]]));
    const module = await vscode.workspace.openTextDocument(uri);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, new vscode.Range(1, 0, 1, 17), '');
    await vscode.workspace.applyEdit(edit);
    await module.save();
    // It exports no orchestration; that is told where the group file names it.
    await eventually(() => assert.deepEqual(lines(), [[2, 3], []]));
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
