/** The colours of the theme for drawings on a canvas, and a pattern for each host instance, so that colour is never the only sign. */
import { COLOURS } from '../../model/topology.ts';

export interface Palette {
  readonly owners: readonly string[];
  readonly foreground: string;
  readonly background: string;
  readonly muted: string;
  readonly line: string;
  readonly bad: string;
  readonly warning: string;
  readonly focus: string;
  readonly font: string;
}

/** The same as `.owner-0` and on in styles.ts: the first name that the theme knows. */
const OWNERS = [
  ['--vscode-charts-blue'],
  ['--vscode-charts-purple'],
  ['--vscode-terminal-ansiCyan', '--vscode-charts-orange'],
  ['--vscode-charts-green'],
  ['--vscode-charts-yellow'],
] as const;

/** Asks the browser, through an element that has no other use: a variable may stand for a colour of the system. */
export function readPalette(probe: HTMLElement): Palette {
  const style = getComputedStyle(probe);
  const colour = (...names: readonly string[]): string => {
    probe.style.color = names.reduceRight((fallback, name) => `var(${name}, ${fallback})`, 'CanvasText');
    return style.color;
  };
  return {
    owners: OWNERS.map((names) => colour(...names)),
    foreground: colour('--vscode-foreground'),
    background: colour('--vscode-editor-background'),
    muted: colour('--vscode-descriptionForeground'),
    line: colour('--vscode-contrastBorder', '--vscode-panel-border', '--vscode-widget-border'),
    bad: colour('--vscode-errorForeground', '--vscode-charts-red'),
    warning: colour('--vscode-editorWarning-foreground', '--vscode-charts-yellow'),
    focus: colour('--vscode-focusBorder'),
    font: style.fontFamily,
  };
}

/** How a host instance is drawn; `index` = its place in the group's list. */
export interface OwnerLook {
  readonly colour: string;
  readonly pattern: Pattern;
}

const PATTERNS = ['plain', 'line', 'dots', 'lines', 'bars'] as const;
export type Pattern = (typeof PATTERNS)[number];

export function ownerLook(palette: Palette, index: number): OwnerLook {
  if (index < 0) return { colour: palette.muted, pattern: 'plain' };
  // Beyond the last colour the patterns move on by one, so that no two host instances look the same.
  const pattern = PATTERNS[(index + Math.floor(index / COLOURS)) % PATTERNS.length] ?? 'plain';
  return { colour: palette.owners[index % COLOURS] ?? palette.muted, pattern };
}

/** Draws the pattern of a host instance over its bar. Bars too small for it keep the colour only; their stretch is told in words. */
export function drawPattern(
  context: CanvasRenderingContext2D,
  pattern: Pattern,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  if (pattern === 'plain' || height < 8 || width < 6) return;
  const middle = Math.round(y + height / 2);
  if (pattern === 'line') context.fillRect(x, middle - 1, width, 2);
  if (pattern === 'lines') {
    context.fillRect(x, Math.round(y + height * 0.3) - 1, width, 1.5);
    context.fillRect(x, Math.round(y + height * 0.7), width, 1.5);
  }
  // The places hang on the axis, not on the bar, so that they do not crawl while it grows.
  const step = pattern === 'dots' ? 8 : 6;
  for (let at = Math.ceil(x / step) * step; at < x + width - 2 && (pattern === 'dots' || pattern === 'bars'); at += step) {
    if (pattern === 'dots') context.fillRect(at, middle - 1, 3, 3);
    else context.fillRect(at, y, 1.5, height);
  }
}
