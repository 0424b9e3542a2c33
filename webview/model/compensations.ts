/**
 * Which transactions were compensated, and in which order. Neither the end of a transaction nor the beginning of its compensation is a shape
 * that runs, so both are told by the shapes around them. Pure.
 */
import type { InstanceDetail } from '../../emulator/control/instances.ts';
import { aroundOf, isBesideScope, type Outline } from './flowParts.ts';
import { runsOf } from './flowRuns.ts';

export interface Compensations {
  /** By the number of a compensation block, or of a transaction that has none: as which ones of all it ran, counted from 1. */
  readonly order: ReadonlyMap<number, readonly number[]>;
  /** Scopes and Calls that were compensated and have not run since. */
  readonly undone: readonly number[];
}

export function compensationsOf(detail: InstanceDetail): Compensations {
  const { outline, position } = detail;
  // Most have nothing of it.
  if (!outline.some(({ kind }) => kind === 'compensation' || kind === 'compensate')) return { order: new Map(), undone: [] };
  const walk = new Walk(outline);
  for (const { runs, ended } of runsOf(detail)) {
    walk.atRisk = runs.some(({ fate }) => fate === 'at risk');
    for (const { shape, fate } of runs) if (fate !== 'given back') walk.ran(shape);
    walk.ended(ended);
  }
  walk.finish([...position.saved, ...position.atRisk.slice(-1)]);
  // What is in a block still, has not undone anything yet.
  for (const place of [...position.saved, ...position.atRisk])
    for (const at of aroundOf(outline, place)) if (outline[at]?.kind === 'compensation') walk.undone.delete(outline[at].parent);
  return { order: walk.order, undone: [...walk.undone] };
}

/** A transaction that has committed. */
interface Done {
  readonly scope: number;
  /** In the order in which they committed. */
  readonly nested: readonly Done[];
}

/** A Compensate, or a default handler, at work. */
interface Work {
  /** The transaction it is for; -1: the orchestration. */
  readonly of: number;
  /** `undefined`: a default handler. */
  readonly compensate: number | undefined;
  /** What is left to do, the last one comes first. */
  left: Done[];
}

/** Goes through what ran as the engine did (emulator/engine/compensation.ts). */
class Walk {
  readonly order = new Map<number, number[]>();
  readonly undone = new Set<number>();
  /** What it goes through now is not saved yet. */
  atRisk = false;
  readonly #outline: Outline;
  /** Compensation blocks, by the numbers of their transactions. */
  readonly #blocks: ReadonlyMap<number, number>;
  /** What has committed in a transaction that runs, fails or is compensated; -1: in the orchestration. */
  readonly #nested = new Map<number, Done[]>([[-1, []]]);
  /** Transactions that fail and handle it themselves, or are compensated. */
  readonly #over = new Set<number>();
  readonly #works: Work[] = [];
  #count = 0;
  #before: number | undefined;

  constructor(outline: Outline) {
    this.#outline = outline;
    this.#blocks = new Map([...outline.entries()].flatMap(([at, { kind, parent }]) => (kind === 'compensation' ? [[parent, at]] : [])));
  }

  ran(shape: number): void {
    const { kind = '', transaction, compensates } = this.#outline[shape] ?? {};
    const around = aroundOf(this.#outline, shape);
    this.finish([shape]);
    if (transaction !== undefined) {
      this.#nested.set(shape, []);
      this.#over.delete(shape);
      this.undone.delete(shape);
    }
    const block = this.#begins(shape);
    if (block !== undefined) this.#compensates(this.#outline[block]?.parent ?? -1);
    for (const at of around) if (this.#outline[at]?.kind === 'handler') this.#handles(this.#outline[at].parent);
    if (kind === 'compensate') {
      const of = this.#transactionAround(shape);
      this.#works.push({ of, compensate: shape, left: this.#take(of, compensates) });
    }
    this.#before = shape;
  }

  /** So many transactions ended with a commit, from what ran last outwards. */
  ended(count: number): void {
    let left = count;
    let at = this.#before ?? -1;
    const inside = this.#outline[at + 1];
    if (inside?.parent === at && !isBesideScope(inside.kind)) at = this.#outline[at]?.parent ?? -1;
    while (at >= 0 && left > 0) {
      const { kind = '', parent = -1, transaction } = this.#outline[at] ?? {};
      if (kind === 'handler') at = this.#outline[parent]?.parent ?? -1;
      else if (kind === 'compensation') at = this.#outline[this.#endWork()?.compensate ?? -1]?.parent ?? -1;
      else {
        if (transaction !== undefined) {
          this.#nested.get(this.#transactionAround(at))?.push({ scope: at, nested: this.#take(at) });
          this.#nested.delete(at);
          left--;
        }
        at = parent;
      }
    }
  }

  /** Ends what is at work in none of these places. */
  finish(places: readonly number[]): void {
    const isAt = ({ of, compensate = -1 }: Work): boolean => {
      const own = aroundOf(this.#outline, compensate);
      const isBlock = (at: number): boolean => this.#outline[at]?.kind === 'compensation' && this.#isIn(at, of) && !own.includes(at);
      return places.some((place) => aroundOf(this.#outline, place).some(isBlock));
    };
    for (let work; (work = this.#works.at(-1)) && !isAt(work);) this.#endWork();
  }

  #endWork(): Work | undefined {
    const work = this.#works.pop();
    // One that would have had something to do was left out, so nothing is known of the others.
    if (work?.left.some((done) => this.#does(done))) this.#keep(work.of, work.left);
    else for (const done of work?.left.reverse() ?? []) this.#pass(done);
    return work;
  }

  /** The compensation block of a transaction begins. */
  #compensates(scope: number): void {
    const work = this.#works.findLast(({ left }) => this.#reaches(left, scope)) ?? this.#defaultFor(scope);
    const done = work && this.#next(work, scope);
    this.#note(this.#blocks.get(scope) ?? scope);
    this.undone.add(scope);
    this.#over.add(scope);
    this.#nested.set(scope, [...(done?.nested ?? [])]);
  }

  /** No Compensate is for it: a scope fails that does not handle it. */
  #defaultFor(scope: number): Work | undefined {
    const of = [...aroundOf(this.#outline, scope), -1].find((at) => this.#reaches(this.#nested.get(at) ?? [], scope));
    if (of === undefined) return undefined;
    const work = { of, compensate: undefined, left: this.#take(of) };
    this.#works.push(work);
    return work;
  }

  /** Goes on to a transaction, past those that have nothing to do. */
  #next(work: Work, scope: number): Done | undefined {
    const at = work.left.findLastIndex((done) => done.scope === scope || this.#leadsTo(done, scope));
    const [found, passed] = [work.left[at], work.left.slice(at + 1)];
    work.left.length = Math.max(0, at);
    if (found === undefined) return undefined;
    for (const done of passed.reverse()) this.#pass(done);
    if (found.scope === scope) return found;
    this.#compensated(found.scope);
    work.left.push(...found.nested);
    return this.#next(work, scope);
  }

  /** An exception has come to a handler: what it went through without one was compensated. */
  #handles(scope: number): void {
    if (this.#over.has(scope)) return;
    this.#over.add(scope);
    for (const failed of [...this.#nested.keys()].sort((a, b) => b - a)) {
      if (failed === scope || this.#over.has(failed) || !this.#isIn(failed, scope)) continue;
      for (const done of this.#take(failed).reverse()) this.#pass(done);
      this.#nested.delete(failed);
    }
  }

  /** Has nothing to do, and nobody nested in it has. */
  #pass(done: Done): void {
    if (this.#does(done)) return;
    this.#compensated(done.scope);
    for (const nested of [...done.nested].reverse()) this.#pass(nested);
  }

  /** A transaction without a block. */
  #compensated(scope: number): void {
    this.#note(scope);
    if (!this.atRisk) this.undone.add(scope);
  }

  #note(number: number): void {
    this.order.set(number, [...(this.order.get(number) ?? []), ++this.#count]);
  }

  /** @param named the only one that is meant */
  #take(of: number, named?: string): Done[] {
    const nested = this.#nested.get(of) ?? [];
    const isMeant = ({ scope }: Done): boolean => named === undefined || this.#outline[scope]?.name === named;
    this.#nested.set(
      of,
      nested.filter((done) => !isMeant(done)),
    );
    return nested.filter(isMeant);
  }

  #keep(of: number, done: readonly Done[]): void {
    this.#nested.get(of)?.push(...done);
  }

  /** Has a block, or somebody nested in it has. */
  #does({ scope, nested }: Done): boolean {
    return this.#blocks.has(scope) || nested.some((done) => this.#does(done));
  }

  #reaches(list: readonly Done[], scope: number): boolean {
    return list.some((done) => done.scope === scope || this.#leadsTo(done, scope));
  }

  #leadsTo(done: Done, scope: number): boolean {
    return !this.#blocks.has(done.scope) && this.#reaches(done.nested, scope);
  }

  #isIn(number: number, scope: number): boolean {
    return scope < 0 || aroundOf(this.#outline, number).includes(scope);
  }

  #transactionAround(number: number): number {
    return aroundOf(this.#outline, number).find((at) => this.#outline[at]?.transaction !== undefined) ?? -1;
  }

  /** The compensation block that begins with this shape; each iteration of a loop begins nothing. */
  #begins(shape: number): number | undefined {
    const { kind, parent = -1 } = this.#outline[shape] ?? {};
    if (this.#outline[parent]?.kind !== 'compensation' || shape !== parent + 1) return undefined;
    const goesOn = kind === 'loop' && this.#before !== undefined && aroundOf(this.#outline, this.#before).includes(shape);
    return goesOn ? undefined : parent;
  }
}
