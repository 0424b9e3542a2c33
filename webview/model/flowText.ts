/** A shape and its state in words: the accessible name of a drawing, and the line of the list that stands for it. */
import { number, t, type Template } from '../strings.ts';
import { isBlock, type ShapeState } from './flowState.ts';

const kinds: Readonly<Record<string, Template>> = {
  receive: 'Receive',
  send: 'Send',
  construct: 'Construct message',
  expression: 'Expression',
  decide: 'Decide',
  loop: 'Loop',
  delay: 'Delay',
  listen: 'Listen',
  parallel: 'Parallel actions',
  scope: 'Scope',
  compensate: 'Compensate',
  throw: 'Throw exception',
  terminate: 'Terminate',
  suspend: 'Suspend',
  rule: 'Rule',
  else: 'Else',
  branch: 'Branch',
  handler: 'Exception handler',
  compensation: 'Compensation block',
};

/** The kind as the designer calls it. */
export function kindText(kind: string): string {
  const known = kinds[kind];
  return known === undefined ? kind : t(known);
}

/** `Receive ReceiveOrder`; what has no name of its own has that of its kind. */
export function shapeText({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return kind === 'else' ? kindText(kind) : `${kindText(kind)} ${name}`;
}

/** Everything the marks of a shape say, as parts of one sentence. */
export function stateTexts(kind: string, { reached, runs, again, by, goesOn, current, error }: ShapeState): readonly string[] {
  const parts = [t(reached)];
  if (runs > 1) parts.push(t('ran {count} times', { count: number(runs) }));
  if (by !== null) parts.push(t('last on {hostInstance}', { hostInstance: by }));
  if (again > 0) parts.push(t('ran again after a takeover'));
  if (goesOn) parts.push(isBlock(kind) ? t('has ended, as saved') : t('goes on here after a loss'));
  if (current === 'running') parts.push(t('running, here or behind'));
  if (current === 'waiting') parts.push(t('waits here'));
  if (error !== null) parts.push(t('Error: {message}', { message: error }));
  return parts;
}

/** The whole sentence. */
export function describeShape(entry: { readonly kind: string; readonly name: string }, state: ShapeState): string {
  return `${shapeText(entry)}: ${stateTexts(entry.kind, state).join(', ')}`;
}

/** A name in at most `rows` rows of `width` letters; Chinese ones take the room of two. What does not fit ends in an ellipsis. */
export function wrap(text: string, width: number, rows: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=[\s_-])|(?<=[a-z])(?=[A-Z])|(?<=[\u2e80-\uffff])/)) {
    if (line !== '' && room(line + word.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  lines.push(line.trimEnd());
  const shown = lines.slice(0, rows);
  const cut = lines.length > rows;
  return shown.map((part, index) => clip(part, width, cut && index === rows - 1));
}

function room(text: string): number {
  let sum = 0;
  for (const letter of text) sum += letter >= '\u2e80' ? 2 : 1;
  return sum;
}

function clip(text: string, width: number, more: boolean): string {
  if (room(text) <= width) return more ? `${text}…` : text;
  let kept = '';
  for (const letter of text) {
    if (room(kept + letter) > width - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}
