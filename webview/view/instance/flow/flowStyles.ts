/** The look of a flow: forms first, colours of the theme on top. */
import { css } from 'lit';

export const flowStyles = css`
  :host {
    --reached: var(--vscode-foreground);
    --ground: var(--vscode-editor-background);
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin: 0 0 8px;
  }
  .tools button[aria-pressed='true'] {
    border-color: var(--vscode-focusBorder);
    box-shadow: inset 0 -2px 0 var(--vscode-focusBorder);
  }
  .scroll {
    max-height: 640px;
    overflow: auto;
    border: 1px solid var(--soft-line);
    border-radius: 6px;
    background: var(--vscode-editor-background);
  }
  .scroll svg {
    display: block;
    margin: 0 auto;
    font-family: var(--vscode-font-family);
    font-size: 13px;
  }
  text {
    fill: var(--vscode-foreground);
  }
  .small {
    fill: var(--muted);
    font-size: 11px;
  }
  .middle,
  .mark text {
    text-anchor: middle;
  }
  .line,
  .glyph,
  .edge,
  .bars {
    fill: none;
    stroke: var(--muted);
    stroke-width: 1.3;
    stroke-linejoin: round;
    stroke-linecap: round;
  }
  .line.parallel {
    stroke-width: 4;
  }
  .line.handler {
    stroke-dasharray: 2 4;
  }
  .tip {
    fill: var(--muted);
  }
  .start {
    fill: var(--good);
  }
  .end {
    fill: var(--bad);
  }
  .end-sign,
  .start-sign {
    fill: var(--ground);
  }
  .glyph {
    stroke: var(--vscode-icon-foreground, var(--vscode-foreground));
    stroke-width: 1.4;
  }
  .ground {
    fill: var(--vscode-editorWidget-background);
    stroke: var(--reached);
    stroke-width: 1.6;
  }
  .label .ground {
    stroke: var(--muted);
    stroke-width: 1;
  }
  #hatch path {
    stroke: var(--warning);
    stroke-width: 1.5;
    opacity: 0.45;
  }
  .at-risk .ground {
    stroke: var(--warning);
    stroke-width: 2;
    stroke-dasharray: 6 4;
  }
  .given-back .ground {
    stroke: var(--warning);
    stroke-dasharray: 9 3 1 3;
    stroke-linecap: round;
  }
  .light .ground {
    fill: transparent;
    stroke-width: 1;
  }
  .light .edge {
    stroke-width: 1;
    opacity: 0.6;
  }
  .not-reached .ground {
    fill: transparent;
    stroke: var(--muted);
    stroke-width: 1;
    stroke-dasharray: 1 4;
    stroke-linecap: round;
  }
  .not-reached .glyph {
    stroke: var(--muted);
    opacity: 0.75;
  }
  .not-reached text {
    fill: var(--muted);
  }
  .box {
    outline: none;
  }
  .box .focus {
    fill: none;
    stroke: none;
  }
  .box:focus-visible {
    outline: none !important;
  }
  .box:focus-visible .focus {
    stroke: var(--vscode-focusBorder);
    stroke-width: 2;
  }
  .box.opens {
    cursor: pointer;
  }
  .box.opens:hover .ground {
    fill: var(--vscode-list-hoverBackground);
  }
  .box.opens:hover text {
    text-decoration: underline;
  }
  .box.opens:hover .mark text {
    text-decoration: none;
  }
  .mark {
    fill: var(--ground);
    stroke: var(--vscode-foreground);
    stroke-width: 1.4;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .mark text {
    fill: var(--vscode-foreground) !important;
    stroke: none;
    font-size: 11px;
    font-weight: 600;
  }
  .mark.owner {
    stroke: var(--owner, var(--muted));
    stroke-width: 3;
  }
  .mark.again path,
  .mark.current path,
  .mark.undone path,
  .mark .sign {
    fill: none;
  }
  .mark.again {
    stroke: var(--warning);
  }
  .mark.error .ground {
    fill: var(--bad);
    stroke: var(--ground);
    stroke-dasharray: none;
  }
  .mark.error .sign {
    stroke: var(--ground);
    stroke-width: 2.2;
  }
  .mark.goes-on {
    fill: var(--vscode-textLink-foreground, var(--vscode-foreground));
    stroke: var(--ground);
  }
  .mark.current {
    stroke: var(--good);
    stroke-width: 2;
  }
  .mark.running {
    fill: none;
    animation: beat 1.2s ease-in-out infinite alternate;
  }
  .legend .running {
    animation: none;
  }
  @keyframes beat {
    to {
      opacity: 0.35;
    }
  }
  .told {
    min-height: 1.45em;
    margin: 6px 0;
    overflow-wrap: anywhere;
  }
  .legend svg {
    flex: none;
  }
  details {
    margin-top: 10px;
  }
  summary {
    cursor: pointer;
  }
  .list,
  .list ul {
    margin: 2px 0;
    padding-left: 18px;
  }
  .list {
    max-height: 420px;
    padding: 6px 10px 6px 26px;
    overflow: auto;
    border: 1px solid var(--soft-line);
    border-radius: 4px;
  }
  .list .state {
    color: var(--muted);
  }
  @media (forced-colors: active) {
    .ground,
    .edge,
    .line,
    .glyph,
    .bars,
    .mark,
    .mark.again,
    .mark.current,
    .not-reached .ground,
    .at-risk .ground,
    .given-back .ground,
    #hatch path {
      stroke: CanvasText;
    }
    .ground,
    .mark {
      fill: Canvas;
    }
    text,
    .mark text,
    .not-reached text,
    .tip,
    .start,
    .end {
      fill: CanvasText !important;
    }
    .mark.goes-on {
      fill: Highlight;
    }
    .mark.owner {
      forced-color-adjust: none;
      stroke: var(--owner, CanvasText);
    }
    .mark.error .ground {
      fill: CanvasText;
    }
    .mark.error .sign {
      stroke: Canvas;
    }
    .box:focus-visible .focus {
      stroke: Highlight;
    }
  }
`;
