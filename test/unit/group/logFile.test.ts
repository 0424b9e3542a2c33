/** Guarantee: a log is bounded on the disk, in memory and in work, keeps the newest, and says how much it left out. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { previousLogFile } from '../../../emulator/control/logs.ts';
import { LogFile, type LogDisk, type LogLimits, nodeLogDisk } from '../../../emulator/group/logFile.ts';
import { type LineSink, ProcessOutput } from '../../../emulator/group/processOutput.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';

const limits: LogLimits = { fileBytes: 1000, secondBytes: 10_000, waitingBytes: 5000 };
const PATH = '/logs/H@A.log';

class FakeDisk implements LogDisk {
  readonly files = new Map<string, string>();
  full = false;

  async append(path: string, text: string): Promise<void> {
    if (this.full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    this.files.set(path, (this.files.get(path) ?? '') + text);
  }

  async size(path: string): Promise<number> {
    return Buffer.byteLength(this.files.get(path) ?? '');
  }

  async replace(path: string, previous: string): Promise<void> {
    this.files.set(previous, this.files.get(path) ?? '');
    this.files.delete(path);
  }
}

function setUp(): { clock: SimulatedClock; disk: FakeDisk; log: LogFile; goOn: (ms: number) => Promise<void> } {
  const clock = new SimulatedClock(Date.UTC(2026, 0, 1));
  const disk = new FakeDisk();
  const log = new LogFile(PATH, clock, disk, limits);
  const goOn = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let turns = 0; turns < 5; turns++) await turn();
  };
  return { clock, disk, log, goOn };
}

function say(log: LogFile, ...lines: string[]): boolean {
  const room = log.room(lines.join('\n').length);
  if (room) log.lines(lines);
  else log.leftOut(lines.length);
  return room;
}

test('lines are written together, with the time', async () => {
  const { disk, log, goOn } = setUp();
  say(log, 'one', 'two\r');
  say(log, 'three');
  assert.equal(disk.files.size, 0);
  await goOn(100);
  const at = '2026-01-01T00:00:00.000Z';
  assert.equal(disk.files.get(PATH), `${at} one\n${at} two\n${at} three\n`);
});

test('two files, never larger than their limit, with the newest lines', async () => {
  const { disk, log, goOn } = setUp();
  for (let number = 0; number < 500; number++) {
    say(log, `line ${number}`);
    await goOn(60);
    assert.deepEqual(
      [...disk.files.keys()].filter((path) => path !== PATH && path !== previousLogFile(PATH)),
      [],
    );
    for (const text of disk.files.values()) assert.ok(text.length <= limits.fileBytes, String(text.length));
  }
  const kept = [disk.files.get(previousLogFile(PATH)), disk.files.get(PATH)].join('');
  const numbers = [...kept.matchAll(/line (\d+)/g)].map(([, number]) => Number(number));
  assert.equal(numbers.at(-1), 499);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => 500 - numbers.length + index),
  );
});

test('more than it takes in a second is counted, told once, and then it goes on', async () => {
  const { disk, log, goOn } = setUp();
  let taken = 0;
  for (let count = 0; count < 1000; count++) taken += say(log, 'x'.repeat(50)) ? 1 : 0;
  assert.ok(taken > 10 && taken < 200, String(taken));
  await goOn(1100);
  say(log, 'after');
  await goOn(100);
  const text = [...disk.files.values()].join('');
  const left = [...text.matchAll(/… (\d+) lines left out/g)].map(([, count]) => Number(count));
  assert.equal(left.length, 1);
  assert.equal(left[0], 1000 - taken);
  assert.match(text, /after\n$/);
});

test('that lines were left out is told also when nothing follows', async () => {
  const { disk, log, goOn } = setUp();
  while (say(log, 'x'.repeat(50)));
  await goOn(2000);
  assert.match([...disk.files.values()].join(''), /… 1 lines left out\n$/);
});

test('a disk that is full costs lines and nothing else', async () => {
  const { disk, log, goOn } = setUp();
  disk.full = true;
  for (let count = 0; count < 100; count++) {
    say(log, `lost ${count}`);
    await goOn(100);
  }
  disk.full = false;
  say(log, 'room again');
  await goOn(2000);
  assert.match(disk.files.get(PATH) ?? '', /… 100 lines left out\n.*room again\n$/);
});

test('a folder that is somebody else’s by now is left alone', async () => {
  const { disk, log, goOn } = setUp();
  say(log, 'one');
  log.forsake();
  say(log, 'two');
  await goOn(2000);
  await log.close();
  assert.equal(disk.files.size, 0);
});

test('on a real disk', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'soh-log-'));
  context.after(() => rm(folder, { recursive: true }));
  const clock = new SimulatedClock(0);
  const path = join(folder, 'logs', 'H@A.log');
  for (let start = 0; start < 3; start++) {
    const log = new LogFile(path, clock, nodeLogDisk, limits);
    for (let count = 0; count < 12; count++) say(log, `start ${start} line ${count}`);
    await log.close();
  }
  assert.ok((await stat(path)).size <= limits.fileBytes);
  assert.match(await readFile(path, 'utf8'), /start 2 line 11\n$/);
  assert.match(await readFile(previousLogFile(path), 'utf8'), /start 1 line 11\n$/);
});

class Collected implements LineSink {
  readonly all: string[] = [];
  missing = 0;
  full = false;

  room(): boolean {
    return !this.full;
  }

  lines(lines: readonly string[]): void {
    this.all.push(...lines);
  }

  leftOut(count: number): void {
    this.missing += count;
  }
}

async function print(sink: Collected, chunks: readonly (string | Buffer)[], errors: readonly string[] = []): Promise<ProcessOutput> {
  const output = new ProcessOutput(sink);
  const [stdout, stderr] = [
    Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
    Readable.from(errors.map((text) => Buffer.from(text))),
  ];
  const ended = Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.once('close', resolve))));
  output.read(stdout, stderr);
  await ended;
  return output;
}

test('lines are whole, also in pieces, without an end, and with characters cut through', async () => {
  const sink = new Collected();
  const text = Buffer.from('größe 主机\n');
  await print(sink, ['on', 'e\ntwo\nthr', 'ee\n', text.subarray(0, 4), text.subarray(4, 9), text.subarray(9), 'no end']);
  assert.deepEqual(sink.all, ['one', 'two', 'three', 'größe 主机', 'no end']);
});

test('a line without end is cut, not collected', async () => {
  const sink = new Collected();
  await print(
    sink,
    Array.from({ length: 100 }, () => 'x'.repeat(64 * 1024)),
  );
  assert.ok(sink.all.every(({ length }) => length <= 16 * 1024));
  assert.equal(sink.all.join('').length, 100 * 64 * 1024);
});

test('what there is no room for is counted by its line ends, and keeps no half line', async () => {
  const sink = new Collected();
  const output = new ProcessOutput(sink);
  const stream = new Readable({ read: () => undefined });
  output.read(stream, null);
  const push = async (text: string, full: boolean): Promise<void> => {
    sink.full = full;
    stream.push(text);
    await turn();
  };
  await push('one\nbegun ', false);
  await push('lost\nlost\nlost ', true);
  await push('tail\nnext\n', false);
  assert.deepEqual(sink.all, ['one', 'begun ', 'tail', 'next']);
  assert.equal(sink.missing, 2);
});

test('the last words are the end of standard error, at most 4 KB, whatever the log takes', async () => {
  const sink = new Collected();
  sink.full = true;
  const output = await print(sink, ['not this'], ['x'.repeat(10_000), 'the ', 'end']);
  assert.equal(output.lastWords.length, 4096);
  assert.match(output.lastWords, /xthe end$/);
});
