/** The look of the filter above the list of instances. */
import { css } from 'lit';

export const instanceFilterStyles = css`
  .choices,
  .names,
  form {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  .choices {
    margin-bottom: 8px;
  }
  .names {
    gap: 6px;
    margin-bottom: 10px;
  }
  .choices vscode-textfield {
    flex: 1 1 190px;
    max-width: 420px;
    width: auto;
  }
  vscode-single-select {
    flex: 0 1 148px;
    min-width: 112px;
    width: auto;
  }
  vscode-single-select.set {
    --vscode-settings-dropdownBorder: var(--vscode-focusBorder);
  }
  form vscode-textfield {
    width: 190px;
  }
  .toggle {
    min-height: 26px;
    padding: 1px 10px;
    border-radius: 13px;
  }
  .toggle[aria-pressed='true'] {
    border-color: var(--vscode-focusBorder);
    background: var(--vscode-inputOption-activeBackground, var(--vscode-list-activeSelectionBackground));
    color: var(--vscode-inputOption-activeForeground, var(--vscode-foreground));
  }
  .own {
    display: inline-flex;
    align-items: center;
  }
  @media (forced-colors: active) {
    .toggle[aria-pressed='true'] {
      border: 2px solid Highlight;
    }
  }
`;
