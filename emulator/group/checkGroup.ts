/** Checks a group in processes of their own: what the modules of the user do while they are loaded must not reach whoever asks. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Cancel, Clock } from '../clock.ts';
import type { CheckNotice, CheckSettings } from '../hosting/check/settings.ts';
import { fromWire, SohError, toWire, type WireError } from '../errors.ts';

export interface CheckOptions {
  /** Text of the group file; it need not be what is on the disk. */
  readonly text: string;
  /** As problems call it. */
  readonly fileName: string;
  /** Absolute; paths in the file start here. */
  readonly baseFolder: string;
  /** False: nothing of the user runs, so problems of modules are not found. */
  readonly modules: boolean;
  /** Folder of the bundles. */
  readonly bundles: string;
  readonly clock: Clock;
  /** What the process may see of the environment. */
  readonly env: NodeJS.ProcessEnv;
  /** The Node that runs it; that of this process when it is not given. */
  readonly node?: string;
  /** Time that each module has to load, in ms. */
  readonly loadMs?: number;
}

/** A host instance has longer; who checks wants an answer. */
const LOAD_MS = 10_000;

type Answer = { readonly problems: readonly WireError[] } | { readonly module: string; readonly error: SohError };

/** Everything that is wrong, the file's own problems first. Each has `file`, `line`, `column`, `endLine` and `endColumn` in its parameters. */
export async function checkGroup(options: CheckOptions): Promise<SohError[]> {
  const failed: Record<string, WireError> = {};
  for (;;) {
    const answer = await ask(options, failed);
    if ('problems' in answer) return answer.problems.map((problem) => fromWire(problem));
    failed[answer.module] = toWire(answer.error);
  }
}

/** One process: it answers, or a module keeps it from doing so. */
async function ask(options: CheckOptions, failed: CheckSettings['failed']): Promise<Answer> {
  const { text, fileName, baseFolder, modules, bundles, clock, env, node, loadMs = LOAD_MS } = options;
  const child = fork(join(bundles, 'checkGroup.mjs'), [], {
    env,
    execArgv: [],
    // What user code prints is not what the caller prints.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    ...(node === undefined ? {} : { execPath: node }),
  });
  try {
    const answer = answerOf(child, clock, loadMs);
    child.send({ text, fileName, baseFolder, failed: modules ? failed : undefined } satisfies CheckSettings);
    return await answer;
  } finally {
    child.kill('SIGKILL');
  }
}

function answerOf(child: ChildProcess, clock: Clock, loadMs: number): Promise<Answer> {
  let module: string | undefined;
  let cancel: Cancel | undefined;
  const answer = new Promise<Answer>((resolve, reject) => {
    child.on('message', (notice: CheckNotice) => {
      cancel?.();
      if (notice.kind === 'checked') {
        resolve(notice);
        return;
      }
      const loading = notice.module;
      module = loading;
      cancel = clock.after(loadMs, () => {
        resolve({ module: loading, error: new SohError('definition.moduleHangs', { module: loading, seconds: loadMs / 1000 }) });
      });
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const how = signal ?? `exit code ${String(code)}`;
      if (module === undefined) reject(new SohError('unexpected', { message: `the process that checks ended with ${how}` }));
      else resolve({ module, error: new SohError('definition.moduleEnds', { module, how }) });
    });
  });
  return answer.finally(() => {
    cancel?.();
  });
}
