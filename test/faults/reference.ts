/** What the MessageBox has to do, in its simplest form: one instance at a time, no indexes, no queues of work. t15 compares it with the core. */
export type Status = 'ready' | 'idle' | 'suspended' | 'suspendedNotResumable' | 'ended';
export type Outcome = 'running' | 'idle' | 'completed' | 'terminated' | 'suspended';

export interface Entry {
  readonly id: string;
  readonly timer: boolean;
}

export interface RefInstance {
  readonly id: string;
  version: number;
  status: Status;
  queue: Entry[];
  timers: number[];
  lastCommit: string | null;
  lock: string | undefined;
  owner: object | undefined;
  operation: 'suspend' | 'terminate' | undefined;
}

export interface RefCommit {
  readonly id: string;
  readonly session: object;
  readonly lock: string;
  readonly base: number;
  readonly outcome: Outcome;
  readonly consumed: readonly string[];
  readonly timer: number | undefined;
}

export class Reference {
  readonly instances = new Map<string, RefInstance>();
  /** Live sessions and when they were last heard. */
  readonly sessions = new Map<object, number>();

  create(id: string, entry: string): void {
    const nobody = { lock: undefined, owner: undefined, operation: undefined, lastCommit: null };
    this.instances.set(id, { id, version: 0, status: 'ready', queue: [{ id: entry, timer: false }], timers: [], ...nobody });
  }

  grant(id: string, session: object, lock: string): void {
    const instance = this.instances.get(id);
    if (instance?.status !== 'ready' || instance.owner)
      throw new Error(`${id} may not be granted: ${JSON.stringify({ ...instance, owner: Boolean(instance?.owner) })}`);
    instance.owner = session;
    instance.lock = lock;
  }

  /** An operation that was pending has nothing to wait for any more. */
  end(session: object): void {
    this.sessions.delete(session);
    for (const instance of this.instances.values()) {
      if (instance.owner !== session) continue;
      this.#free(instance);
      if (instance.operation === 'terminate') this.#leave(instance);
      else if (instance.operation === 'suspend') this.#suspend(instance);
    }
  }

  /** Whoever held it may come back. */
  restart(): void {
    this.sessions.clear();
    for (const instance of this.instances.values()) this.#free(instance);
  }

  mayResume(id: string, version: number, pending: string | undefined): boolean {
    const instance = this.instances.get(id);
    return (
      instance?.status === 'ready' &&
      !instance.owner &&
      (instance.version === version || (pending !== undefined && instance.lastCommit === pending))
    );
  }

  commit(id: string, commit: RefCommit): 'ack' | 'fenced' | 'rejected' {
    const instance = this.instances.get(id);
    if (!instance) throw new Error(`no instance ${id}`);
    if (instance.lastCommit === commit.id) return 'ack';
    if (!this.sessions.has(commit.session) || instance.owner !== commit.session || instance.lock !== commit.lock) return 'fenced';
    if (instance.version !== commit.base) {
      // Its owner has nothing that fits: it runs again from the last commit.
      this.#free(instance);
      return 'rejected';
    }
    instance.version++;
    instance.lastCommit = commit.id;
    instance.queue = instance.queue.filter((entry) => !commit.consumed.includes(entry.id));
    if (commit.timer !== undefined) instance.timers.push(commit.timer);
    this.#conclude(instance, commit.outcome);
    return 'ack';
  }

  #conclude(instance: RefInstance, outcome: Outcome): void {
    const ends = outcome === 'completed' || outcome === 'terminated';
    const left = instance.queue.filter(({ timer }) => !timer);
    const operation = ends ? undefined : instance.operation;
    if (ends && left.length > 0 && instance.operation !== 'terminate') this.#keep(instance, left);
    else if (ends || operation === 'terminate') this.#leave(instance);
    else if (outcome === 'suspended' || operation === 'suspend') this.#suspend(instance);
    else if (outcome === 'idle') {
      instance.status = instance.queue.some(({ timer }) => timer) ? 'ready' : 'idle';
      this.#free(instance);
    }
  }

  fire(now: number): void {
    for (const instance of this.instances.values()) {
      for (const due of instance.timers.filter((each) => each <= now)) {
        instance.timers.splice(instance.timers.indexOf(due), 1);
        instance.queue.push({ id: `t@${instance.id}.${due}`, timer: true });
        if (instance.status === 'idle') instance.status = 'ready';
      }
    }
  }

  operate(id: string, operation: 'suspend' | 'resume' | 'terminate'): 'done' | 'pending' | 'refused' {
    const instance = this.instances.get(id);
    if (!instance || instance.status === 'ended' || instance.operation) return 'refused';
    const suspended = instance.status === 'suspended';
    const over = instance.status === 'suspendedNotResumable';
    if (operation !== 'terminate' && (over || suspended !== (operation === 'resume'))) return 'refused';
    if (instance.owner && operation !== 'resume') {
      instance.operation = operation;
      return 'pending';
    }
    if (operation === 'terminate') this.#leave(instance);
    else if (operation === 'suspend') this.#suspend(instance);
    else instance.status = 'ready';
    return 'done';
  }

  #suspend(instance: RefInstance): void {
    instance.status = 'suspended';
    instance.operation = undefined;
    this.#free(instance);
  }

  /** It has ended; the messages nobody took stay. */
  #keep(instance: RefInstance, left: Entry[]): void {
    this.#suspend(instance);
    instance.status = 'suspendedNotResumable';
    instance.queue = left;
    instance.timers = [];
  }

  #leave(instance: RefInstance): void {
    instance.status = 'ended';
    instance.queue = [];
    instance.timers = [];
    this.#free(instance);
  }

  #free(instance: RefInstance): void {
    instance.owner = undefined;
    instance.lock = undefined;
  }
}
