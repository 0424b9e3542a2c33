/** What all components share: boxes, buttons, the colours of host instances, words for readers only. Theme variables only. */
import { css } from 'lit';

export const shared = css`
  :host {
    display: block;
    line-height: 1.45;
    --line: var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-panel-border, transparent)));
    --soft-line: var(--vscode-contrastBorder, var(--vscode-panel-border, var(--vscode-widget-border, transparent)));
    --muted: var(--vscode-descriptionForeground);
    --good: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
    --warning: var(--vscode-editorWarning-foreground, var(--vscode-charts-yellow));
    --bad: var(--vscode-errorForeground, var(--vscode-charts-red));
  }
  * {
    box-sizing: border-box;
  }
  h2 {
    margin: 0;
    font-size: 1.08em;
    font-weight: 600;
  }
  .section {
    display: flex;
    align-items: baseline;
    gap: 10px;
    margin-bottom: 10px;
  }
  .section .note {
    color: var(--muted);
  }
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 5px;
    min-height: 24px;
    padding: 1px 8px;
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-button-border, transparent));
    border-radius: 4px;
    background: var(--vscode-button-secondaryBackground);
    color: var(--vscode-button-secondaryForeground);
    font: inherit;
    cursor: pointer;
    white-space: nowrap;
  }
  /* A page that looks at the past offers nothing to do: "none". */
  button[data-action] {
    display: var(--action-display, inline-flex);
  }
  button:hover:not([aria-disabled='true']) {
    background: var(--vscode-button-secondaryHoverBackground);
  }
  button[aria-pressed='true'] {
    border-color: var(--vscode-focusBorder);
    box-shadow: inset 0 -2px 0 var(--vscode-focusBorder);
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  button.quiet {
    background: transparent;
    color: var(--vscode-foreground);
  }
  button.quiet:hover:not([aria-disabled='true']) {
    background: var(--vscode-list-hoverBackground);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
  }
  button.primary {
    background: var(--vscode-button-background);
    color: var(--vscode-button-foreground);
  }
  button.link {
    display: inline;
    min-height: 0;
    padding: 0;
    border: 0;
    background: transparent;
    color: var(--vscode-textLink-foreground);
    text-decoration: underline;
    text-align: left;
    white-space: normal;
  }
  button.link:hover:not([aria-disabled='true']) {
    background: transparent;
  }
  button.icon {
    width: 24px;
    padding: 0;
  }
  button[aria-disabled='true'] {
    cursor: default;
    color: var(--vscode-disabledForeground);
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder) !important;
    outline-offset: 1px;
  }
  svg.icon {
    width: 1.15em;
    height: 1.15em;
    flex: none;
    vertical-align: -0.2em;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .good {
    color: var(--good);
  }
  .warning {
    color: var(--warning);
  }
  .bad {
    color: var(--bad);
  }
  .neutral {
    color: var(--muted);
  }
  .mono {
    font-family: var(--vscode-editor-font-family, monospace);
    font-size: 0.95em;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .reader {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .owner-0 {
    --owner: var(--vscode-charts-blue);
  }
  .owner-1 {
    --owner: var(--vscode-charts-purple);
  }
  .owner-2 {
    /* The charts' own orange is nearly the background in the themes VS Code comes with. */
    --owner: var(--vscode-terminal-ansiCyan, var(--vscode-charts-orange));
  }
  .owner-3 {
    --owner: var(--vscode-charts-green);
  }
  .owner-4 {
    --owner: var(--vscode-charts-yellow);
  }
  .swatch {
    display: inline-block;
    flex: none;
    width: 8px;
    height: 8px;
    border-radius: 2px;
    background: var(--owner, var(--muted));
    forced-color-adjust: none;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
  :host-context(.vscode-reduce-motion) * {
    animation: none !important;
    transition: none !important;
  }
`;
