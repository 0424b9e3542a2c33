import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../../strings.ts';
import { icon } from '../shared/icons.ts';
import { ZOOM, type LanesInput } from './lanesInput.ts';

export interface LanesTools {
  readonly input: LanesInput;
  readonly following: boolean;
  /** Pauses in which nothing happened are folded. */
  readonly fold: boolean;
  /** Only what was taken over is shown. */
  readonly only: boolean;
  /** The last question had no answer. */
  readonly failed: boolean;
  toggleFold(): void;
  toggleOnly(): void;
  changeRows(): void;
}

/** The buttons over the lanes, and the word that nothing new could be read. */
export function lanesTools(tools: LanesTools): TemplateResult {
  const { input } = tools;
  const toggle = (text: string, on: boolean, press: () => void): TemplateResult =>
    html`<button type="button" aria-pressed=${on ? 'true' : 'false'} @click=${press}>${text}</button>`;
  return html`<div class="tools" role="toolbar" aria-label=${t('View of the lanes')}>
    ${toggle(t('Follow now'), tools.following, () => input.follow())} ${toggle(t('Fold idle gaps'), tools.fold, () => tools.toggleFold())}
    ${toggle(t('Only taken over'), tools.only, () => tools.toggleOnly())}
    <button type="button" @click=${() => input.zoom(1 / ZOOM)}>${t('Zoom in')}</button>
    <button type="button" @click=${() => input.zoom(ZOOM)}>${t('Zoom out')}</button>
    <button type="button" @click=${() => input.showAll()}>${t('Show everything')}</button>
    <button type="button" @click=${() => tools.changeRows()}>${t('Row height')}</button>
    ${tools.failed ? html`<span class="warning" role="status">${icon('warning')} ${t('Nothing new could be read.')}</span>` : nothing}
  </div>`;
}
