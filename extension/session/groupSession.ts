import type { CommandName, Commands, FeedFrame } from '../../emulator/control/commands.ts';
import { startErrorIn } from '../../emulator/control/startError.ts';
import type { GroupStatus } from '../../emulator/control/status.ts';
import { fromWire, isCode, messageOf, SohError } from '../../emulator/errors.ts';
import { GroupModel } from './groupModel.ts';
import { Listeners } from './listeners.ts';
import type { SessionPhase } from './phase.ts';
import type { GroupConnection, GroupPlace, SessionPorts, StartedSupervisor } from './ports.ts';

const POLL_MS = 100;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 45_000;

/**
 * The one group of this window: finds it when it runs already, starts and stops it, follows its feed. It owns nothing of the group:
 * when the window goes, the supervisor decides for itself whether to stay.
 */
export class GroupSession {
  readonly model = new GroupModel();
  /** Something a view shows has changed. */
  readonly onDidChange = new Listeners<undefined>();
  readonly onFrame = new Listeners<FeedFrame>();
  /** The group ended without being asked to. */
  readonly onDidFail = new Listeners<SohError>();
  readonly #ports: SessionPorts;
  #phase: SessionPhase = 'stopped';
  #place: GroupPlace | undefined;
  #error: SohError | undefined;
  #connection: GroupConnection | undefined;
  /** A group that runs and was started by an older version: it cannot be used, only stopped. */
  #older: { readonly folder: string; readonly error: SohError } | undefined;
  #adopting: Promise<boolean> | undefined;
  #starting: Promise<GroupStatus> | undefined;

  constructor(ports: SessionPorts) {
    this.#ports = ports;
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  /** The group that runs, or ran last in this window. */
  get place(): GroupPlace | undefined {
    return this.#place;
  }

  /** A group that runs already is being looked for, and taken as it is. */
  get adopting(): boolean {
    return this.#adopting !== undefined;
  }

  /** Why it failed. */
  get error(): SohError | undefined {
    return this.#error;
  }

  get status(): GroupStatus | undefined {
    return this.#phase === 'running' || this.#phase === 'stopping' ? this.model.status : undefined;
  }

  /** Connects to a group that runs already, if there is one. Cheap to call again and again. */
  async adopt(): Promise<boolean> {
    if (this.#connection !== undefined) return true;
    if (this.#phase === 'starting') return false;
    this.#adopting ??= this.#adoptFirst().finally(() => (this.#adopting = undefined));
    return this.#adopting;
  }

  /** Starts the group, or takes it as it is when it runs already. Throws `group.*`, `clusterFile.*`, `messageBox.*`. */
  async start(place: GroupPlace): Promise<GroupStatus> {
    this.#starting ??= this.#adoptOrStart(place).finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  /** Stops the group; host instances finish what they can. Nothing to do when none runs. */
  async stop(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return this.#stopOlder();
    this.#to('stopping');
    try {
      await connection.call('stop', {});
    } catch (error) {
      // The supervisor may be gone before its answer is; a refusal is something else.
      if (!isCode(error, 'group.connectionLost')) {
        this.#to('running');
        throw error;
      }
    }
    const over = await Promise.race([connection.closed.then(() => true), this.#ports.wait(STOP_TIMEOUT_MS).then(() => false)]);
    if (!over) await connection.close();
    this.#leave('stopped');
  }

  async #stopOlder(): Promise<void> {
    if (this.#older !== undefined) await this.#ports.stopAny(this.#older.folder);
    this.#older = undefined;
    this.#to('stopped');
  }

  /** One command of the control socket. Throws `group.notRunning` when there is no group, or what the group answers. */
  async call<C extends CommandName>(command: C, parameters: Commands[C]['arguments']): Promise<Commands[C]['result']> {
    if (this.#connection === undefined) await this.adopt();
    if (this.#connection === undefined) throw new SohError('group.notRunning', { folder: this.#place?.folder ?? '' });
    return this.#connection.call(command, parameters);
  }

  /** Lets go of the group without stopping it. */
  async dispose(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  async #adoptOrStart(place: GroupPlace): Promise<GroupStatus> {
    if (!(await this.adopt()) || this.model.status === undefined) {
      if (this.#older?.folder === place.folder) throw this.#older.error;
      return this.#start(place);
    }
    if (this.#place?.folder === place.folder) return this.model.status;
    throw new SohError('group.alreadyRunning', { folder: this.#place?.folder ?? '', pid: this.model.status.supervisorPid });
  }

  async #adoptFirst(): Promise<boolean> {
    const before = this.#older?.error.message;
    this.#older = undefined;
    for (const folder of await this.#ports.candidates()) {
      const connection = await this.#tryConnect(folder);
      if (connection === undefined) continue;
      const status = await this.#take(connection, { folder, clusterFile: null });
      this.#ports.log(`adopted the group in ${folder} (supervisor process ${String(status.supervisorPid)})`);
      return true;
    }
    this.#tellOlder(before);
    return false;
  }

  /** Once, and again when it is another one. */
  #tellOlder(before: string | undefined): void {
    if (this.#older === undefined || this.#older.error.message === before) return;
    const { folder, error } = this.#older;
    const file = error.parameters['clusterFile'];
    this.#place = { folder, clusterFile: typeof file === 'string' ? file : null };
    this.#fail(error);
  }

  async #tryConnect(folder: string): Promise<GroupConnection | undefined> {
    try {
      return await this.#ports.connect(folder);
    } catch (error) {
      if (isCode(error, 'group.olderVersion')) this.#older ??= { folder, error };
      if (!isCode(error, 'group.notRunning')) this.#ports.log(`no connection to the group in ${folder}: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #start(place: GroupPlace): Promise<GroupStatus> {
    this.#place = place;
    this.#error = undefined;
    this.#to('starting');
    let supervisor: StartedSupervisor | undefined;
    try {
      supervisor = await this.#ports.spawn(place);
      const connection = await this.#connected(place.folder, supervisor);
      await this.#take(connection, place);
      return await this.#settled(supervisor);
    } catch (error) {
      supervisor?.kill();
      await this.#connection?.close();
      this.#error =
        error instanceof SohError ? error : new SohError('group.startFailed', { reason: messageOf(error), folder: place.folder }, error);
      this.#leave('failed');
      throw this.#error;
    }
  }

  /** Waits until the supervisor listens; another window's may have been faster, that one is as good. */
  async #connected(folder: string, supervisor: StartedSupervisor): Promise<GroupConnection> {
    const deadline = this.#ports.now() + START_TIMEOUT_MS;
    let ended: Awaited<StartedSupervisor['exited']> | undefined;
    void supervisor.exited.then((exit) => (ended = exit));
    for (;;) {
      const connection = await this.#tryConnect(folder);
      if (connection !== undefined) return connection;
      if (ended !== undefined) throw startErrorIn(ended.lastLines, folder, ended.code);
      if (this.#ports.now() > deadline) throw new SohError('group.startFailed', { reason: 'it does not listen', folder });
      await this.#ports.wait(POLL_MS);
    }
  }

  /** Waits until every process of the group is up, or the group says why not. */
  async #settled(supervisor: StartedSupervisor): Promise<GroupStatus> {
    const deadline = this.#ports.now() + START_TIMEOUT_MS;
    const folder = this.#place?.folder ?? '';
    let ended: Awaited<StartedSupervisor['exited']> | undefined;
    void supervisor.exited.then((exit) => (ended = exit));
    for (;;) {
      const status = this.model.status;
      const failure = failureOf(status);
      if (failure !== undefined) throw failure;
      if (status?.state === 'running') return status;
      if (ended !== undefined && this.#connection === undefined) throw startErrorIn(ended.lastLines, folder, ended.code);
      if (this.#ports.now() > deadline) throw new SohError('group.startFailed', { reason: 'it is not ready', folder });
      await this.#ports.wait(POLL_MS);
    }
  }

  async #take(connection: GroupConnection, place: GroupPlace): Promise<GroupStatus> {
    this.#connection = connection;
    void connection.closed.then((reason) => this.#ended(connection, reason));
    await connection.follow((frame) => this.#receive(connection, frame));
    const status = this.model.status;
    if (status === undefined) throw new SohError('group.connectionLost');
    this.#place = { folder: place.folder, clusterFile: status.clusterFile };
    if (this.#phase !== 'starting') this.#to('running');
    return status;
  }

  #receive(connection: GroupConnection, frame: FeedFrame): void {
    if (connection !== this.#connection) return;
    const numbered = this.model.apply(frame);
    if (this.#phase === 'starting' && frame.status?.state === 'running') this.#to('running');
    if (this.#phase === 'running' && frame.status?.state === 'stopping') this.#to('stopping');
    this.onFrame.fire(numbered);
    this.onDidChange.fire(undefined);
  }

  #ended(connection: GroupConnection, reason: SohError | undefined): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    // While starting, the waiting start tells; when somebody else stopped the group, there is nothing to tell.
    if (this.#phase === 'starting') return;
    if (this.#phase === 'stopping' || reason === undefined) return this.#leave('stopped');
    const failure = failureOf(this.model.status);
    if (failure !== undefined) this.#fail(failure);
    else void this.#lost(reason);
  }

  /** The connection broke: the group lives and is taken up again, or its supervisor is gone. */
  async #lost(reason: SohError): Promise<void> {
    const pid = this.model.status?.supervisorPid ?? 0;
    const place = this.#place;
    if (place === undefined) return this.#fail(reason);
    const connection = await this.#tryConnect(place.folder);
    // Somebody may have asked for the group in the meantime.
    if (this.#connection !== undefined || this.#starting !== undefined) return connection?.close();
    if (connection === undefined) return this.#fail(new SohError('group.supervisorGone', { pid, folder: place.folder }, reason));
    try {
      await this.#take(connection, place);
    } catch (error) {
      this.#fail(error instanceof SohError ? error : reason);
    }
  }

  #fail(error: SohError): void {
    this.#error = error;
    this.#leave('failed');
    this.onDidFail.fire(error);
  }

  #leave(phase: 'stopped' | 'failed'): void {
    this.#connection = undefined;
    this.model.clear();
    this.#to(phase);
  }

  #to(phase: SessionPhase): void {
    if (phase === this.#phase) return;
    this.#ports.log(`group: ${this.#phase} -> ${phase}`);
    this.#phase = phase;
    this.onDidChange.fire(undefined);
  }
}

/** Why the group itself says that it has failed. */
function failureOf(status: GroupStatus | undefined): SohError | undefined {
  if (status === undefined) return undefined;
  const error = status.error ?? (status.messageBox.state === 'failed' ? status.messageBox.error : undefined);
  if (error !== undefined) return fromWire(error);
  return status.state === 'failed' ? new SohError('group.startFailed', { reason: 'it has failed', folder: status.dataFolder }) : undefined;
}
