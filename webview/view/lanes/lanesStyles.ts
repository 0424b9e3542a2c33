/** The look of the lanes' frame; the lanes themselves are drawn. */
import { css } from 'lit';

export const lanesStyles = css`
  .section {
    flex-wrap: wrap;
  }
  .tools {
    margin-bottom: 8px;
  }
  canvas {
    display: block;
  }
  canvas.overview {
    width: 100%;
    height: 34px;
    cursor: col-resize;
    touch-action: none;
  }
  .scroll {
    position: relative;
    height: var(--lanes-height, 380px);
    overflow-y: auto;
    overflow-x: hidden;
    border: 1px solid var(--soft-line);
    border-radius: 6px;
  }
  .scroll:focus-visible {
    outline-offset: -1px;
  }
  .scroll canvas {
    position: sticky;
    top: 0;
    width: 100%;
    height: 100%;
    cursor: pointer;
  }
  .extent {
    width: 1px;
  }
  .readout {
    min-height: 2.9em;
    margin: 6px 0 0;
    color: var(--vscode-foreground);
    overflow-wrap: anywhere;
  }
  .readout.hint {
    color: var(--muted);
  }
  h3 {
    margin: 12px 0 6px;
    font-size: 1em;
    font-weight: 600;
  }
  canvas.hosts {
    width: 100%;
    height: var(--hosts-height, 40px);
  }
  .legend canvas {
    width: 26px;
    height: 12px;
  }
  details {
    margin-top: 8px;
  }
  summary {
    cursor: pointer;
    width: fit-content;
  }
  .twin {
    max-height: 320px;
    margin-top: 6px;
    overflow: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
  }
  th,
  td {
    padding: 2px 12px 2px 0;
    border-bottom: 1px solid var(--soft-line);
    text-align: left;
    font-weight: normal;
  }
  thead th {
    color: var(--muted);
    font-size: 0.88em;
  }
  td.number,
  th.number {
    text-align: right;
  }
  /* Asked for the colours of the theme, which the forced colours of a high contrast mode would hide from it. */
  .probe {
    display: none;
    forced-color-adjust: none;
  }
`;
