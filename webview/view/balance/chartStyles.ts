/** What the charts and their tables share. */
import { css } from 'lit';

export const chartStyles = css`
  h3 {
    margin: 12px 0 2px;
    font-size: 0.95em;
    font-weight: 600;
  }
  ul {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 14px;
    margin: 4px 0 0;
    padding: 0;
    list-style: none;
    color: var(--muted);
  }
  li {
    display: inline-flex;
    align-items: center;
    gap: 5px;
  }
  li svg {
    width: 24px;
    height: 8px;
  }
  li path {
    fill: none;
    stroke: var(--owner, var(--muted));
    stroke-width: 2;
    forced-color-adjust: none;
  }
  p {
    margin: 6px 0 0;
    color: var(--muted);
  }
  .tools {
    margin: 6px 0 2px;
  }
  summary {
    width: fit-content;
    margin-top: 6px;
    cursor: pointer;
  }
  .twin {
    max-height: 240px;
    overflow: auto;
  }
  table {
    border-collapse: collapse;
  }
  th,
  td {
    padding: 2px 10px 2px 0;
    text-align: right;
    font-weight: normal;
    font-variant-numeric: tabular-nums;
  }
  thead th {
    color: var(--muted);
    font-size: 0.88em;
  }
`;
