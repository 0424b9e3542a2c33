/** What the page tells over everything else: the connection, what went wrong, what was done, and who was lost. */
import { html, nothing, type TemplateResult } from 'lit';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import type { SessionState } from '../../host/session.ts';
import { describeClock, describeFailover } from '../../model/describe.ts';
import type { Failover } from '../../model/failovers.ts';
import { errorText, t } from '../../strings.ts';
import { icon } from '../shared/icons.ts';

/** A request that failed, in words. */
export interface Notice {
  readonly message: string;
  readonly next: string;
}

export function connectionBox({ connection, error, model }: SessionState): TemplateResult {
  const words = {
    connecting: t('Connecting to the group…'),
    connected: '',
    lost: t('The connection to the group was lost. What you see is the last known state.'),
    stopped: t('The group was stopped.'),
    'wrong version': t('This page belongs to another version of Scaled-Out Hosts. Close it and open the dashboard again.'),
  }[connection];
  const reason = error === null ? '' : ` ${errorText(error).message} ${errorText(error).next}`;
  const unread = connection === 'lost' && error !== null && model.status === null;
  const text = unread ? reason : `${words}${reason}`;
  return html`<div role="status">
    ${words === '' ? nothing : html`<div class="message">${icon('warning')} <span>${text}</span></div>`}
  </div>`;
}

/** Why the group failed, what keeps its MessageBox from working, and that the clock of the machine is not to be relied on. */
export function problemBox(status: GroupStatus | null): TemplateResult {
  const errors = [status?.error, status?.messageBox.error].filter((error) => error !== undefined);
  const clock = status?.messageBox.clock;
  return html`<div role="status">
    ${errors.map((error) => {
      const { message, next } = errorText(error);
      return html`<div class="message error">${icon('lost')} <span>${message} ${next}</span></div>`;
    })}
    ${clock === undefined ? nothing : html`<div class="message">${icon('warning')} <span>${describeClock(clock)}</span></div>`}
  </div>`;
}

export function noticeBox(notice: Notice | null, close: () => void): TemplateResult {
  return html`<div role="alert">
    ${
      notice === null
        ? nothing
        : html`<div class="message error">${icon('lost')} <span>${notice.message} ${notice.next}</span> ${closeButton(close)}</div>`
    }
  </div>`;
}

/** `file`: a run was just exported to it. */
export function exportedBox(file: string | null, close: () => void): TemplateResult {
  return html`<div role="status">
    ${
      file === null
        ? nothing
        : html`<div class="message">
            ${icon('check')} <span>${t('The run was exported to {file}', { file })}</span> ${closeButton(close)}
          </div>`
    }
  </div>`;
}

function closeButton(press: () => void): TemplateResult {
  return html`<button type="button" class="quiet icon" aria-label=${t('Dismiss')} title=${t('Dismiss')} @click=${press}>
    ${icon('close')}
  </button>`;
}

/** The last failover, seen until its banner is closed (`dismissed`: its number), and spoken. */
export function failoverBanner(failover: Failover | null, dismissed: number | null): TemplateResult {
  const shown = failover !== null && failover.sequence !== dismissed ? failover : null;
  const spoken =
    failover === null ? '' : `${t('{hostInstance} lost', { hostInstance: failover.hostInstance })}: ${describeFailover(failover).text}`;
  return html`<soh-failover .failover=${shown}></soh-failover>
    <div class="reader" role="status" aria-live="polite">${spoken}</div>`;
}
