import { styleText } from 'node:util';
import type { World } from '../world.ts';

export type Tone = 'good' | 'bad' | 'busy' | 'quiet' | 'strong';

const styles = { good: 'green', bad: 'red', busy: 'yellow', quiet: 'dim', strong: 'bold' } as const;

/** Writes lines; knows about colour and the width of the terminal. */
export interface Printer {
  line(text?: string): void;
  lines(texts: readonly string[]): void;
  /** One JSON value: with line breaks, or in one line for a stream of values. */
  json(value: unknown, layout?: 'readable' | 'oneLine'): void;
  paint(tone: Tone, text: string): string;
  readonly columns: number | undefined;
}

/** The printer of standard output. */
export function printerFor(world: Pick<World, 'out' | 'colour' | 'columns'>): Printer {
  const line = (text = ''): void => world.out(`${text}\n`);
  return {
    line,
    lines: (texts) => texts.forEach((text) => line(text)),
    json: (value, layout = 'readable') => line(layout === 'readable' ? JSON.stringify(value, null, 2) : JSON.stringify(value)),
    paint: (tone, text) => (world.colour ? styleText(styles[tone], text, { validateStream: false }) : text),
    columns: world.columns,
  };
}
