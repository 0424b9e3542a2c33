import * as vscode from 'vscode';
import { translator, type Translate } from '../../emulator/text/translate.ts';
import { languageOf } from '../../emulator/text/language.ts';

/**
 * A sentence in the user's language: the extension's own translations (l10n/), then the emulator's. A template without either stays
 * English.
 */
export const t: Translate = (template, parameters = {}) => {
  const own = vscode.l10n.bundle;
  if (own !== undefined && Object.hasOwn(own, template)) return vscode.l10n.t(template, { ...parameters });
  return translator(languageOf(vscode.env.language) ?? 'en')(template, parameters);
};
