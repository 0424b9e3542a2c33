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
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 12px;
    margin-bottom: 8px;
  }
  vscode-textfield {
    flex: 1 1 220px;
    max-width: 420px;
    width: auto;
  }
  vscode-single-select {
    width: 150px;
  }
  .scroll {
    height: var(--list-height, 372px);
    overflow: auto;
    border: 1px solid var(--soft-line);
    border-radius: 6px;
  }
  table {
    width: 100%;
    border-collapse: separate;
    border-spacing: 0;
    table-layout: auto;
  }
  th {
    position: sticky;
    top: 0;
    z-index: 1;
    padding: 4px 10px;
    background: var(--vscode-editorWidget-background);
    border-bottom: 1px solid var(--soft-line);
    color: var(--muted);
    font-weight: 600;
    text-align: left;
    white-space: nowrap;
  }
  td {
    height: 30px;
    padding: 0 10px;
    border-bottom: 1px solid var(--soft-line);
    white-space: nowrap;
  }
  .spacer td {
    padding: 0;
    border: 0;
  }
  .figure {
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
  td.error {
    width: 100%;
    min-width: 120px;
    max-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  td.actions,
  th.actions {
    position: sticky;
    right: 0;
    width: 92px;
    padding: 0 6px;
    background: var(--vscode-editor-background);
  }
  th.actions {
    z-index: 2;
    padding: 4px 12px;
    background: var(--vscode-editorWidget-background);
  }
  tr:hover td.actions,
  tr[aria-selected='true'] td.actions {
    background: inherit;
  }
  .state {
    vertical-align: middle;
    display: inline-flex;
    align-items: center;
    gap: 5px;
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
  .empty {
    padding: 28px 12px;
    color: var(--muted);
    text-align: center;
    white-space: normal;
  }
`;
