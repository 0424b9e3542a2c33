import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { messageOf, SohError } from '../errors.ts';
import { term } from '../text/term.ts';
import { clusterFileSchema, type ClusterFile } from './clusterFile.ts';
import { crossCheck } from './crossCheck.ts';
import { expectedText, foundText, isUnknownMember, knownMembers, pathOf } from './describeIssue.ts';
import type { Finding } from './finding.ts';
import { printPath, readJsonText, type JsonText, type Range } from './jsonText.ts';

/**
 * Everything that is wrong with the text of a group file; empty = nothing. Each error has its place in the parameters `line`, `column`,
 * `endLine`, `endColumn` (from 1). `fileName` is only for the sentences.
 */
export function checkClusterFile(text: string, fileName: string): SohError[] {
  return read(text, fileName).problems;
}

/** A group file that was read. */
export interface ReadClusterFile {
  /** `undefined` when the shape of the file is wrong. */
  readonly file?: ClusterFile;
  /** As `checkClusterFile` gives them. */
  readonly problems: readonly SohError[];
  /** The error for something else that was found out about it, with its place. */
  problemOf(finding: Finding): SohError;
}

/** Everything `checkClusterFile` and `parseClusterFile` know, for who finds out more. */
export function readClusterFile(text: string, fileName: string): ReadClusterFile {
  return read(text, fileName);
}

/** The settings in the text of a group file, defaults filled in. Throws the first of the problems `checkClusterFile` finds. */
export function parseClusterFile(text: string, fileName: string): ClusterFile {
  const { file, problems } = read(text, fileName);
  const [first] = problems;
  if (first !== undefined) throw first;
  if (file === undefined) throw new SohError('unexpected', { message: `${fileName} has neither settings nor problems` });
  return file;
}

/** Text of the group file at `path`. Throws `clusterFile.unreadable`. */
export async function readClusterFileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SohError('clusterFile.unreadable', { file: path, reason: messageOf(error) }, error);
  }
}

/** Reads and checks the group file at `path`. Throws `clusterFile.*`. */
export async function loadClusterFile(path: string): Promise<ClusterFile> {
  return parseClusterFile(await readClusterFileText(path), path);
}

const LONGEST_NUMBER = term('a number of at most 15 digits; a longer one is written as a text');

function read(text: string, file: string): ReadClusterFile & { readonly problems: SohError[] } {
  const json = readJsonText(text);
  const problemOf = (finding: Finding): SohError => located(finding, file, rangeFor(finding, json));
  if (json.syntaxErrors.length > 0) {
    const problems = json.syntaxErrors.map(({ reason, range }) => new SohError('clusterFile.notJson', { file, reason, ...range }));
    return { problems, problemOf };
  }
  const repeated = json.repeated.map(({ path, range }) =>
    located({ code: 'clusterFile.duplicate', path, parameters: { kind: term('setting'), name: String(path.at(-1)) } }, file, range),
  );
  const changed = json.changed.map(({ path, range, text: found }) =>
    located({ code: 'clusterFile.invalid', path, parameters: { expected: LONGEST_NUMBER, found } }, file, range),
  );
  const odd = [...repeated, ...changed];
  const result = v.safeParse(clusterFileSchema, json.value);
  if (!result.success) {
    return { problems: inOrder([...odd, ...result.issues.map((issue) => problemOf(findingOf(issue, json.value)))]), problemOf };
  }
  return { file: result.output, problems: [...odd, ...crossCheck(result.output).map(problemOf)], problemOf };
}

function findingOf(issue: v.BaseIssue<unknown>, document: unknown): Finding {
  const path = pathOf(issue);
  if (isUnknownMember(issue)) {
    const parent = path.slice(0, -1);
    const known = knownMembers(clusterFileSchema, parent, document).join(', ');
    return { code: 'clusterFile.unknownMember', path, parameters: { name: String(path.at(-1)), known } };
  }
  return {
    code: 'clusterFile.invalid',
    path,
    parameters: { expected: expectedText(issue, clusterFileSchema, document), found: foundText(issue) },
  };
}

function rangeFor(finding: Finding, json: JsonText): Range {
  return finding.code === 'clusterFile.unknownMember' ? json.rangeOfName(finding.path) : json.rangeOf(finding.path);
}

function located(finding: Finding, file: string, range: Range): SohError {
  const path = printPath(finding.path) || term('the whole file');
  return new SohError(finding.code, { file, path, ...finding.parameters, ...range });
}

function inOrder(problems: SohError[]): SohError[] {
  const at = (problem: SohError, name: string): number => Number(problem.parameters[name] ?? 0);
  return problems.sort((a, b) => at(a, 'line') - at(b, 'line') || at(a, 'column') - at(b, 'column'));
}
