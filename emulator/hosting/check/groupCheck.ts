/**
 * What the start of a group would find, before it: everything that can be told from the group file, from its modules once they are loaded, and
 * from both together. All of it at once, each with its place.
 */
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { declaredIn, findOrchestration, type LoadedModule } from '../../authoring/loader.ts';
import type { ClusterFile } from '../../cluster/clusterFile.ts';
import type { Finding } from '../../cluster/finding.ts';
import type { ReadClusterFile } from '../../cluster/loadClusterFile.ts';
import { SohError } from '../../errors.ts';
import { startedBy } from '../../orchestration/calls.ts';
import { compile } from '../../orchestration/compile.ts';
import type { OrchestrationDefinition } from '../../orchestration/definition.ts';
import type { FieldLocation, MessageType } from '../../orchestration/message.ts';
import { sourceOf } from '../../orchestration/source.ts';
import { unknownMacro, unusableName } from '../adapters/fileNames.ts';
import { MessageTypes } from '../pipelines/messageTypes.ts';
import { bindingFindings, receivePortsOf } from './bindings.ts';
import { type KnownMarks, recognitionProblem } from './recognition.ts';

type Problem = Pick<Finding, 'code' | 'parameters'>;

/** A module by its path in the group file, or why it cannot be loaded. */
export type Modules = ReadonlyMap<string, LoadedModule | SohError>;

/** What is wrong with the file itself, without any module. */
export function fileProblems(read: ReadClusterFile): SohError[] {
  const { file, problems } = read;
  if (!file) return [...problems];
  return [...problems, ...[...pathFindings(file), ...fileNameFindings(file)].map((finding) => read.problemOf(finding))];
}

/**
 * What is wrong with the modules, and with the file against them.
 *
 * @param baseFolder of the group file: paths in problems are relative to it
 */
export function moduleProblems(read: ReadClusterFile, modules: Modules, baseFolder: string): SohError[] {
  const local = (path: string): string => (isAbsolute(path) ? relative(baseFolder, path) : path);
  const told = new Set<SohError>();
  const declared: Declared = { types: new Map(), marks: new Map() };
  return (read.file?.orchestrations ?? []).flatMap(({ module: path }, index): SohError[] => {
    const located = ({ code, parameters }: Problem, member: 'module' | 'name' = 'module'): SohError =>
      inModule({ code, parameters }, local) ??
      read.problemOf({ code, path: ['orchestrations', index, member], parameters: { ...parameters, module: path } });
    const module = modules.get(path);
    if (module instanceof SohError) {
      // It may be the module of several orchestrations.
      if (told.has(module)) return [];
      told.add(module);
      return [located(module)];
    }
    const problems = module && attempt(() => orchestrationProblems(read, index, module, declared, located));
    return problems instanceof SohError ? [located(problems)] : (problems ?? []);
  });
}

function orchestrationProblems(
  read: ReadClusterFile,
  index: number,
  module: LoadedModule,
  declared: Declared,
  located: (problem: Problem, member?: 'module' | 'name') => SohError,
): SohError[] {
  const { file } = read;
  const settings = file?.orchestrations[index];
  if (!settings) return [];
  const definition = attempt(() => findOrchestration(module, settings.name));
  if (definition instanceof SohError) return [located(definition, 'name')];
  const compiled = attempt(() => compile(definition));
  const ports = compiled instanceof SohError ? undefined : receivePortsOf(file, definition);
  const problemsOf = (type: MessageType): SohError[] => {
    const unrecognised = ports && recognitionProblem(file, settings.name, type, ports.get(type.name) ?? [], declared.marks);
    const problems = [...typeProblems(type, settings.module, declared.types), ...(unrecognised ? [unrecognised] : [])];
    return problems.map((problem) => located(withSource(problem, type)));
  };
  return [
    ...(compiled instanceof SohError ? [located(compiled)] : []),
    ...bindingFindings(file, settings.name, definition).map((finding) => read.problemOf(finding)),
    ...(compiled instanceof SohError ? [] : startFindings(file, index, definition)).map((finding) => read.problemOf(finding)),
    ...declaredIn(module, definition).flatMap(problemsOf),
  ];
}

/** What it starts and the group does not have: nobody would subscribe to that. */
function startFindings({ orchestrations }: ClusterFile, index: number, definition: OrchestrationDefinition): Finding[] {
  const missing = startedBy(definition).filter((started) => !orchestrations.some(({ name }) => name === started));
  return missing.map((started) => ({
    ...{ code: 'clusterFile.notStartable', path: ['orchestrations', index, 'name'] },
    parameters: { orchestration: definition.name, started },
  }));
}

/** Of a type that was not looked at before. */
function typeProblems(type: MessageType, module: string, declared: Declared['types']): Problem[] {
  const known = declared.get(type.name);
  declared.set(type.name, known ?? { type, module });
  if (known?.type === type) return [];
  const twice = known && fieldsOf(known.type) !== fieldsOf(type);
  return [
    ...badPaths(type.name, type),
    ...(twice ? [{ code: 'definition.typeTwice' as const, parameters: { type: type.name, module, other: known.module } }] : []),
  ];
}

/** What is known of the message types of the modules so far. */
interface Declared {
  /** By name, as they were first met. */
  readonly types: Map<string, { readonly type: MessageType; readonly module: string }>;
  readonly marks: KnownMarks;
}

/** What two declarations of a type have to agree on, in one order. */
function fieldsOf({ format, namespaces, promoted, distinguished, members = [] }: MessageType): string {
  const sorted = (fields: Readonly<Record<string, unknown>>): unknown[] => Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([format, sorted(namespaces), sorted(promoted), sorted(distinguished), [...members].sort()]);
}

function pathFindings({ messageTypes }: ClusterFile): Finding[] {
  return Object.entries(messageTypes).flatMap(([name, type]) =>
    badPaths(name, { name, ...type }).map(({ code, parameters, list, field }) => ({
      code,
      parameters,
      path: ['messageTypes', name, list, field, 'path'],
    })),
  );
}

/** Every path that cannot be compiled, by the pipelines' own compiler. */
function badPaths(name: string, type: MessageType): (Problem & { readonly list: string; readonly field: string })[] {
  return (['promoted', 'distinguished'] as const).flatMap((list) =>
    Object.entries(type[list]).flatMap(([field, location]: [string, FieldLocation]) => {
      const alone = { ...type, promoted: {}, distinguished: {}, [list]: { [field]: location } };
      const problem = attempt(() => new MessageTypes(new Map([[name, alone]])));
      return problem instanceof SohError ? [{ code: problem.code, parameters: problem.parameters, list, field }] : [];
    }),
  );
}

function fileNameFindings({ sendPorts }: ClusterFile): Finding[] {
  return sendPorts.flatMap(({ name: port, transport }, index): Finding[] => {
    if (transport.adapter !== 'FILE') return [];
    const { fileName } = transport;
    const path = ['sendPorts', index, 'transport', 'fileName'];
    const macro = unknownMacro(fileName);
    if (macro !== undefined) return [{ code: 'send.unknownMacro', path, parameters: { port, fileName, macro } }];
    const reason = unusableName(fileName);
    return reason === undefined ? [] : [{ code: 'send.badFileName', path, parameters: { port, fileName, reason } }];
  });
}

/** A problem that knows its place in one of the user's modules; `undefined` when it does not. */
function inModule({ code, parameters }: Problem, local: (path: string) => string): SohError | undefined {
  const { file, line, column = 1, module } = parameters;
  if (typeof file !== 'string' || typeof line !== 'number') return undefined;
  const place = { file: local(file.startsWith('file:') ? fileURLToPath(file) : file), line, column, endLine: line, endColumn: column };
  return new SohError(code, { ...parameters, ...(typeof module === 'string' ? { module: local(module) } : {}), ...place });
}

function withSource({ code, parameters }: Problem, type: MessageType): Problem {
  return { code, parameters: { ...parameters, ...sourceOf(type) } };
}

function attempt<T>(action: () => T): T | SohError {
  try {
    return action();
  } catch (error) {
    return error instanceof SohError ? error : new SohError('unexpected', { message: String(error) }, error);
  }
}
