/** Guarantee T17 (G12), see poison.ts: code that ends its process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSeed } from '../faults/group.ts';
import { allSuspended, dropPoison, poisonTest, startWithPoison } from '../faults/poison.ts';

poisonTest({
  name: 'code that ends the process',
  told: { abort: /SIGABRT/, exit: /exit code 3/, quietExit: /exit code 0/, kill: /SIGKILL/, disconnect: /exit code 0/ },
  computers: ['A', 'B', 'C', 'D'],
});

poisonTest({
  name: 'errors nobody handles',
  told: {
    rejection: /exit code \d+[^]*poison of the kind rejection/,
    timer: /exit code \d+[^]*poison of the kind timer/,
    immediate: /exit code \d+[^]*poison of the kind immediate/,
    deaf: /exit code 1[^]*poison of the kind deaf/,
    'late:rejection': /exit code \d+[^]*poison of the kind rejection/,
  },
  computers: ['A', 'B', 'C', 'D'],
});

poisonTest({
  name: 'memory without end',
  // What comes first, the end of the memory or of the patience, is the machine's.
  told: { heap: /SIGABRT[^]*heap|did not answer[^]*SIGKILL/ },
  computers: ['A', 'B'],
});

test('a stack without end is an exception like any other', async (context) => {
  newSeed();
  const group = await startWithPoison(['A']);
  context.after(() => group.remove());
  await dropPoison(group, 'stack');
  const [{ error } = { error: undefined }] = await allSuspended(group, 1);
  assert.equal(error?.code, 'orchestration.uncaught');
  assert.equal(error.shape, 'Swallow');
  assert.match(error.message, /call stack/);
  assert.deepEqual(
    group.status.hostInstances.map(({ restarts }) => restarts),
    group.status.hostInstances.map(() => 0),
  );
});
