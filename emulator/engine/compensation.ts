/** Compensates transactions that have committed, each once, the last one first (docs/behaviour.md, section 9.3). */
import { forgetRecalled, recall } from './calls.ts';
import type { Instance } from './instance.ts';
import type { Instruction, InstructionOf, Scope } from './instruction.ts';
import { forget, ownMessages, recallMessages } from './own.ts';
import type { Completed, TransactionState } from './state.ts';
import { packVariables, unpackVariables } from './variables.ts';

/** A transaction commits: the one around it remembers it with what its compensation needs. Its own variables are not gone yet. */
export function remember(instance: Instance, scope: Scope): void {
  const { number, parent, compensable, frame, called, variables: names } = scope;
  const { transactions, frames } = instance.state;
  const { variables } = instance.known(frame);
  const children = transactions.get(number)?.children ?? [];
  transactions.delete(number);
  const around = transactionOf(instance, parent);
  around.succeeded.add(number);
  if (!compensable) return;
  instance.checkVariables();
  const own = Object.fromEntries(names.map((name) => [name, variables[name] ?? null]));
  // A copy, because another variable may hold the same value and be changed.
  const knew = called ? frames.get(number) : ownMessages(instance, scope);
  around.children.push({ scope: number, variables: structuredClone(packVariables(own)), children, frame: knew });
}

/** What a transaction knows of those nested in it. */
function transactionOf(instance: Instance, number: number): TransactionState {
  const { transactions } = instance.state;
  const known = transactions.get(number) ?? { children: [], succeeded: new Set() };
  transactions.set(number, known);
  return known;
}

/** True when a transaction has something to compensate. */
export function hasCommitted(instance: Instance, number: number): boolean {
  return (instance.state.transactions.get(number)?.children.length ?? 0) > 0;
}

/**
 * Goes on with the compensation that a Compensate or a default handler is for: begins it, or takes the next transaction.
 *
 * @returns where the thread goes on: in a compensation block; `undefined` = all of them are compensated
 */
export function compensateNext(
  instance: Instance,
  { place, around, shape }: InstructionOf<'compensate' | 'defaultHandler'>,
): number | undefined {
  const { compensations, transactions } = instance.state;
  instance.changed = true;
  let work = compensations.get(place);
  if (work === undefined) {
    const named = shape?.kind === 'compensate' ? shape.transaction : undefined;
    work = { left: take(instance, around.transaction, named), running: undefined, recalled: [] };
    compensations.set(place, work);
  }
  for (let next; (next = work.left.pop());) {
    const scope = scopeOf(instance, next.scope);
    if (scope.called && next.frame) {
      recall(instance, scope.called, next.frame);
      if (!work.recalled.includes(scope.number)) work.recalled.push(scope.number);
    }
    if (scope.compensation === undefined) {
      work.left.push(...next.children);
      continue;
    }
    work.running = scope.number;
    transactions.set(scope.number, { children: [...next.children], succeeded: new Set(next.children.map((child) => child.scope)) });
    Object.assign(instance.known(scope.frame).variables, unpackVariables(next.variables));
    if (!scope.called && next.frame) recallMessages(instance, scope, next.frame);
    return scope.compensation;
  }
  compensations.delete(place);
  forgetRecalled(instance, work.recalled);
  return undefined;
}

/** Takes out what a Compensate is for, so that nothing is compensated twice. */
function take(instance: Instance, transaction: number, named: string | undefined): Completed[] {
  const known = instance.state.transactions.get(transaction);
  if (known === undefined) return [];
  const isMeant = ({ scope }: Completed): boolean => named === undefined || scopeOf(instance, scope).name === named;
  const taken = known.children.filter(isMeant);
  known.children = known.children.filter((child) => !isMeant(child));
  return taken;
}

/** The compensation block of a scope has ended, or an exception leaves it. @returns the place of whoever called it */
export function leaveCompensation(instance: Instance, scope: Scope): number {
  const { compensations, transactions } = instance.state;
  forget(instance, scope);
  transactions.delete(scope.number);
  for (const [place, work] of compensations) {
    if (work.running !== scope.number) continue;
    work.running = undefined;
    return place;
  }
  throw new Error(`nobody compensates scope ${String(scope.number)}`);
}

/** A compensation that failed ends the Compensate: what it had not come to can still be compensated. */
export function giveUp(instance: Instance, { place, around }: Instruction): void {
  const { compensations, transactions } = instance.state;
  const { left = [], recalled = [] } = compensations.get(place) ?? {};
  compensations.delete(place);
  forgetRecalled(instance, recalled);
  transactions.get(around.transaction)?.children.unshift(...left);
}

function scopeOf(instance: Instance, number: number): Scope {
  const scope = instance.program.scopes.get(number);
  if (scope === undefined) throw new Error(`no scope has the number ${String(number)}`);
  return scope;
}
