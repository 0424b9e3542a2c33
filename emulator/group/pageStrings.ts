/** The translations a host hands to the dashboard page: its own texts and those it shares with the rest of the emulator. */
import { languageOf } from '../text/language.ts';
import shared from '../text/zh-cn.json' with { type: 'json' };
import page from '../../webview/zh-cn.json' with { type: 'json' };

export interface PageStrings {
  /** BCP 47 tag for the page's `lang`, numbers and times. */
  readonly locale: string;
  /** Translations by English text; empty for English. */
  readonly bundle: Readonly<Record<string, string>>;
}

/** The strings in the language a browser asks for first in its `accept-language` header. */
export function stringsFor(acceptLanguage: string | undefined): PageStrings {
  return pageStrings(/^[\w-]+/.exec(acceptLanguage ?? '')?.[0] ?? 'en');
}

/** The strings for a locale name such as `zh-cn`, `zh_CN.UTF-8` or `en-GB`; English where there is no translation. */
export function pageStrings(locale: string): PageStrings {
  return languageOf(locale) === 'zh-cn' ? { locale: 'zh-CN', bundle: { ...shared, ...page } } : { locale: 'en', bundle: {} };
}
