/** Guarantee T17 (G12), see poison.ts: code that never comes back. */
import { HUNG, poisonTest } from '../faults/poison.ts';

poisonTest({ name: 'code that never returns', told: { loop: HUNG, regex: HUNG, 'late:loop': HUNG }, computers: ['A', 'B', 'C'] });

poisonTest({
  name: 'code that never lets anything else have its turn',
  told: { wait: HUNG, starve: HUNG, chatter: HUNG },
  computers: ['A', 'B', 'C'],
});

poisonTest({ name: 'one endless loop among 195 orders', told: { loop: HUNG }, computers: ['A', 'B'], ledgers: 195 });

poisonTest({ name: 'an endless loop on the only host instance', told: { loop: HUNG }, computers: ['A'] });
