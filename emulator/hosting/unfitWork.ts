/** What was granted and cannot even begin: it is suspended with the reason, so that it is seen and no other host instance stumbles over it. */
import { messageOf } from '../errors.ts';
import { CommitSlot, type Held } from './commitSlot.ts';
import type { Work, Workplace } from './work.ts';

const nothing = (): void => undefined;

export function unfitWork(held: Held, workplace: Workplace, error: unknown): Work {
  const slot = new CommitSlot(held, workplace, { committed: nothing });
  return {
    slot,
    start: () => {
      workplace.log(`instance ${held.instance} could not begin: ${messageOf(error)}`);
      slot.suspend({ code: 'unexpected', message: messageOf(error) });
    },
    deliver: nothing,
    reconnected: nothing,
    dropped: nothing,
    operate: nothing,
    drain: nothing,
  };
}
