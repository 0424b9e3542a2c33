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
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import {
  BEAT_MS,
  type Claim,
  claimFolder,
  type Owner,
  ownerFileName,
  readOwner,
  STILL_MS,
  tryToClaim,
} from '../../../emulator/wire/folderClaim.ts';
import { lifeOf, processIdentity, processPlace } from '../../../emulator/wire/processIdentity.ts';

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
    this.child = fork(new URL('./claimingChild.ts', import.meta.url), { stdio: 'inherit' });
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

/** The claim, which must be there at once. */
function claimAtOnce(folder: string): Claim {
  const claim = tryToClaim(folder);
  assert.ok('confirm' in claim, 'the owner before is watched first');
  return claim;
}

const dead: Owner = { pid: 2 ** 22 + 5, startTime: 'long ago', id: 'ab'.repeat(12) };

test('a living owner is refused with its pid, also in the same process, and released folders are free', () => {
  const folder = newFolder();
  const claim = claimAtOnce(folder);
  assert.equal(readOwner(folder)?.id, claim.owner.id);
  assert.throws(
    () => claimAtOnce(folder),
    (error) => isCode(error, 'messageBox.folderInUse') && error.parameters['pid'] === process.pid,
  );
  claim.release();
  assert.equal(readOwner(folder), undefined);
  claimAtOnce(folder);
  assert.deepEqual(readdirSync(folder), [ownerFileName]);
});

test('a dead owner is followed, also one whose pid belongs to another process now, and one that died while taking over', () => {
  const recycled = { ...dead, pid: process.pid };
  for (const owner of [dead, recycled]) {
    const folder = newFolder();
    claimAtOnce(folder).release();
    writeFileSync(join(folder, ownerFileName), JSON.stringify(owner));
    const halfWay = { ...dead, id: 'cd'.repeat(12) };
    writeFileSync(join(folder, `owner-after-${owner.id}.json`), JSON.stringify(halfWay));
    writeFileSync(join(folder, `owner-new-${halfWay.id}.json`), JSON.stringify(halfWay));
    assert.deepEqual(claimAtOnce(folder).previous, halfWay);
    assert.deepEqual(readdirSync(folder), [ownerFileName]);
    assert.equal((JSON.parse(readFileSync(join(folder, ownerFileName), 'utf8')) as Owner).pid, process.pid);
  }
});

test('a living process that is just taking over counts as the owner', () => {
  const folder = newFolder();
  claimAtOnce(folder).release();
  writeFileSync(join(folder, ownerFileName), JSON.stringify(dead));
  const here = processIdentity(process.pid);
  writeFileSync(join(folder, `owner-after-${dead.id}.json`), JSON.stringify({ ...here, id: 'ef'.repeat(12) }));
  assert.throws(
    () => claimAtOnce(folder),
    (error) => isCode(error, 'messageBox.folderInUse') && error.parameters['pid'] === process.pid,
  );
});

test('a starter that was so slow that its name is free again loses all the same', () => {
  const folder = newFolder();
  claimAtOnce(folder).release();
  writeFileSync(join(folder, ownerFileName), JSON.stringify(dead));
  const { linkSync } = fs;
  let fast: string | undefined;
  fs.linkSync = (from, to) => {
    fs.linkSync = linkSync;
    syncBuiltinESMExports();
    fast = claimAtOnce(folder).owner.id;
    linkSync(from, to);
  };
  syncBuiltinESMExports();
  assert.throws(
    () => claimAtOnce(folder),
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
      () => claimAtOnce(folder),
      (error) => isCode(error, 'messageBox.folderUnusable'),
    );
  const folder = newFolder();
  claimAtOnce(folder).release();
  writeFileSync(join(folder, ownerFileName), '{"pid":');
  assert.throws(
    () => claimAtOnce(folder),
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
        () => claimAtOnce(folder),
        (error) => isCode(error, 'messageBox.folderInUse') && error.parameters['pid'] === owner.pid,
      );
      const identity = processIdentity(owner.pid);
      assert.ok(identity !== undefined && lifeOf(identity) === 'alive');
      assert.equal(lifeOf({ pid: owner.pid, startTime: 'another' }), 'dead');
      await owner.kill();
      assert.equal(lifeOf(identity), 'dead');
      assert.equal(claimAtOnce(folder).previous?.pid, owner.pid);
    } finally {
      await owner.kill();
    }
  },
);

test('of six starters that race for the folder of a dead owner exactly one wins, and the next when that one is killed, five times', async (t) => {
  const folder = newFolder();
  claimAtOnce(folder).release();
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

/** An owner whose pid says nothing here. */
const elsewhere: Owner = { ...dead, pid: process.pid, place: 'linux:1:2:pid:[3]', computer: 'container-7', beat: 41, time: 1000 };

function fileOf({ beat, time, ...rest }: Owner): string {
  const counters = beat === undefined ? {} : { beat: String(beat).padStart(12, '0'), time: String(time).padStart(16, '0') };
  return JSON.stringify({ ...rest, ...counters });
}

/** A folder that this owner claimed, and its owner file. */
function ownedBy(owner: Owner): { folder: string; path: string } {
  const folder = newFolder();
  claimAtOnce(folder).release();
  const path = join(folder, ownerFileName);
  writeFileSync(path, fileOf(owner));
  return { folder, path };
}

/** Claims while time passes quickly; `each` is called after each 50 ms of it. */
async function claimInTime(folder: string, each: (now: number) => void = () => undefined): Promise<{ claim: Claim; ms: number }> {
  const clock = new SimulatedClock();
  let ended = false;
  const claiming = claimFolder(folder, clock).finally(() => (ended = true));
  claiming.catch(() => undefined);
  for (let step = 0; step < 1000; step++) {
    await new Promise(setImmediate);
    if (ended) break;
    clock.advance(50);
    each(clock.monotonic());
  }
  return { claim: await claiming, ms: clock.monotonic() };
}

const usedElsewhere = (error: unknown): boolean =>
  isCode(error, 'messageBox.folderInUseElsewhere') && error.parameters['computer'] === 'container-7';
const lost = (error: unknown): boolean => isCode(error, 'messageBox.claimLost');

test('an owner in another container is in use while its counter moves, however its pid looks from here', async () => {
  for (const pid of [process.pid, dead.pid]) {
    const { folder, path } = ownedBy({ ...elsewhere, pid });
    const moves = claimInTime(folder, (now) => {
      if (now === STILL_MS - BEAT_MS) writeFileSync(path, fileOf({ ...elsewhere, pid, beat: 42 }));
    });
    await assert.rejects(moves, usedElsewhere);
    assert.equal(readOwner(folder)?.id, elsewhere.id, 'it stays the owner');
    assert.deepEqual(readdirSync(folder), [ownerFileName]);
  }
});

test('one whose counter stands still is taken over, but not before, and its files may still be open', async () => {
  const { folder } = ownedBy(elsewhere);
  const { claim, ms } = await claimInTime(folder);
  assert.ok(ms >= STILL_MS, `after ${String(ms)} ms`);
  assert.deepEqual([claim.unseen, claim.previous?.id, claim.previous?.time], [true, elsewhere.id, 1000]);
  claim.confirm();
  assert.deepEqual(readdirSync(folder), [ownerFileName]);
});

test('one that is followed by another while it is watched is in use; one that gives the folder back frees it', async () => {
  const followed = ownedBy(elsewhere);
  const following = claimInTime(followed.folder, (now) => {
    if (now === 1000) writeFileSync(followed.path, fileOf({ ...elsewhere, id: '12'.repeat(12) }));
  });
  await assert.rejects(following, usedElsewhere);
  const freed = ownedBy(elsewhere);
  const { claim, ms } = await claimInTime(freed.folder, (now) => {
    if (now === 1000) rmSync(freed.path);
  });
  assert.ok(ms < STILL_MS);
  assert.deepEqual([claim.unseen, claim.previous], [false, undefined]);
});

test('of two that watched the same owner one takes over, and the other meets it', async () => {
  const { folder } = ownedBy(elsewhere);
  const [first, second] = await Promise.allSettled([claimInTime(folder), claimInTime(folder)]);
  const [won, failed] = first.status === 'fulfilled' ? [first, second] : [second, first];
  assert.ok(won.status === 'fulfilled' && failed.status === 'rejected');
  assert.ok(isCode(failed.reason, 'messageBox.folderInUse'));
  won.value.claim.confirm();
});

test('who lost the folder notices before it says anything more, and harms nothing of the new owner', async () => {
  const folder = newFolder();
  const old = claimAtOnce(folder);
  old.beat(5);
  old.confirm();
  assert.equal(readOwner(folder)?.time, 5);
  // As another container sees it: a place it does not know, and a counter that stands still.
  const path = join(folder, ownerFileName);
  writeFileSync(path, readFileSync(path, 'utf8').replace(JSON.stringify(processPlace()), '"linux:1:2:pid:[3]"'));
  const { claim } = await claimInTime(folder);
  const before = readFileSync(path, 'utf8');
  assert.throws(() => {
    old.confirm();
  }, lost);
  assert.throws(() => {
    old.beat(6);
  }, lost);
  old.release();
  assert.equal(readFileSync(path, 'utf8'), before);
  claim.beat(7);
  claim.confirm();
  assert.deepEqual([readOwner(folder)?.id, readOwner(folder)?.beat, readOwner(folder)?.time], [claim.owner.id, 1, 7]);
});

test('an owner whose file is gone or foreign has lost the folder', () => {
  const folder = newFolder();
  const claim = claimAtOnce(folder);
  writeFileSync(join(folder, ownerFileName), '');
  assert.throws(() => {
    claim.confirm();
  }, lost);
  rmSync(join(folder, ownerFileName));
  assert.throws(() => {
    claim.beat(1);
  }, lost);
});

test('a beat changes digits only, so a reader in the middle of it sees an owner all the same', () => {
  const folder = newFolder();
  const claim = claimAtOnce(folder);
  const text = (): string => readFileSync(join(folder, ownerFileName), 'utf8');
  claim.beat(1_795_814_459_959);
  const before = text();
  claim.beat(1_795_814_460_961);
  const after = text();
  assert.equal(after.length, before.length);
  for (let cut = 0; cut <= after.length; cut++) {
    const torn = JSON.parse(after.slice(0, cut) + before.slice(cut)) as Record<string, unknown>;
    assert.equal(torn['id'], claim.owner.id);
  }
});

test(
  'after a new start of the same machine nothing of before lives, except perhaps in containers',
  { skip: process.platform !== 'linux' },
  () => {
    const outermost = 'pid:[4026531836]';
    const [, machine = ''] = processPlace().split(':');
    const identity = { pid: process.pid, startTime: 'x' };
    const rebooted = processPlace().endsWith(outermost) && machine !== '' ? 'dead' : 'unknown';
    assert.equal(lifeOf({ ...identity, place: `linux:${machine}:an-earlier-boot:${outermost}` }), rebooted);
    assert.equal(lifeOf({ ...identity, place: `linux:${machine}:an-earlier-boot:pid:[4026532178]` }), 'unknown');
    assert.equal(lifeOf({ ...identity, place: `linux:another-machine:its-boot:${outermost}` }), 'unknown');
    assert.equal(lifeOf({ ...identity, place: 'darwin:a-mac' }), 'unknown');
    assert.equal(lifeOf({ ...identity, place: processPlace() }), 'dead', 'another process has the pid now');
  },
);

test('an owner of an earlier version has no counter: its pid decides', () => {
  const { folder } = ownedBy({ pid: process.pid, startTime: '', id: dead.id });
  assert.throws(
    () => claimAtOnce(folder),
    (error) => isCode(error, 'messageBox.folderInUse'),
  );
  const { folder: free } = ownedBy({ pid: dead.pid, startTime: '', id: dead.id });
  assert.equal(claimAtOnce(free).unseen, false);
});

test('where start times cannot be told a pid that is there proves nothing: the counter does', async () => {
  const { folder } = ownedBy({ ...elsewhere, startTime: '', place: processPlace() });
  const { claim, ms } = await claimInTime(folder);
  assert.ok(ms >= STILL_MS && claim.unseen);
});
