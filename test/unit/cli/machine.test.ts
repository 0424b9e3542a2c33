/** Guarantee: status and the events say that the disk is full and that the clock jumped, and what follows from it, in both languages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../emulator/cli/command.ts';
import { printStatus } from '../../../emulator/cli/commands/status.ts';
import { eventLine } from '../../../emulator/cli/output/events.ts';
import { printerFor } from '../../../emulator/cli/output/printer.ts';
import type { GroupEvent } from '../../../emulator/control/events.ts';
import { SohError, toWire } from '../../../emulator/errors.ts';
import type { Language } from '../../../emulator/text/language.ts';
import { translator } from '../../../emulator/text/translate.ts';
import { status } from './fakeGroup.ts';

function calling(language: Language): { readonly call: Call; readonly out: () => string } {
  let out = '';
  const print = printerFor({ out: (text) => (out += text), colour: false, columns: undefined });
  return { call: { print, t: translator(language), language } as Call, out: () => out };
}

test('status', () => {
  const error = toWire(new SohError('messageBox.storageFull', { folder: '/data' }));
  const clock = { at: '2026-01-01T10:00:00.000Z', byMs: -3_600_000, aheadMs: 3_540_000 };
  const troubled = { ...status, messageBox: { ...status.messageBox, full: true as const, clock, error } };
  const english = calling('en');
  printStatus(troubled, english.call);
  assert.match(english.out(), /^The disk of \/data is full\. Nothing is lost/m);
  assert.match(english.out(), /^The clock of this machine was set back by 60 min\. .* it is 59 min ahead/m);
  const chinese = calling('zh-cn');
  printStatus(troubled, chinese.call);
  assert.match(chinese.out(), /\/data 所在的磁盘已满/);
  assert.match(chinese.out(), /此计算机的时钟被调回了 60 分钟/);
});

test('events', () => {
  const { call } = calling('en');
  const line = (event: object): string => eventLine({ at: '2026-01-01T10:00:00.000Z', sequence: 1, ...event } as GroupEvent, call);
  assert.match(line({ kind: 'storage', state: 'full' }), /disk of the data folder is full: nothing new begins/);
  assert.match(line({ kind: 'storage', state: 'writable' }), /room on the disk again/);
  for (const [byMs, words] of [
    [8 * 3_600_000, /went forward by 8 h: it was set, or the machine slept/],
    [3 * 86_400_000, /went forward by 3 days/],
    [-90_000, /set back by 90 s/],
  ] as const)
    assert.match(line({ kind: 'clockJumped', byMs, aheadMs: byMs < 0 ? -byMs : 0 }), words);
});
