/** Everything the command line needs from outside; `main.ts` gives the real one, tests give their own. */
import type { Clock } from '../clock.ts';
import type { Language } from '../text/language.ts';
import type { GroupStatus } from '../control/status.ts';
import type { SohError } from '../errors.ts';

export interface World {
  /** Standard output and standard error, without an added line break. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Width of the terminal in columns; `undefined` when the output is no terminal. */
  readonly columns: number | undefined;
  /** The output is a terminal and the user has not refused colour. */
  readonly colour: boolean;
  /** Language when `--lang` does not say. */
  readonly language: Language;
  readonly workingFolder: string;
  readonly homeFolder: string;
  /** Version of the package. */
  readonly version: string;
  readonly clock: Clock;
  /** Calls back on Ctrl+C and on the system's request to end; the function it gives ends that. */
  readonly onInterrupt: (interrupted: () => void) => () => void;
  /** Asks the person at the terminal; undefined where nobody can answer. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  /** Shows a page; false when the system has nothing to show it with. */
  readonly openBrowser: (url: string) => Promise<boolean>;
  /** Ends this process at once. */
  readonly exit: (code: number) => void;
  readonly startSupervisor: StartSupervisor;
  /** Starts the supervisor as a process of its own that outlives this one. */
  readonly spawnSupervisor: SpawnSupervisor;
  readonly runDemo: RunDemo;
  readonly checkGroup: CheckGroup;
}

/** Finds everything wrong with a group, its modules included, in processes of their own (`emulator/group/checkGroup.ts`). */
export type CheckGroup = (group: { readonly text: string; readonly fileName: string; readonly baseFolder: string }) => Promise<SohError[]>;

export interface SupervisorOptions {
  /** Absolute path; `null` = the sample group. */
  readonly clusterFile: string | null;
  readonly dataFolder: string;
}

/** A supervisor inside this process. */
export interface Supervisor {
  status(): GroupStatus;
  /** Drains and stops all processes of the group. */
  stop(): Promise<void>;
  /** Fulfilled when the group has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

export type StartSupervisor = (options: SupervisorOptions & { log(line: string): void }) => Promise<Supervisor>;

/** A supervisor process. */
export interface SupervisorProcess {
  readonly pid: number;
  /** `true` once it has ended. */
  ended(): boolean;
  /** What it has printed. */
  printed(): Promise<string>;
}

export type SpawnSupervisor = (options: SupervisorOptions) => Promise<SupervisorProcess>;

export interface DemoOptions {
  /** Chooses orders and moments of the kills; `undefined` = a random one, which the verdict names. */
  readonly seed: number | undefined;
  readonly orchestrations: number | undefined;
  readonly kills: number | undefined;
  /** Folder for the data of the demonstration; `undefined` = its own. */
  readonly dataFolder: string | undefined;
  /** Print only the verdict, as one JSON object. */
  readonly json: boolean;
  readonly language: Language;
}

export type DemoWorld = Pick<World, 'out' | 'err' | 'columns' | 'colour' | 'clock'>;

/** Runs the demonstration to its verdict and gives the exit code. */
export type RunDemo = (options: DemoOptions, world: DemoWorld) => Promise<number>;
