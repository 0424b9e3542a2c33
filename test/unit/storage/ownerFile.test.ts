/**
 * Guarantee: at most one living process owns a data folder, whatever starters race and die; a frozen owner counts as living, a dead one
 * is followed by exactly one of its successors.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { claimFolder, type Owner, ownerFileName, readOwner } from '../../../emulator/messagebox/storage/ownerFile.ts';
import { isAlive, processIdentity } from '../../../emulator/wire/processIdentity.ts';

const root = mkdtempSync(join(tmpdir(), 'owner-'));
after(() => {
  rmSync(root, { recursive: true, force: true });
});
let folders = 0;
const newFolder = (): string => join(root, String(++folders));

/** A process that claims when told and tells what became of it: the pid it owns or met. */
class Starter {
  readonly child: ChildProcess;

  constructor() {
    this.child = fork(new URL('./ownerChild.ts', import.meta.url), { stdio: 'inherit' });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async claim(folder: string): Promise<{ won: boolean; owner: number }> {
    this.child.send(folder);
    const [answer] = (await once(this.child, 'message')) as [{ won: boolean; owner: number }];
    return answer;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}

const dead: Owner = { pid: 2 ** 22 + 5, startTime: 'long ago', id: 'ab'.repeat(12) };

test('a living owner is refused with its pid, also in the same process, and released folders are free', () => {
  const folder = newFolder();
  const claim = claimFolder(folder);
  assert.equal(readOwner(folder)?.id, claim.owner.id);
  assert.throws(
    () => claimFolder(folder),
    (error) => isCode(error, 'messageBox.folderInUse') && error.parameters['pid'] === process.pid,
  );
  claim.release();
  assert.equal(readOwner(folder), undefined);
  claimFolder(folder);
  assert.deepEqual(readdirSync(folder), [ownerFileName]);
});

test('a dead owner is followed, also one whose pid belongs to another process now, and one that died while taking over', () => {
  const recycled = { ...dead, pid: process.pid };
  for (const owner of [dead, recycled]) {
    const folder = newFolder();
    claimFolder(folder).release();
    writeFileSync(join(folder, ownerFileName), JSON.stringify(owner));
    const halfWay = { ...dead, id: 'cd'.repeat(12) };
    writeFileSync(join(folder, `owner-after-${owner.id}.json`), JSON.stringify(halfWay));
    writeFileSync(join(folder, `owner-new-${halfWay.id}.json`), JSON.stringify(halfWay));
    assert.deepEqual(claimFolder(folder).previous, halfWay);
    assert.deepEqual(readdirSync(folder), [ownerFileName]);
    assert.equal((JSON.parse(readFileSync(join(folder, ownerFileName), 'utf8')) as Owner).pid, process.pid);
  }
});

test('a living process that is just taking over counts as the owner', () => {
  const folder = newFolder();
  claimFolder(folder).release();
  writeFileSync(join(folder, ownerFileName), JSON.stringify(dead));
  const here = processIdentity(process.pid);
  writeFileSync(join(folder, `owner-after-${dead.id}.json`), JSON.stringify({ ...here, id: 'ef'.repeat(12) }));
  assert.throws(
    () => claimFolder(folder),
    (error) => isCode(error, 'messageBox.folderInUse') && error.parameters['pid'] === process.pid,
  );
});

test('a starter that was so slow that its name is free again loses all the same', () => {
  const folder = newFolder();
  claimFolder(folder).release();
  writeFileSync(join(folder, ownerFileName), JSON.stringify(dead));
  const { linkSync } = fs;
  let fast: string | undefined;
  fs.linkSync = (from, to) => {
    fs.linkSync = linkSync;
    syncBuiltinESMExports();
    fast = claimFolder(folder).owner.id;
    linkSync(from, to);
  };
  syncBuiltinESMExports();
  assert.throws(
    () => claimFolder(folder),
    (error) => isCode(error, 'messageBox.folderInUse'),
  );
  assert.ok(fast !== undefined && readOwner(folder)?.id === fast);
  assert.deepEqual(readdirSync(folder), [ownerFileName]);
});

test('an unusable folder or owner file is told', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  for (const folder of [file, join(file, 'inside')])
    assert.throws(
      () => claimFolder(folder),
      (error) => isCode(error, 'messageBox.folderUnusable'),
    );
  const folder = newFolder();
  claimFolder(folder).release();
  writeFileSync(join(folder, ownerFileName), '{"pid":');
  assert.throws(
    () => claimFolder(folder),
    (error) => isCode(error, 'messageBox.folderUnusable'),
  );
  assert.ok(existsSync(join(folder, ownerFileName)));
});

test(
  'a frozen owner is refused, a killed one followed; a zombie or a recycled pid is not alive',
  { skip: process.platform === 'win32' },
  async () => {
    const folder = newFolder();
    const owner = new Starter();
    try {
      assert.deepEqual(await owner.claim(folder), { won: true, owner: owner.pid });
      owner.child.kill('SIGSTOP');
      assert.throws(
        () => claimFolder(folder),
        (error) => isCode(error, 'messageBox.folderInUse') && error.parameters['pid'] === owner.pid,
      );
      const identity = processIdentity(owner.pid);
      assert.ok(identity !== undefined && isAlive(identity));
      assert.equal(isAlive({ pid: owner.pid, startTime: 'another' }), false);
      await owner.kill();
      assert.equal(isAlive(identity), false);
      assert.equal(claimFolder(folder).previous?.pid, owner.pid);
    } finally {
      await owner.kill();
    }
  },
);

test('of six starters that race for the folder of a dead owner exactly one wins, and the next when that one is killed, five times', async (t) => {
  const folder = newFolder();
  claimFolder(folder).release();
  writeFileSync(join(folder, ownerFileName), JSON.stringify(dead));
  const starters = Array.from({ length: 6 }, () => new Starter());
  try {
    let waiting = starters;
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(waiting.map((starter) => starter.claim(folder)));
      const winners = waiting.filter((_, index) => answers[index]?.won);
      assert.equal(winners.length, 1, `round ${String(round)}: ${String(winners.length)} owners`);
      assert.ok(answers.every(({ owner }) => owner === winners[0]?.pid));
      await winners[0]?.kill();
      waiting = waiting.filter((starter) => starter !== winners[0]);
    }
    t.diagnostic(`5 rounds, ${String(waiting.length)} starter left`);
  } finally {
    await Promise.all(starters.map((starter) => starter.kill()));
  }
});
