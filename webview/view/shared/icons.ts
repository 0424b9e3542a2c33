/** Small line drawings, 16 by 16. They never stand alone: a text or an accessible name goes with each. */
import { svg, type SVGTemplateResult } from 'lit';
import type { Tone } from '../../model/describe.ts';
import type { Liveness } from '../../model/liveness.ts';
import type { InstanceSummary } from '../../../emulator/control/instances.ts';

const paths = {
  kill: 'M4 4l8 8M12 4l-8 8',
  freeze: 'M8 2v12M2.8 5l10.4 6M13.2 5L2.8 11M6.5 3L8 4.5 9.5 3M6.5 13L8 11.5 9.5 13',
  thaw: 'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  stop: 'M4.5 4.5h7v7h-7z',
  start: 'M5.5 3.5l6.5 4.5-6.5 4.5z',
  fail: 'M9 1.5L4 9h4l-1 5.5L12 7H8z',
  repair: 'M9.5 6.5L3 13M10 2.6a3.2 3.2 0 0 1 3.4 3.4M13.2 5.6A3.2 3.2 0 0 1 9 6.8 3.2 3.2 0 0 1 10.2 2.6l.2 2.8z',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  warning: 'M8 2.2l6.2 11.3H1.8zM8 6.5v3.2M8 11.7v.1',
  lost: 'M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4',
  running: 'M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM5.4 8.2l1.9 1.9 3.4-3.9',
  idle: 'M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM5.5 8h5',
  waiting: 'M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM8 4.8V8l2.2 1.6',
  pause: 'M5.5 4v8M10.5 4v8',
  restart: 'M12.8 6.2A5.2 5.2 0 1 0 13 9.5M13 3v3.3H9.7',
  computer: 'M2 3h12v8H2zM5.5 14h5M8 11v3',
  box: 'M2 4.5h12v8H2zM2 8.5h3.5l1 1.5h3l1-1.5H14',
  close: 'M4 4l8 8M12 4l-8 8',
  save: 'M3.5 2.5h9v11L8 10.2l-4.5 3.3z',
  arrow: 'M2.5 8h10M9 4.5L12.5 8 9 11.5',
  back: 'M2.5 4v3.6h3.6M2.8 7.4A5.4 5.4 0 1 1 3.4 10.6M8 5.2V8l2 1.4',
  previous: 'M12 3.5L6 8l6 4.5zM4 3.5v9',
  next: 'M4 3.5L10 8l-6 4.5zM12 3.5v9',
  export: 'M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13h10',
} as const;

export type IconName = keyof typeof paths;

export function icon(name: IconName): SVGTemplateResult {
  return svg`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${paths[name]} /></svg>`;
}

/** The icon of a tone, so that colour is never the only sign. */
export const toneSign: Readonly<Record<Tone, IconName>> = { neutral: 'idle', good: 'check', warning: 'warning', bad: 'lost' };

/** The icon and the tone of a state, so that colour is never the only sign. */
export const liveLook: Readonly<Record<Liveness['look'], { readonly icon: IconName; readonly tone: string }>> = {
  running: { icon: 'running', tone: 'good' },
  suspect: { icon: 'warning', tone: 'warning' },
  frozen: { icon: 'freeze', tone: 'warning' },
  held: { icon: 'pause', tone: 'warning' },
  lost: { icon: 'lost', tone: 'bad' },
  failed: { icon: 'lost', tone: 'bad' },
  restarting: { icon: 'restart', tone: 'warning' },
  'start pending': { icon: 'waiting', tone: 'neutral' },
  'stop pending': { icon: 'waiting', tone: 'neutral' },
  stopped: { icon: 'idle', tone: 'neutral' },
};

export const instanceLook: Readonly<Record<InstanceSummary['state'], { readonly icon: IconName; readonly tone: string }>> = {
  'Ready to run': { icon: 'waiting', tone: 'neutral' },
  Active: { icon: 'start', tone: 'good' },
  Dehydrated: { icon: 'pause', tone: 'neutral' },
  Scheduled: { icon: 'waiting', tone: 'neutral' },
  'Waits for version': { icon: 'warning', tone: 'warning' },
  'Suspended (resumable)': { icon: 'warning', tone: 'warning' },
  'Suspended (not resumable)': { icon: 'lost', tone: 'bad' },
  Completed: { icon: 'check', tone: 'good' },
  Terminated: { icon: 'stop', tone: 'neutral' },
};
