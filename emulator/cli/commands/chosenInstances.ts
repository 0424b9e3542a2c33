/** The options that choose instances, the same for the list and for operations on many. */
import { SERVICE_KINDS } from '../../control/commandArguments.ts';
import type { InstanceFilter, InstanceSummary } from '../../control/instances.ts';
import { SohError } from '../../errors.ts';
import { term } from '../../text/term.ts';
import type { Call, Option } from '../command.ts';
import { serviceInstanceStates, statesFrom } from '../output/states.ts';

export const choiceOptions: readonly Option[] = [
  {
    name: 'state',
    value: 'S',
    summary: term('Only in these states, separated by commas; the beginning of the name is enough: suspended, dehydrated'),
  },
  { name: 'kind', value: 'K', summary: term('Only of these kinds, separated by commas: orchestration, sendPort, receiveLocation') },
  { name: 'orchestration', value: 'NAME', summary: term('Only of this orchestration or port') },
  { name: 'owner', value: 'NAME', summary: term('Only those that this host instance holds or held last') },
  { name: 'text', value: 'TEXT', summary: term('Only with this text in the id, the orchestration, the owner or the error') },
  { name: 'older-than', value: 'AGE', summary: term('Only created longer ago than 90s, 10m, 2h or 1d') },
  { name: 'younger-than', value: 'AGE', summary: term('Only created less long ago than 90s, 10m, 2h or 1d') },
  { name: 'taken-over', summary: term('Only those that another host instance resumed after a loss') },
];

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What the options choose; empty when none is given. @throws SohError 'usage.badValue' */
export function chosenInstances({ values }: Call, command: string): InstanceFilter {
  const read = <T>(option: string, expected: string, meaning: (text: string) => T | undefined): T | undefined => {
    const found = values.text(option);
    if (found === undefined) return undefined;
    const value = meaning(found);
    if (value === undefined) throw new SohError('usage.badValue', { option: `--${option}`, expected, found, command });
    return value;
  };
  const anAge = term('an age like 90s, 10m, 2h or 1d');
  const parts = {
    states: read('state', serviceInstanceStates.join(' | '), (text) => listFrom(text, statesFrom)),
    kinds: read('kind', SERVICE_KINDS.join(' | '), (text) => listFrom(text, kindsFrom)),
    orchestration: values.text('orchestration'),
    owner: values.text('owner'),
    text: values.text('text'),
    olderThanMs: read('older-than', anAge, ageFrom),
    youngerThanMs: read('younger-than', anAge, ageFrom),
    takenOver: values.has('taken-over') || undefined,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

/** All that the words between commas mean; `undefined` when one means nothing. */
function listFrom<T>(text: string, meaning: (word: string) => readonly T[] | undefined): T[] | undefined {
  const meanings = text.split(',').map(meaning);
  return meanings.some((found) => found === undefined) ? undefined : meanings.flatMap((found) => found ?? []);
}

function kindsFrom(word: string): InstanceSummary['kind'][] | undefined {
  const kinds = SERVICE_KINDS.filter((kind) => kind.toLowerCase() === word.trim().toLowerCase());
  return kinds.length === 0 ? undefined : kinds;
}

/** ms */
function ageFrom(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0);
}
