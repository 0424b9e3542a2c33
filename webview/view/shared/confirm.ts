/** The question before something that cannot be taken back. A webview has no `confirm()`. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { number, t } from '../../strings.ts';
import { shared } from './styles.ts';

export class TerminateQuestion extends LitElement {
  static override properties = { question: { attribute: false }, text: { attribute: false } };
  static override styles = [
    shared,
    css`
      dialog {
        max-width: 440px;
        padding: 18px 20px;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--vscode-editorWidget-background);
        color: var(--vscode-foreground);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 45%);
      }
      p {
        margin: 8px 0 18px;
      }
      .choice {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
      }
      h2 {
        overflow-wrap: anywhere;
      }
    `,
  ];
  declare question: string;
  declare text: string;
  /** What to do after "yes". */
  confirmed: () => void = () => undefined;
  /** Gets the keyboard back. */
  opener: HTMLElement | undefined;

  protected override firstUpdated(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog aria-labelledby="title" aria-describedby="text" @close=${this.#closed}>
      <h2 id="title">${this.question}</h2>
      <p id="text">${this.text}</p>
      <form method="dialog" class="choice">
        <button type="submit" autofocus>${t('Cancel')}</button>
        <button type="submit" class="primary" value="yes">${t('Terminate')}</button>
      </form>
    </dialog>`;
  }

  #closed({ currentTarget }: Event): void {
    this.remove();
    this.opener?.focus();
    if ((currentTarget as HTMLDialogElement).returnValue === 'yes') this.confirmed();
  }
}

customElements.define('soh-terminate-question', TerminateQuestion);

/** Asks, and calls `confirmed` only after a yes. */
export function askToTerminate(instance: string, opener: HTMLElement, confirmed: () => void): void {
  const text = t('It ends at once, and its work so far is not undone. This cannot be taken back.');
  ask({ question: t('Terminate instance {id}?', { id: instance }), text, opener, confirmed });
}

/** The same for many: how many there are comes first. */
export function askToTerminateAll(count: number, opener: HTMLElement, confirmed: () => void): void {
  const question = count === 1 ? t('Terminate 1 instance?') : t('Terminate {count} instances?', { count: number(count) });
  const text = t('All that match the filter end at once, and their work so far is not undone. This cannot be taken back.');
  ask({ question, text, opener, confirmed });
}

function ask(about: Pick<TerminateQuestion, 'question' | 'text' | 'opener' | 'confirmed'>): void {
  document.body.append(Object.assign(new TerminateQuestion(), about));
}
