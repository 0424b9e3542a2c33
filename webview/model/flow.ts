/**
 * The drawing of a definition, block-structured as in the Orchestration Designer: sequences run downwards, branches stand side by side,
 * Loop, Scope, Call and Group are frames, exception handlers and compensation stand beside what they are of. Pure: an outline goes in, boxes
 * and lines come out, in pixels.
 */
import {
  childrenOf,
  CIRCLE,
  HEADER,
  isBesideScope,
  saysMore,
  SHAPE,
  TALL_HEADER,
  WIDE,
  type Flow,
  type FlowBox,
  type FlowLine,
  type Outline,
  type Point,
} from './flowParts.ts';

const LABEL = { width: 132, height: 24 } as const;
const GAP = 26;
const SIDE_GAP = 30;
const PADDING = 18;
/** From a line that spreads or gathers branches to what is next to it. */
const RAIL = 16;
/** Room around everything, for the marks beside shapes. */
const MARGIN = 34;

/** A part that knows its size; left and right of the axis that lines run along. */
interface Piece {
  readonly left: number;
  readonly right: number;
  readonly height: number;
  /** Nothing goes on behind it. */
  readonly ends: boolean;
  /** Draws it with the axis at `x` and its top at `y`. */
  place(x: number, y: number): void;
}

/** Lays out a definition. */
export function layOut(outline: Outline): Flow {
  const layout = new Layout(outline);
  return layout.flow();
}

class Layout {
  readonly #boxes: FlowBox[] = [];
  readonly #lines: FlowLine[] = [];
  readonly #exits = new Map<number, Point>();
  readonly #outline: Outline;
  readonly #children: ReadonlyMap<number, readonly number[]>;

  constructor(outline: Outline) {
    this.#outline = outline;
    this.#children = childrenOf(outline);
  }

  flow(): Flow {
    const body = this.#sequence(this.#childrenOf(-1));
    const x = MARGIN + Math.max(body.left, CIRCLE);
    const start = { x, y: MARGIN + CIRCLE };
    const top = start.y + CIRCLE + GAP;
    const bottom = top + body.height;
    this.#line([
      { x, y: start.y + CIRCLE },
      { x, y: top },
    ]);
    body.place(x, top);
    const end = body.ends ? null : { x, y: bottom + GAP + CIRCLE };
    if (end)
      this.#line([
        { x, y: bottom },
        { x, y: end.y - CIRCLE },
      ]);
    return {
      width: x + Math.max(body.right, CIRCLE) + MARGIN,
      height: (end ? end.y + CIRCLE : bottom) + MARGIN,
      boxes: this.#boxes.sort((a, b) => a.number - b.number),
      lines: this.#lines,
      start,
      end,
      exits: this.#exits,
    };
  }

  #childrenOf(number: number): readonly number[] {
    return this.#children.get(number) ?? [];
  }

  #kindOf(number: number): string {
    return this.#outline[number]?.kind ?? '';
  }

  #sequence(numbers: readonly number[]): Piece {
    const pieces = numbers.map((number) => this.#piece(number));
    return {
      left: Math.max(0, ...pieces.map(({ left }) => left)),
      right: Math.max(0, ...pieces.map(({ right }) => right)),
      height: pieces.reduce((sum, { height }) => sum + height + GAP, pieces.length === 0 ? 0 : -GAP),
      ends: pieces.some(({ ends }) => ends),
      place: (x, y) => {
        let at = y;
        for (const [index, piece] of pieces.entries()) {
          piece.place(x, at);
          at += piece.height;
          if (index < pieces.length - 1 && !piece.ends)
            this.#line([
              { x, y: at },
              { x, y: at + GAP },
            ]);
          at += GAP;
        }
      },
    };
  }

  #piece(number: number): Piece {
    switch (this.#kindOf(number)) {
      case 'decide':
      case 'listen':
        return this.#branching(number, 'flow');
      case 'parallel':
        return this.#branching(number, 'parallel');
      case 'loop':
        return this.#loop(number);
      case 'group':
        return this.#frame(number, PADDING);
      case 'scope':
      case 'call':
        return this.#scope(number);
      default:
        return this.#shape(number);
    }
  }

  #shape(number: number): Piece {
    const kind = this.#kindOf(number);
    const half = SHAPE.width / 2;
    return {
      left: half,
      right: half,
      height: SHAPE.height,
      ends: kind === 'throw' || kind === 'terminate',
      place: (x, y) => this.#box(number, 'shape', { x: x - half, y }, SHAPE.width, SHAPE.height),
    };
  }

  #branching(number: number, rail: 'flow' | 'parallel'): Piece {
    const head = this.#shape(number);
    const branches = this.#childrenOf(number).map((branch) => this.#branch(branch));
    const offsets = sideBySide(branches);
    const axes = branches.map((branch, index) => (offsets[index] ?? 0) + branch.left);
    const width = (offsets.at(-1) ?? 0) + (branches.at(-1)?.left ?? 0) + (branches.at(-1)?.right ?? 0);
    const middle = ((axes[0] ?? 0) + (axes.at(-1) ?? 0)) / 2;
    const tallest = Math.max(0, ...branches.map(({ height }) => height));
    // A Parallel goes on when all have ended, the others when one has.
    const ends = branches.length > 0 && (rail === 'parallel' ? branches.some((one) => one.ends) : branches.every((one) => one.ends));
    return {
      left: Math.max(head.left, middle),
      right: Math.max(head.right, width - middle),
      height: SHAPE.height + RAIL + tallest + RAIL,
      ends,
      place: (x, y) => {
        const spread = y + SHAPE.height + RAIL;
        const gather = spread + tallest;
        head.place(x, y);
        this.#line(
          [
            { x, y: y + SHAPE.height },
            { x, y: spread },
          ],
          'flow',
          false,
        );
        const placed = branches.map((branch, index) => ({ branch, at: x - middle + (axes[index] ?? 0) }));
        for (const { branch, at } of placed) {
          branch.place(at, spread);
          if (!branch.ends)
            this.#line(
              [
                { x: at, y: spread + branch.height },
                { x: at, y: gather },
              ],
              'flow',
              false,
            );
        }
        this.#rail([x, ...placed.map(({ at }) => at)], spread, rail);
        const joining = placed.filter(({ branch }) => !branch.ends).map(({ at }) => at);
        if (joining.length > 0) this.#rail(ends ? joining : [x, ...joining], gather, rail);
        if (!ends)
          this.#line(
            [
              { x, y: gather },
              { x, y: gather + RAIL },
            ],
            'flow',
            false,
          );
      },
    };
  }

  /** A branch hangs below the line that spreads the branches: its name, then its shapes. */
  #branch(number: number): Piece {
    const body = this.#sequence(this.#childrenOf(number));
    const half = LABEL.width / 2;
    const top = RAIL / 2 + LABEL.height;
    return {
      left: Math.max(half, body.left),
      right: Math.max(half, body.right),
      height: top + GAP + body.height + RAIL,
      ends: body.ends,
      place: (x, y) => {
        this.#line(
          [
            { x, y },
            { x, y: y + RAIL / 2 },
          ],
          'flow',
          false,
        );
        this.#box(number, 'label', { x: x - half, y: y + RAIL / 2 }, LABEL.width, LABEL.height);
        const inner = y + top + GAP;
        const bottom = inner + body.height + RAIL;
        this.#line(
          [
            { x, y: y + top },
            { x, y: inner },
          ],
          'flow',
          body.height > 0,
        );
        body.place(x, inner);
        if (!body.ends)
          this.#line(
            [
              { x, y: inner + body.height },
              { x, y: bottom },
            ],
            'flow',
            false,
          );
        this.#exits.set(number, { x, y: bottom });
      },
    };
  }

  #loop(number: number): Piece {
    const frame = this.#frame(number, PADDING + RAIL);
    return {
      ...frame,
      ends: false,
      place: (x, y) => {
        frame.place(x, y);
        const side = x - frame.left + RAIL;
        const low = y + frame.height - RAIL / 2;
        this.#line([
          { x, y: low },
          { x: side, y: low },
          { x: side, y: y + HEADER },
        ]);
      },
    };
  }

  #scope(number: number): Piece {
    const handlers = this.#childrenOf(number).filter((child) => isBesideScope(this.#kindOf(child)));
    const frame = this.#frame(number, PADDING);
    if (handlers.length === 0) return frame;
    const pieces = handlers.map((handler) => this.#frame(handler, PADDING));
    const ways = pieces.filter((_piece, index) => this.#kindOf(handlers[index] ?? -1) === 'handler');
    const offsets = sideBySide(pieces);
    const last = pieces.at(-1);
    const width = (offsets.at(-1) ?? 0) + (last?.left ?? 0) + (last?.right ?? 0);
    const tallest = Math.max(frame.height, ...pieces.map(({ height }) => height));
    return {
      left: frame.left,
      right: frame.right + SIDE_GAP + width,
      height: tallest + RAIL,
      ends: frame.ends && ways.every(({ ends }) => ends),
      place: (x, y) => {
        frame.place(x, y);
        const gather = y + tallest + RAIL / 2;
        if (!frame.ends)
          this.#line(
            [
              { x, y: y + frame.height },
              { x, y: y + tallest + RAIL },
            ],
            'flow',
            false,
          );
        let from = x + frame.right;
        for (const [index, piece] of pieces.entries()) {
          const left = x + frame.right + SIDE_GAP + (offsets[index] ?? 0);
          const axis = left + piece.left;
          piece.place(axis, y);
          const out = { x: axis, y: y + piece.height };
          this.#exits.set(handlers[index] ?? -1, out);
          // Who compensates comes from elsewhere, later, and goes back there.
          if (this.#kindOf(handlers[index] ?? -1) === 'compensation') continue;
          this.#line(
            [
              { x: from, y: y + HEADER / 2 },
              { x: left, y: y + HEADER / 2 },
            ],
            'handler',
          );
          from = axis + piece.right;
          if (!piece.ends) this.#line([out, { x: axis, y: gather }, { x, y: gather }], 'handler', false);
        }
        if (frame.ends && ways.some(({ ends }) => !ends))
          this.#line(
            [
              { x, y: gather },
              { x, y: y + tallest + RAIL },
            ],
            'handler',
            false,
          );
      },
    };
  }

  /** @param side room left of what is inside */
  #frame(number: number, side: number): Piece {
    const body = this.#sequence(this.#childrenOf(number).filter((child) => !isBesideScope(this.#kindOf(child))));
    const entry = this.#outline[number];
    const [head, least] = entry && saysMore(entry) ? [TALL_HEADER, WIDE / 2] : [HEADER, 0];
    const half = SHAPE.width / 2;
    const left = Math.max(least, Math.max(half, body.left) + side);
    const right = Math.max(least, Math.max(half, body.right) + PADDING);
    const height = head + GAP + body.height + GAP;
    return {
      left,
      right,
      height,
      ends: body.ends,
      place: (x, y) => {
        this.#box(number, 'frame', { x: x - left, y }, left + right, height, head);
        const top = y + head + GAP;
        this.#line(
          [
            { x, y: y + head },
            { x, y: top },
          ],
          'flow',
          body.height > 0,
        );
        body.place(x, top);
        if (!body.ends)
          this.#line(
            [
              { x, y: top + body.height },
              { x, y: y + height },
            ],
            'flow',
            false,
          );
      },
    };
  }

  #box(number: number, form: FlowBox['form'], at: Point, width: number, height: number, head = height): void {
    const { kind = '', name = '', transaction, orchestration } = this.#outline[number] ?? {};
    const said = { ...(transaction && { transaction }), ...(orchestration !== undefined && { orchestration }) };
    this.#boxes.push({ number, kind, name, ...said, form, ...at, width, height, head });
  }

  #line(points: readonly Point[], kind: FlowLine['kind'] = 'flow', arrow = true): void {
    this.#lines.push({ points, kind, arrow });
  }

  #rail(xs: readonly number[], y: number, kind: 'flow' | 'parallel'): void {
    this.#line(
      [
        { x: Math.min(...xs), y },
        { x: Math.max(...xs), y },
      ],
      kind,
      false,
    );
  }
}

/** Left edges of pieces that stand side by side. */
function sideBySide(pieces: readonly Piece[]): number[] {
  let at = 0;
  return pieces.map(({ left, right }) => {
    const here = at;
    at += left + right + SIDE_GAP;
    return here;
  });
}
