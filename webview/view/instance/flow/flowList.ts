/** The flow in words, as an indented list: for who cannot see the drawing. */
import { html, nothing, type TemplateResult } from 'lit';
import { childrenOf, type Outline } from '../../../model/flowParts.ts';
import type { ShapeState } from '../../../model/flowState.ts';
import { shapeText, stateTexts } from '../../../model/flowText.ts';
import { sourceLink } from '../../shared/openSource.ts';

/** @param open opens the source of a shape; `null` where none can be opened */
export function flowList(outline: Outline, states: readonly ShapeState[], open: ((number: number) => void) | null): TemplateResult {
  const children = childrenOf(outline);
  const level = (parent: number): TemplateResult | typeof nothing => {
    const numbers = children.get(parent);
    return numbers === undefined
      ? nothing
      : html`<ul>
          ${numbers.map(line)}
        </ul>`;
  };
  const line = (number: number): TemplateResult => {
    const [entry, state] = [outline[number], states[number]];
    if (entry === undefined || state === undefined) return html``;
    const text = shapeText(entry);
    return html`<li>
      ${open !== null && entry.source ? sourceLink(text, () => open(number)) : text}
      <span class="state">${stateTexts(entry.kind, state).join(', ')}</span>
      ${level(number)}
    </li>`;
  };
  return html`<div class="list">${level(-1)}</div>`;
}
