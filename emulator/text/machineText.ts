/** Sentences about the machine a group runs on: its clock and its disk. */
import type { Translate } from './translate.ts';

/** A length of time as people say it, in the largest unit that fits. */
export function span(ms: number, t: Translate): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 120) return t('{count} s', { count: seconds });
  if (seconds < 7200) return t('{count} min', { count: Math.round(seconds / 60) });
  const hours = Math.round(seconds / 360) / 10;
  return hours < 48 ? t('{count} h', { count: hours }) : t('{count} days', { count: Math.round(hours / 2.4) / 10 });
}

/** The clock jumped by `byMs`, and the MessageBox's time is `aheadMs` ahead of it. */
export function clockSentence({ byMs, aheadMs }: { readonly byMs: number; readonly aheadMs: number }, t: Translate): string {
  const time = span(byMs, t);
  if (byMs > 0)
    return t('The clock of this machine went forward by {time}: it was set, or the machine slept. What was due meanwhile happens now.', {
      time,
    });
  return t(
    'The clock of this machine was set back by {time}. Time in the MessageBox goes on evenly; it is {ahead} ahead until the clock has caught up.',
    { time, ahead: span(aheadMs, t) },
  );
}

/** The disk of the data folder became full, or has room again. */
export function storageSentence(state: 'full' | 'writable', t: Translate): string {
  return state === 'full'
    ? t('The disk of the data folder is full: nothing new begins until there is room.')
    : t('There is room on the disk again: work goes on.');
}
