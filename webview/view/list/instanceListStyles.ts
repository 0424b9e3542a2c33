/** The look of the list of instances. */
import { css } from 'lit';

export const instanceListStyles = css`
  section {
    container-type: inline-size;
  }
  @container (max-width: 1080px) {
    .changed {
      display: none;
    }
  }
  .scroll {
    height: var(--list-height, 372px);
    overflow: auto;
    background: var(--vscode-editor-background);
    contain: strict;
    overflow-anchor: none;
    scroll-padding-top: 30px;
    border: 1px solid var(--soft-line);
    border-radius: 6px;
  }
  .section {
    flex-wrap: wrap;
    align-items: flex-start;
  }
  .section :is(h2, .note) {
    line-height: 24px;
  }
  soh-batch-bar {
    flex: 1 1 360px;
    min-width: 0;
  }
  /* Fixed columns: with each row of 100,000 that comes into view they would change their widths. */
  table {
    width: 100%;
    min-width: 930px;
    border-collapse: separate;
    border-spacing: 0;
    table-layout: fixed;
  }
  .id {
    width: 100px;
  }
  .type {
    width: 126px;
  }
  .states {
    width: 198px;
  }
  .owners {
    width: 164px;
  }
  .changed {
    width: 118px;
  }
  thead {
    position: sticky;
    top: 0;
    z-index: 1;
  }
  th {
    padding: 4px 10px;
    background: var(--vscode-editorWidget-background);
    border-bottom: 1px solid var(--soft-line);
    color: var(--muted);
    font-weight: 600;
    text-align: left;
    white-space: nowrap;
  }
  tr:not(.spacer) td {
    height: 30px;
  }
  td {
    padding: 0 10px;
    overflow: hidden;
    border-bottom: 1px solid var(--soft-line);
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .spacer td {
    padding: 0;
    border: 0;
  }
  .figure {
    width: 86px;
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  tbody tr[tabindex] {
    cursor: pointer;
  }
  tbody tr[tabindex]:hover {
    background: var(--vscode-list-hoverBackground);
  }
  tr[aria-selected='true'] {
    background: var(--vscode-list-activeSelectionBackground);
    color: var(--vscode-list-activeSelectionForeground);
    outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  tr[aria-selected='true'] :is(.good, .warning, .bad, .neutral, button) {
    color: inherit;
  }
  tr:focus-visible {
    outline-offset: -1px;
  }
  td.actions,
  th.actions {
    width: 100px;
    padding: 0 6px;
    overflow: visible;
  }
  th.actions {
    padding: 4px 12px;
  }
  /* Only where the table is wider than its place: each sticky cell is a layer of its own, which makes scrolling slow. */
  @container (max-width: 950px) {
    td.actions,
    th.actions {
      position: sticky;
      right: 0;
      background: var(--vscode-editor-background);
    }
    th.actions {
      background: var(--vscode-editorWidget-background);
    }
    tr:hover td.actions,
    tr[aria-selected='true'] td.actions {
      background: inherit;
    }
  }
  .state {
    vertical-align: middle;
    display: inline-flex;
    align-items: center;
    gap: 5px;
    max-width: 100%;
  }
  .told {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .took {
    font-weight: 600;
    color: var(--warning);
  }
  .owner {
    vertical-align: middle;
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .bone {
    display: inline-block;
    width: 62%;
    height: 9px;
    border-radius: 4px;
    background: var(--vscode-list-hoverBackground);
    outline: 1px solid var(--vscode-contrastBorder, transparent);
  }
  tr:nth-child(3n) .bone {
    width: 48%;
  }
  tr:nth-child(3n + 1) .bone {
    width: 55%;
  }
  .empty {
    padding: 28px 12px;
    color: var(--muted);
    text-align: center;
    white-space: normal;
  }
  /* Beside an open instance: what tells instances apart stays, the rest is in the instance. */
  @container (max-width: 700px) {
    table {
      min-width: 466px;
    }
    .figure,
    .error {
      display: none;
    }
    .states {
      width: 140px;
    }
    .owners {
      width: 150px;
    }
  }
  @container (max-width: 620px) {
    .owners {
      display: none;
    }
  }
`;
