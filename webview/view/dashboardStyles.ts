/** The places of the parts on the page. */
import { css } from 'lit';

export const dashboardStyles = css`
  main {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(320px, 400px);
    gap: 26px 28px;
    max-width: 1720px;
    margin: 0 auto;
    padding: 18px 20px 40px;
  }
  /* Time, topology, lanes, then the list and under it the failover report, with the narrow parts beside both of them. */
  main:not(.open) {
    grid-template-rows: auto auto auto auto 1fr;
  }
  main:not(.open) .side {
    grid-column: 2;
    grid-row: 4 / span 2;
  }
  main:not(.open) soh-failover-report {
    grid-column: 1;
    grid-row: 5;
  }
  soh-failover-report {
    min-width: 0;
  }
  .open soh-failover-report {
    grid-column: 1 / -1;
  }
  main.stale {
    filter: saturate(0.3);
  }
  main.past {
    --action-display: none;
  }
  /* Whoever looks at the lanes far below still moves the time. */
  .past soh-time-bar {
    position: sticky;
    top: 0;
    z-index: 2;
  }
  .wide {
    grid-column: 1 / -1;
    min-width: 0;
  }
  .side {
    display: grid;
    /* A chart is as wide as its place, and must not keep its place as wide as it was. */
    grid-template-columns: minmax(0, 1fr);
    align-content: start;
    gap: 26px;
    min-width: 0;
  }
  /* With an instance open, list and instance stand side by side at the same height, and the rest below them. */
  .open {
    --list-height: 900px;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  }
  .open .side {
    display: contents;
  }
  .open soh-events {
    grid-column: 1;
    grid-row: 5;
  }
  /* Places that speak when there is something to tell; an empty one takes no room. */
  .messages {
    max-width: 1720px;
    margin: 0 auto;
    padding: 0 20px;
  }
  .message {
    display: flex;
    align-items: baseline;
    gap: 8px;
    margin-top: 12px;
    padding: 9px 14px;
    border: 1px solid var(--vscode-inputValidation-warningBorder, var(--line));
    border-left-width: 4px;
    border-radius: 6px;
    background: var(--vscode-inputValidation-warningBackground, transparent);
    color: var(--vscode-foreground);
  }
  .message.error {
    border-color: var(--vscode-inputValidation-errorBorder, var(--line));
    background: var(--vscode-inputValidation-errorBackground, transparent);
  }
  .message button {
    margin-left: auto;
  }
  @media (max-width: 1000px) {
    main {
      grid-template-columns: minmax(0, 1fr);
    }
    main:not(.open) .side,
    main:not(.open) soh-failover-report {
      grid-column: 1;
      grid-row: auto;
    }
    .open {
      --list-height: 372px;
      grid-template-columns: minmax(0, 1fr);
    }
    .open soh-events {
      grid-row: auto;
    }
  }
`;
