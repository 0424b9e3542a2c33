import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { SohError } from '../../emulator/errors.ts';
import { checkClusterFile } from '../../emulator/cluster/loadClusterFile.ts';
import { errorText } from '../../emulator/text/translate.ts';
import { t } from '../text/text.ts';
import { isOurs } from './recognise.ts';

const DELAY_MS = 250;
const MODULE = /\.m?[jt]s$/;

/** The documents VS Code offers as group files. */
export const clusterFileSelector: vscode.DocumentSelector = { pattern: '**/cluster.json' };

/** Finds everything that is wrong with a group, as `check` of the command line does. */
export type GroupChecker = (group: {
  readonly text: string;
  readonly fileName: string;
  readonly baseFolder: string;
}) => Promise<SohError[]>;

/**
 * Shows what is wrong with an open group file and its modules, at its place: what the text says at once, what only the whole group tells when
 * it is opened or a file of it is saved.
 */
export function showClusterFileProblems(checkGroup: GroupChecker): vscode.Disposable {
  const shown = new ShownProblems(checkGroup);
  const { workspace } = vscode;
  const open = (): vscode.TextDocument[] => workspace.textDocuments.filter(isGroupFile);
  for (const document of open()) shown.opened(document);
  return vscode.Disposable.from(
    shown,
    workspace.onDidOpenTextDocument((document) => {
      if (isGroupFile(document)) shown.opened(document);
    }),
    workspace.onDidChangeTextDocument(({ document }) => {
      if (isGroupFile(document)) shown.changed(document);
    }),
    workspace.onDidSaveTextDocument((saved) => {
      const touched = open().filter((group) => group === saved || (MODULE.test(saved.uri.path) && isBelow(group, saved)));
      for (const group of touched) void shown.whole(group);
    }),
    workspace.onDidCloseTextDocument((document) => shown.closed(document)),
    workspace.onDidGrantWorkspaceTrust(() => {
      for (const document of open()) void shown.whole(document);
    }),
  );
}

function isGroupFile(document: vscode.TextDocument): boolean {
  return vscode.languages.match(clusterFileSelector, document) > 0;
}

function isBelow(group: vscode.TextDocument, other: vscode.TextDocument): boolean {
  return other.uri.toString().startsWith(`${vscode.Uri.joinPath(group.uri, '..').toString()}/`);
}

class ShownProblems {
  readonly #checkGroup: GroupChecker;
  readonly #collection = vscode.languages.createDiagnosticCollection('scaled-out-hosts');
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  /** Files that each group has problems in, the group file aside. */
  readonly #modules = new Map<string, readonly vscode.Uri[]>();

  constructor(checkGroup: GroupChecker) {
    this.#checkGroup = checkGroup;
  }

  opened(document: vscode.TextDocument): void {
    this.#text(document);
    void this.whole(document);
  }

  changed(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.#waiting.get(key));
    this.#waiting.set(
      key,
      setTimeout(() => {
        this.#waiting.delete(key);
        if (!document.isClosed) this.#text(document);
      }, DELAY_MS),
    );
  }

  closed({ uri }: vscode.TextDocument): void {
    this.#collection.delete(uri);
    this.#showModules(uri, new Map());
  }

  /** The group file with its modules; what is found in a text that has changed meanwhile is not shown. */
  async whole(document: vscode.TextDocument): Promise<void> {
    const { uri, version } = document;
    const text = document.getText();
    if (uri.scheme !== 'file' || !isOurs(text)) return;
    const fileName = vscode.workspace.asRelativePath(uri);
    // What keeps the check itself from running is told by the start.
    const problems = await this.#checkGroup({ text, fileName, baseFolder: dirname(uri.fsPath) }).catch(() => undefined);
    if (!problems || document.isClosed || document.version !== version) return;
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const problem of problems) {
      const file = String(problem.parameters['file'] ?? fileName);
      byFile.set(file, [...(byFile.get(file) ?? []), diagnosticOf(problem)]);
    }
    this.#collection.set(uri, byFile.get(fileName) ?? []);
    byFile.delete(fileName);
    this.#showModules(uri, byFile);
  }

  dispose(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#collection.dispose();
  }

  #text(document: vscode.TextDocument): void {
    const text = document.getText();
    const problems = isOurs(text) ? checkClusterFile(text, vscode.workspace.asRelativePath(document.uri)) : [];
    this.#collection.set(document.uri, problems.map(diagnosticOf));
  }

  #showModules(group: vscode.Uri, problems: ReadonlyMap<string, readonly vscode.Diagnostic[]>): void {
    for (const before of this.#modules.get(group.toString()) ?? []) this.#collection.delete(before);
    const now = [...problems].map(([file, diagnostics]) => ({ uri: vscode.Uri.joinPath(group, '..', file), diagnostics }));
    for (const { uri, diagnostics } of now) this.#collection.set(uri, diagnostics);
    this.#modules.set(
      group.toString(),
      now.map(({ uri }) => uri),
    );
  }
}

function diagnosticOf(problem: SohError): vscode.Diagnostic {
  const at = (name: string): number => Math.max(0, Number(problem.parameters[name] ?? 1) - 1);
  const { message, next } = errorText(problem, t);
  const range = new vscode.Range(at('line'), at('column'), at('endLine'), at('endColumn'));
  const diagnostic = new vscode.Diagnostic(range, `${message} ${next}`, vscode.DiagnosticSeverity.Error);
  diagnostic.source = 'Scaled-Out Hosts';
  diagnostic.code = problem.code;
  return diagnostic;
}
