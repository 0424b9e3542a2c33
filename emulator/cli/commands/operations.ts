/** Suspend, resume and terminate (docs/behaviour.md, section 12.2). */
import type { OperationResult, Resumed } from '../../control/instances.ts';
import { SohError } from '../../errors.ts';
import { term } from '../../text/term.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { withGroup } from '../connect.ts';
import { formatNumber } from '../output/format.ts';
import { oneLine } from '../output/width.ts';
import { printError } from '../output/wireError.ts';
import { choiceOptions, chosenInstances } from './chosenInstances.ts';

function operationCommand(name: 'suspend' | 'resume' | 'terminate', summary: string, details: readonly string[]): Command {
  return {
    name,
    summary,
    operands: [{ name: 'instance', need: 'any' }],
    options: choiceOptions,
    details: [term('Name instances, or choose them with options: all that fit, and for which it is possible.'), ...details],
    async run(call) {
      const chosen = chosenInstances(call, name);
      const named = call.operands.length > 0;
      // Without either it would be every instance there is: nobody should say that by leaving something out.
      if (!named && Object.keys(chosen).length === 0) {
        throw new SohError('usage.missingArgument', { command: name, argument: term('instances, or an option that chooses them') });
      }
      const filter = named ? { ...chosen, ids: call.operands } : chosen;
      const result = await withGroup(call, (client) => client.call(name, { filter }));
      if (call.json) call.print.json(result);
      else printResult(result, named, call);
      return result.counts.refused === 0 ? EXIT.ok : EXIT.failed;
    },
  };
}

/** What was resumed is told with who has it now, or that nobody has. */
function doneLine(id: string, resumed: Resumed | undefined, t: Call['t']): string {
  if (!resumed) return t('{id}: done', { id: oneLine(id) });
  const { state, owner } = resumed;
  if (state === 'Ready to run') return t('{id}: resumed; no host instance has taken it yet', { id: oneLine(id) });
  if (state === 'Active' && owner !== null) return t('{id}: resumed; taken by {owner}', { id: oneLine(id), owner: oneLine(owner) });
  return t('{id}: resumed; {state}', { id: oneLine(id), state: state === null ? t('it has ended') : t(state) });
}

function printResult({ done, pending, refused, resumed = [], counts }: OperationResult, named: boolean, call: Call): void {
  const { print, t, language } = call;
  if (named) {
    const became = new Map(resumed.map((one) => [one.id, one]));
    for (const id of done) print.line(doneLine(id, became.get(id), t));
    for (const id of pending) print.line(t('{id}: will be done at its next persistence point', { id: oneLine(id) }));
  }
  for (const { error } of refused) printError(error, call);
  const listed = done.length + pending.length + refused.length;
  if (named && listed === counts.done + counts.pending + counts.refused) return;
  const parameters = {
    done: formatNumber(counts.done, language),
    pending: formatNumber(counts.pending, language),
    refused: formatNumber(counts.refused, language),
  };
  print.line(t('Done: {done}, at the next persistence point: {pending}, refused: {refused}', parameters));
}

const atPersistencePoint = term('An active instance obeys at its next persistence point.');

/** `suspend` */
export const suspendCommand = operationCommand('suspend', term('Suspend instances'), [atPersistencePoint]);
/** `resume` */
export const resumeCommand = operationCommand('resume', term('Resume suspended instances from their last persistence point'), []);
/** `terminate` */
export const terminateCommand = operationCommand('terminate', term('Terminate instances; they cannot be resumed'), [atPersistencePoint]);
