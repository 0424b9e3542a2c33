/** How a component asks for a command: an event that the dashboard turns into one, and the button that sends it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Commands } from '../../../emulator/control/commands.ts';
import type { PageCommand } from '../../../emulator/control/pageProtocol.ts';
import { icon, type IconName } from './icons.ts';

export interface Action<C extends PageCommand = PageCommand> {
  readonly command: C;
  readonly arguments: Commands[C]['arguments'];
  /** What the user asked for, for the message when it fails. */
  readonly label: string;
}

export const ACTION = 'soh-action';

/** An action whose arguments fit its command. */
export function action<C extends PageCommand>(command: C, parameters: Commands[C]['arguments'], label: string): Action {
  return { command, arguments: parameters, label };
}

export function request(from: EventTarget, detail: Action): void {
  from.dispatchEvent(new CustomEvent<Action>(ACTION, { detail, bubbles: true, composed: true }));
}

export interface ButtonLook {
  readonly icon: IconName;
  /** Accessible name: what it does and to what. */
  readonly label: string;
  /** Shown beside the icon; without it the button is an icon only. */
  readonly text?: string;
  readonly enabled: boolean;
  readonly quiet?: boolean;
  /** For grids, where only the current row is in the tab order. */
  readonly tabIndex?: number;
}

/**
 * A button that stays where it is and keeps the focus while its action is unavailable: the state of a host instance changes several times
 * in a second, and a button that vanishes takes the keyboard's place with it.
 */
export function actionButton(
  { icon: name, label, text, enabled, quiet = false, tabIndex }: ButtonLook,
  press: (event: Event) => void,
): TemplateResult {
  const kinds = [quiet ? 'quiet' : '', text === undefined ? 'icon' : ''].join(' ').trim();
  return html`<button
    type="button"
    class=${kinds}
    data-action
    aria-label=${label}
    title=${label}
    aria-disabled=${enabled ? 'false' : 'true'}
    tabindex=${tabIndex ?? nothing}
    @click=${(event: Event) => {
      event.stopPropagation();
      if (enabled) press(event);
    }}
  >
    ${icon(name)}${text === undefined ? nothing : html`<span>${text}</span>`}
  </button>`;
}
