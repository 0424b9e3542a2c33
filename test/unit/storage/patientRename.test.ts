/** Guarantee: a scanner that holds a file for a moment costs a moment on Windows; anything else is an error at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renamePatiently } from '../../../emulator/messagebox/storage/patientRename.ts';

/** A system on which something holds the file for so many tries. */
function held(platform: NodeJS.Platform, code: string, tries: number) {
  const system = {
    ...{ platform, tries: 0, waited: 0 },
    rename: (): void => {
      if (++system.tries <= tries) throw Object.assign(new Error(code), { code });
    },
    pause: (ms: number): Promise<void> => {
      system.waited += ms;
      return Promise.resolve();
    },
  };
  return system;
}

test('Windows: held for a moment, by whatever code it is told', async () => {
  for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
    for (const tries of [0, 1, 5]) {
      const system = held('win32', code, tries);
      await renamePatiently('a', 'b', system);
      assert.equal(system.tries, tries + 1);
      assert.ok(system.waited < 1000);
    }
  }
});

test('Windows: held for ever, and what waiting cannot help', async () => {
  const forEver = held('win32', 'EBUSY', Infinity);
  await assert.rejects(renamePatiently('a', 'b', forEver), { code: 'EBUSY' });
  assert.ok(forEver.waited >= 1000 && forEver.waited <= 3000, `${String(forEver.waited)} ms`);
  const missing = held('win32', 'ENOENT', Infinity);
  await assert.rejects(renamePatiently('a', 'b', missing), { code: 'ENOENT' });
  assert.deepEqual([missing.tries, missing.waited], [1, 0]);
});

test('elsewhere a refusal means what it says', async () => {
  for (const platform of ['linux', 'darwin'] as const) {
    for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
      const system = held(platform, code, 1);
      await assert.rejects(renamePatiently('a', 'b', system), { code });
      assert.deepEqual([system.tries, system.waited], [1, 0]);
    }
  }
});
