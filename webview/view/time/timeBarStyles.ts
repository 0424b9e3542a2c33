import { css } from 'lit';

export const timeBarStyles = css`
  section {
    padding: 10px 14px 8px;
    border: 1px solid var(--vscode-focusBorder, var(--line));
    border-radius: 6px;
    background: var(--vscode-editorWidget-background);
  }
  .present {
    display: flex;
    justify-content: flex-end;
    gap: 8px;
  }
  .heading {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 4px 16px;
  }
  .heading button {
    margin-left: auto;
  }
  .moment {
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .near {
    color: var(--bad);
  }
  .note {
    margin: 4px 0 0;
    color: var(--muted);
  }
  .bar {
    position: relative;
    margin: 8px 0 6px;
  }
  canvas {
    display: block;
    width: 100%;
    height: 46px;
    border-bottom: 1px solid var(--soft-line);
  }
  /* Its thumb may hang over both ends by half of its width, so that it stands exactly where the drawing has the moment. */
  input {
    display: block;
    width: calc(100% + 16px);
    margin: 2px -8px 0;
    accent-color: var(--vscode-focusBorder);
  }
  .controls {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 10px;
  }
  .controls .note {
    margin: 0 0 0 auto;
  }
  select {
    padding: 1px 4px;
    border: 1px solid var(--vscode-dropdown-border, var(--line));
    border-radius: 4px;
    background: var(--vscode-dropdown-background);
    color: var(--vscode-dropdown-foreground);
    font: inherit;
  }
  summary {
    margin-top: 6px;
    color: var(--muted);
    cursor: pointer;
  }
  ol {
    max-height: 160px;
    margin: 4px 0 0;
    padding: 0;
    overflow-y: auto;
    list-style: none;
  }
  li .number {
    min-width: 6em;
    text-align: right;
    color: var(--muted);
  }
`;
