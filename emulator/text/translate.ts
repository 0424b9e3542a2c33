import { catalogue, type ErrorCode } from '../errorCatalogue.ts';
import { fillIn, type ErrorParameters, type WireError } from '../errors.ts';
import type { Language } from './language.ts';
import simplifiedChinese from './zh-cn.json' with { type: 'json' };

/** The text of an English template in the user's language, with its `{placeholders}` filled in. */
export type Translate = (template: string, parameters?: ErrorParameters) => string;

const tables: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en: {}, 'zh-cn': simplifiedChinese };

/** A template without a translation stays English. */
export function translator(language: Language): Translate {
  const table = tables[language];
  return (template, parameters = {}) => fillIn(Object.hasOwn(table, template) ? (table[template] ?? template) : template, parameters);
}

/** Parameters of errors whose value may be a term of ours; all others are the user's own words and stay as they are. */
const termParameters = new Set(['kind', 'expected', 'found', 'operation', 'state', 'argument', 'known', 'reason', 'path']);

/** Sentence and next step of an error in the user's language. A code of another version keeps the words it came with. */
export function errorText(error: Omit<WireError, 'retry'>, t: Translate): { readonly message: string; readonly next: string } {
  if (!Object.hasOwn(catalogue, error.code)) return { message: error.message, next: error.next };
  const entry = catalogue[error.code as ErrorCode];
  const parameters = Object.fromEntries(
    Object.entries(error.parameters).map(([name, value]) => [
      name,
      typeof value === 'string' && termParameters.has(name) ? t(value) : value,
    ]),
  );
  return { message: t(entry.message, parameters), next: t(entry.next, parameters) };
}
