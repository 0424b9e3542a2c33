/** Suspend, resume and terminate (biztalk-semantics, section 12.2). */
import type { OperationResult } from '../../group/control.ts';
import { term } from '../../text/term.ts';
import { errorText } from '../../text/translate.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { withGroup } from '../connect.ts';
import { oneLine } from '../output/width.ts';

function operationCommand(name: 'suspend' | 'resume' | 'terminate', summary: string, details: readonly string[]): Command {
  return {
    name,
    summary,
    operands: [{ name: 'instance', need: 'many' }],
    options: [],
    details,
    async run(call) {
      const result = await withGroup(call, (client) => client.call(name, { filter: { ids: call.operands } }));
      if (call.json) call.print.json(result);
      else printResult(result, call);
      return result.refused.length === 0 ? EXIT.ok : EXIT.failed;
    },
  };
}

function printResult(result: OperationResult, { print, t }: Call): void {
  for (const id of result.done) print.line(t('{id}: done', { id: oneLine(id) }));
  for (const id of result.pending) print.line(t('{id}: will be done at its next persistence point', { id: oneLine(id) }));
  for (const { error } of result.refused) {
    const { message, next } = errorText(error, t);
    print.line(print.paint('bad', oneLine(message)));
    print.line(oneLine(next));
  }
}

const atPersistencePoint = term('An active instance obeys at its next persistence point.');

/** `suspend` */
export const suspendCommand = operationCommand('suspend', term('Suspend instances'), [atPersistencePoint]);
/** `resume` */
export const resumeCommand = operationCommand('resume', term('Resume suspended instances from their last persistence point'), []);
/** `terminate` */
export const terminateCommand = operationCommand('terminate', term('Terminate instances; they cannot be resumed'), [atPersistencePoint]);
