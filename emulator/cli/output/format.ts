/** Numbers and times the way the user's language writes them. */
import type { Language } from '../../text/language.ts';

const locales: Readonly<Record<Language, string>> = { en: 'en-GB', 'zh-cn': 'zh-CN' };

/** A whole number with its groups of digits. */
export function formatNumber(value: number, language: Language): string {
  return new Intl.NumberFormat(locales[language], { maximumFractionDigits: 1 }).format(value);
}

/** Bytes with a unit. */
export function formatBytes(bytes: number, language: Language): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(locales[language], {
    style: 'unit',
    unit: units[unit] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: 1,
  }).format(value);
}

/** Local time of day with ms, from ISO 8601. What is no time stays as it is. */
export function formatTime(iso: string, language: Language): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return new Intl.DateTimeFormat(locales[language], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  }).format(time);
}

/** Local date and time of day, from ISO 8601. */
export function formatDate(iso: string, language: Language): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return new Intl.DateTimeFormat(locales[language], { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }).format(time);
}

/** Enough of a version to tell it from the others of an orchestration. */
export function shortVersion(version: string): string {
  return version.slice(0, 8);
}
