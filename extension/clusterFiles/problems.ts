import * as vscode from 'vscode';
import type { SohError } from '../../emulator/errors.ts';
import { checkClusterFile } from '../../emulator/cluster/loadClusterFile.ts';
import { errorText } from '../../emulator/text/translate.ts';
import { t } from '../text/text.ts';
import { isOurs } from './recognise.ts';

const DELAY_MS = 250;

/** The documents VS Code offers as group files. */
export const clusterFileSelector: vscode.DocumentSelector = { pattern: '**/cluster.json' };

/** Shows what is wrong with an open group file, at its place. */
export function showClusterFileProblems(): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('scaled-out-hosts');
  const waiting = new Map<string, NodeJS.Timeout>();
  const check = (document: vscode.TextDocument): void => {
    if (vscode.languages.match(clusterFileSelector, document) > 0) collection.set(document.uri, problemsOf(document));
  };
  const soon = (document: vscode.TextDocument): void => {
    const key = document.uri.toString();
    clearTimeout(waiting.get(key));
    waiting.set(
      key,
      setTimeout(() => {
        waiting.delete(key);
        if (!document.isClosed) check(document);
      }, DELAY_MS),
    );
  };
  for (const document of vscode.workspace.textDocuments) soon(document);
  return vscode.Disposable.from(
    collection,
    vscode.workspace.onDidOpenTextDocument(check),
    vscode.workspace.onDidChangeTextDocument(({ document }) => soon(document)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => collection.delete(uri)),
    new vscode.Disposable(() => {
      for (const timer of waiting.values()) clearTimeout(timer);
    }),
  );
}

function problemsOf(document: vscode.TextDocument): vscode.Diagnostic[] {
  const text = document.getText();
  if (!isOurs(text)) return [];
  return checkClusterFile(text, vscode.workspace.asRelativePath(document.uri)).map(diagnosticOf);
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
