/**
 * How often an instance may take its host instance with it before it is judged (docs/failure-model.md, 4.6): two ends among others make it a
 * suspect, and a suspect runs alone; two more, alone, condemn it. Counted since its last commit, and durable: what is condemned never runs,
 * whatever else is lost.
 */
import type { Instance } from './state.ts';

const SUSPECT_FROM = 2;
const CONDEMNED_FROM = 4;

export function isSuspect({ attempt }: Pick<Instance, 'attempt'>): boolean {
  return attempt >= SUSPECT_FROM;
}

export function isCondemned({ attempt }: Pick<Instance, 'attempt'>): boolean {
  return attempt >= CONDEMNED_FROM;
}
