/**
 * The ownership protocol as a model (docs/failure-model.md, section 4): one orchestration, two host instances, one MessageBox. `explore` walks every
 * order of connecting, granting, committing, repeating, lease ends at any moment (freeze, sleep, lost heartbeats), kills with bytes still in
 * the socket, lost connections, MessageBox crashes and RESUME. t13 also plays its traces against the real core.
 */

export interface Scope {
  /** Commits that complete the orchestration. */
  readonly commits: number;
  readonly kills: number;
  readonly crashes: number;
  readonly expiries: number;
  readonly repeats: number;
  /** The three checks of a commit; switched off in mutants. */
  readonly lock: boolean;
  readonly version: boolean;
  readonly repeat: boolean;
}

export const SCOPE: Scope = { commits: 2, kills: 0, crashes: 0, expiries: 0, repeats: 0, lock: true, version: true, repeat: true };

/** A commit on its way, or waiting for its answer. */
export interface Pending {
  readonly id: string;
  readonly base: number;
  readonly baseId: string;
  readonly lock: number;
  readonly session: number;
}

interface Host {
  readonly alive: boolean;
  readonly connected: boolean;
  readonly session: number;
  /** Lock it believes to hold. */
  readonly lock: number | null;
  readonly version: number;
  /** Id of the commit its memory stands on: two histories of one length differ by it. */
  readonly baseId: string;
  readonly pending: Pending | null;
}

type Frame = { readonly session: number } & (
  | { readonly kind: 'grant'; readonly lock: number; readonly version: number; readonly baseId: string }
  | { readonly kind: 'ack' | 'refused'; readonly id: string }
);

export interface Model {
  readonly generation: number;
  readonly up: boolean;
  /** Ids of the commits that counted: the durable part. */
  readonly log: readonly string[];
  readonly owner: number | null;
  readonly lock: number;
  readonly locks: number;
  readonly sessions: number;
  /** Live session of each host instance; 0 = fenced. */
  readonly live: readonly number[];
  readonly hosts: readonly Host[];
  readonly toHost: readonly (readonly Frame[])[];
  /** Readable also after their sender has died. */
  readonly toServer: readonly (readonly Pending[])[];
  readonly acked: readonly string[];
  readonly budget: Readonly<Record<'kills' | 'crashes' | 'expiries' | 'repeats', number>>;
}

export type ActionKind =
  | 'connect'
  | 'grant'
  | 'receive'
  | 'execute'
  | 'repeat'
  | 'commit'
  | 'expire'
  | 'lose'
  | 'kill'
  | 'close'
  | 'respawn'
  | 'crash'
  | 'restart';
export interface Action {
  readonly kind: ActionKind;
  readonly host: number;
}

export interface Step {
  readonly action: Action;
  readonly next: Model;
  /** What the MessageBox said: of a commit 'ack' or 'refused', of a connect whether work was resumed. */
  readonly answer?: 'ack' | 'refused' | 'resumed' | 'nothing';
  readonly violation?: string;
}

const EMPTY = { lock: null, version: 0, baseId: '', pending: null } as const;
const DEAD: Host = { alive: false, connected: false, session: 0, ...EMPTY };
export const HOSTS = [0, 1] as const;
/** Never used again after a restart: the generation is part of it. */
const token = (generation: number, number: number): number => generation * 100 + number;
const lastOf = (log: readonly string[]): string => log.at(-1) ?? '';

export function start(scope: Scope): Model {
  const { kills, crashes, expiries, repeats } = scope;
  const host: Host = { ...DEAD, alive: true };
  const nobody = { owner: null, lock: 0, locks: 0, sessions: 0, live: [0, 0], toHost: [[], []], toServer: [[], []] };
  return { generation: 1, up: true, log: [], ...nobody, hosts: [host, host], acked: [], budget: { kills, crashes, expiries, repeats } };
}

const put = <T>(list: readonly T[], index: number, value: T): readonly T[] => list.with(index, value);
const host = (model: Model, index: number, change: Partial<Host>): Model => ({
  ...model,
  hosts: put(model.hosts, index, { ...at(model.hosts, index), ...change }),
});
const spend = (model: Model, what: keyof Model['budget']): Model => ({
  ...model,
  budget: { ...model.budget, [what]: model.budget[what] - 1 },
});

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
}

/** Everything that may happen next. */
export function steps(model: Model, scope: Scope): Step[] {
  const found: Step[] = [];
  for (const index of HOSTS) found.push(...hostSteps(model, index, scope), ...serverSteps(model, index, scope));
  if (model.up && model.budget.crashes > 0) found.push({ action: { kind: 'crash', host: 0 }, next: crash(spend(model, 'crashes')) });
  if (!model.up) found.push({ action: { kind: 'restart', host: 0 }, next: { ...model, up: true, generation: model.generation + 1 } });
  return found;
}

function hostSteps(model: Model, index: number, scope: Scope): Step[] {
  const me = at(model.hosts, index);
  const found: Step[] = [];
  const add = (kind: ActionKind, next: Model): void => void found.push({ action: { kind, host: index }, next });
  if (!me.alive) {
    add('respawn', host(model, index, { alive: true }));
    return found;
  }
  if (model.budget.kills > 0) add('kill', { ...host(spend(model, 'kills'), index, DEAD), toHost: put(model.toHost, index, []) });
  if (!me.connected) return found;
  if (at(model.toHost, index).length > 0) found.push(receive(model, index));
  if (me.lock !== null && !me.pending && me.version < scope.commits) add('execute', execute(model, index, me, me.lock));
  if (me.pending && model.budget.repeats > 0) add('repeat', send(spend(model, 'repeats'), index, me.pending));
  // The MessageBox closed the connection. What is in memory stays, for RESUME.
  if (at(model.live, index) !== me.session)
    add('lose', { ...host(model, index, { connected: false }), toHost: put(model.toHost, index, []) });
  return found;
}

function execute(model: Model, index: number, me: Host, lock: number): Model {
  const pending = { id: `${index}:${lock}:${me.version + 1}`, base: me.version, baseId: me.baseId, lock, session: me.session };
  return send(host(model, index, { pending }), index, pending);
}

function send(model: Model, index: number, pending: Pending): Model {
  return { ...model, toServer: put(model.toServer, index, [...at(model.toServer, index), pending]) };
}

function receive(model: Model, index: number): Step {
  const me = at(model.hosts, index);
  const [frame, ...rest] = at(model.toHost, index);
  const action = { kind: 'receive', host: index } as const;
  const next = { ...model, toHost: put(model.toHost, index, rest) };
  if (frame?.session !== me.session) return { action, next };
  if (frame.kind === 'grant')
    return { action, next: host(next, index, { lock: frame.lock, version: frame.version, baseId: frame.baseId, pending: null }) };
  if (me.pending?.id !== frame.id) return { action, next };
  if (frame.kind === 'ack') {
    return {
      action,
      next: { ...host(next, index, { version: me.version + 1, baseId: frame.id, pending: null }), acked: [...model.acked, frame.id] },
    };
  }
  const violation = model.log.includes(frame.id) ? { violation: 'refused although it counted' } : {};
  return { action, next: host(next, index, EMPTY), ...violation };
}

function serverSteps(model: Model, index: number, scope: Scope): Step[] {
  const me = at(model.hosts, index);
  const found: Step[] = [];
  if (!model.up) return found;
  const add = (kind: ActionKind, next: Model): void => void found.push({ action: { kind, host: index }, next });
  if (me.alive && !me.connected) found.push(connect(model, index));
  if (at(model.toServer, index).length > 0) found.push(commit(model, index, scope));
  const session = at(model.live, index);
  if (session === 0) return found;
  if (model.owner === null && model.log.length < scope.commits) {
    const lock = token(model.generation, model.locks + 1);
    const frame: Frame = { kind: 'grant', lock, version: model.log.length, baseId: lastOf(model.log), session };
    add('grant', {
      ...model,
      owner: index,
      lock,
      locks: model.locks + 1,
      toHost: put(model.toHost, index, [...at(model.toHost, index), frame]),
    });
  }
  if (model.budget.expiries > 0) add('expire', fence(spend(model, 'expiries'), index));
  if (!me.alive) add('close', fence(model, index));
  return found;
}

function fence(model: Model, index: number): Model {
  return { ...model, live: put(model.live, index, 0), owner: model.owner === index ? null : model.owner };
}

/** HELLO with RESUME: a new session fences the older one; work whose version fits goes on under a new lock and repeats its commit. */
function connect(model: Model, index: number): Step {
  const action = { kind: 'connect', host: index } as const;
  const me = at(model.hosts, index);
  const fenced = fence(model, index);
  const session = token(model.generation, model.sessions + 1);
  const opened = { ...fenced, sessions: model.sessions + 1, live: put(fenced.live, index, session) };
  const counted = me.pending !== null && lastOf(model.log) === me.pending.id;
  if (me.lock === null || opened.owner !== null || (model.log.length !== me.version && !counted)) {
    return { action, next: host(opened, index, { connected: true, session, ...EMPTY }), answer: 'nothing' };
  }
  const lock = token(model.generation, model.locks + 1);
  const owned = { ...opened, owner: index, lock, locks: model.locks + 1 };
  const answer = 'resumed' as const;
  if (me.pending && counted) {
    const next = host(owned, index, { connected: true, session, lock, version: me.version + 1, baseId: me.pending.id, pending: null });
    return { action, next: { ...next, acked: [...model.acked, me.pending.id] }, answer };
  }
  const pending = me.pending && { ...me.pending, lock, session };
  const next = host(owned, index, { connected: true, session, lock, pending });
  return { action, next: pending ? send(next, index, pending) : next, answer };
}

function commit(model: Model, index: number, scope: Scope): Step {
  const [frame, ...rest] = at(model.toServer, index);
  if (!frame) throw new Error('nothing to commit');
  const reply = (next: Model, kind: 'ack' | 'refused', violation?: string): Step => ({
    action: { kind: 'commit', host: index },
    next: {
      ...next,
      toServer: put(model.toServer, index, rest),
      toHost: put(model.toHost, index, [...at(model.toHost, index), { kind, id: frame.id, session: frame.session }]),
    },
    answer: kind,
    ...(violation === undefined ? {} : { violation }),
  });
  if (scope.repeat && lastOf(model.log) === frame.id) return reply(model, 'ack');
  const mine = model.owner === index && model.lock === frame.lock && at(model.live, index) === frame.session;
  if ((scope.lock && !mine) || (scope.version && model.log.length !== frame.base)) return reply(model, 'refused');
  const violation = model.log.includes(frame.id)
    ? 'duplicate commit'
    : lastOf(model.log) !== frame.baseId
      ? 'lost update'
      : mine
        ? undefined
        : 'zombie commit';
  return reply({ ...model, log: [...model.log, frame.id] }, 'ack', violation);
}

function crash(model: Model): Model {
  const hosts = model.hosts.map((each) => ({ ...each, connected: false }));
  return { ...model, up: false, owner: null, lock: 0, locks: 0, sessions: 0, live: [0, 0], toHost: [[], []], toServer: [[], []], hosts };
}

export interface Explored {
  readonly states: number;
  /** States from which completion cannot be reached any more. */
  readonly stuck: number;
  /** By violation: the shortest way to it. */
  readonly violations: ReadonlyMap<string, readonly string[]>;
}

/** Every state within the scope, breadth first. */
export function explore(scope: Scope, limit = 1_000_000): Explored {
  const numbers = new Map<string, number>();
  const parents: number[] = [];
  const names: string[] = [];
  const before: number[][] = [];
  const done: number[] = [];
  const violations = new Map<string, readonly string[]>();
  const queue: Model[] = [];
  const visit = (model: Model, parent: number, name: string): void => {
    const key = JSON.stringify(model);
    const known = numbers.get(key);
    if (known !== undefined) {
      before[known]?.push(parent);
      return;
    }
    if (queue.length >= limit) throw new Error('the scope is too large');
    numbers.set(key, queue.push(model) - 1);
    parents.push(parent);
    names.push(name);
    before.push(parent < 0 ? [] : [parent]);
  };
  const note = (what: string, from: number, name: string): void => {
    if (!violations.has(what)) violations.set(what, [...wayTo(from, parents, names), name]);
  };
  visit(start(scope), -1, '');
  for (let index = 0; index < queue.length; index++) {
    const model = at(queue, index);
    if (model.acked.some((id) => !model.log.includes(id))) note('acknowledged but lost', index, '');
    if (model.log.length >= scope.commits) done.push(index);
    for (const { action, next, violation } of steps(model, scope)) {
      const name = `${action.kind}${action.host}`;
      if (violation === undefined) visit(next, index, name);
      else note(violation, index, name);
    }
  }
  return { states: queue.length, stuck: queue.length - reaching(done, before), violations };
}

function wayTo(index: number, parents: readonly number[], names: readonly string[]): string[] {
  const way: string[] = [];
  for (let step = index; at(parents, step) >= 0; step = at(parents, step)) way.unshift(at(names, step));
  return way;
}

function reaching(done: readonly number[], before: readonly (readonly number[])[]): number {
  const seen = new Set(done);
  const open = [...done];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const parent of before[next] ?? []) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      open.push(parent);
    }
  }
  return seen.size;
}
