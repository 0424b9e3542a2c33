/** The history of an instance: who ran what, its persistence points, its takeovers, the shapes that ran again. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { InstanceDetail } from '../../../emulator/control/instances.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { describeHistory, type HistoryDetail, type HistoryLine, type ShapeName } from '../../model/describe.ts';
import { numberOfShape } from '../../model/flowState.ts';
import { colourOf } from '../../model/topology.ts';
import { errorText, t, timeOfDay } from '../../strings.ts';
import { instanceLink } from '../shared/openInstance.ts';
import { sourceLink } from '../shared/openSource.ts';

export const historyStyles = css`
  ol {
    max-height: 640px;
    margin: 0;
    padding: 0;
    overflow-y: auto;
    list-style: none;
  }
  ol > li {
    position: relative;
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0 12px;
    padding: 3px 4px 7px 16px;
  }
  ol > li::before {
    content: '';
    position: absolute;
    left: 4px;
    top: 16px;
    bottom: -6px;
    border-left: 2px solid var(--owner, var(--soft-line));
    forced-color-adjust: none;
  }
  ol > li:last-child::before {
    display: none;
  }
  ol > li::after {
    content: '';
    position: absolute;
    left: 1px;
    top: 9px;
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--owner, var(--muted));
    forced-color-adjust: none;
  }
  ol > li.bad::after {
    background: var(--bad);
    border-radius: 1px;
  }
  ol ul {
    margin: 1px 0 0;
    padding: 0;
    list-style: none;
    color: var(--muted);
  }
  ol .text {
    color: var(--vscode-foreground);
    overflow-wrap: anywhere;
  }
  ol .text.strong {
    font-weight: 600;
  }
`;

/** The events, oldest first. @param open opens the source of a shape; `null` where none can be opened */
export function instanceHistory(detail: InstanceDetail, status: GroupStatus, open: ((shape: number) => void) | null): TemplateResult {
  const link: Link = ({ name, number }) => {
    const shape = number ?? numberOfShape(detail.outline, name);
    const known = shape !== undefined && detail.outline[shape]?.source !== undefined;
    return open !== null && known ? sourceLink(name, () => open(shape)) : name;
  };
  return html`${detail.unread === undefined ? nothing : html`<p class="problem">${errorText(detail.unread).message}</p>`}
    <ol tabindex="0" aria-label=${t('History')}>
      ${detail.history.map((event) => entryOf(describeHistory(event), status, link))}
    </ol>`;
}

/** The name of a shape, as a link where its source can be opened. */
type Link = (shape: ShapeName) => TemplateResult | string;

function entryOf({ at, by, tone, text, details }: HistoryLine, status: GroupStatus, link: Link): TemplateResult {
  return html`<li class="owner-${colourOf(status, by) ?? 'none'} ${tone}">
    <time datetime=${at}>${timeOfDay(at)}</time>
    <div>
      <span class="text ${tone === 'neutral' ? '' : 'strong'}">${text}</span>
      ${
        details.length === 0
          ? nothing
          : html`<ul>
              ${details.map((line) => html`<li class=${line.tone}>${withLinks(line, link)}</li>`)}
            </ul>`
      }
    </div>
  </li>`;
}

/** The sentence with the names of its shapes and instances as links. */
function withLinks({ text, shapes = [], instances = [] }: HistoryDetail, link: Link): unknown {
  const names = [...shapes.map(({ name }) => name), ...instances].join(', ');
  const at = names === '' ? -1 : text.indexOf(names);
  if (at < 0) return text;
  const linked = [...shapes.map(link), ...instances.map(instanceLink)].map((part, index) => [index === 0 ? '' : ', ', part]);
  return [text.slice(0, at), linked, text.slice(at + names.length)];
}
