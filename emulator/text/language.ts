/** Languages the command line speaks. */
export type Language = 'en' | 'zh-cn';

/** Values `--lang` takes. */
export const languages: readonly Language[] = ['en', 'zh-cn'];

/** The language a locale name such as `zh_CN.UTF-8`, `zh-Hans` or `en-GB` asks for; `undefined` = one we do not have, or none. */
export function languageOf(locale: string): Language | undefined {
  const parts = locale
    .toLowerCase()
    .replace(/[.@].*$/, '')
    .split(/[-_]/);
  if (parts[0] === 'en' || parts[0] === 'c' || parts[0] === 'posix') return 'en';
  // Traditional Chinese is another script: English is the lesser evil.
  if (parts[0] === 'zh' && !parts.some((part) => ['hant', 'tw', 'hk', 'mo'].includes(part))) return 'zh-cn';
  return undefined;
}

/**
 * The language to speak: `SOH_LANG`, then the first of `LC_ALL`, `LC_MESSAGES`, `LANG` that is set (the order of POSIX), then what the
 * system says (`systemLocale`, from Intl). English when that is a language we do not have.
 */
export function chooseLanguage(environment: Readonly<Record<string, string | undefined>>, systemLocale: string): Language {
  const own = environment['SOH_LANG'];
  const chosen = own === undefined ? undefined : languageOf(own);
  if (chosen !== undefined) return chosen;
  const locale = ['LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => environment[name]).find((value) => value !== undefined && value !== '');
  return languageOf(locale ?? systemLocale) ?? 'en';
}
