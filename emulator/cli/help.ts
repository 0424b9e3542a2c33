import type { Translate } from '../text/translate.ts';
import type { Command, Option } from './command.ts';
import { pad, widthOf } from './output/width.ts';
import { commonOptions, printOperand } from './parse.ts';

const PROGRAM = 'scaled-out-hosts';

/** The list of commands. */
export function generalHelp(commands: readonly Command[], t: Translate): string[] {
  const rows = commands.map((command) => [usageOf(command), t(command.summary)] as const);
  return [
    t('Runs BizTalk-style orchestrations on a local group of host instances and shows what happens when one of them dies.'),
    '',
    t('Usage: {program} <command> [options]', { program: PROGRAM }),
    '',
    t('Commands:'),
    ...twoColumns(rows),
    '',
    t('Options of every command:'),
    ...optionLines(commonOptions, t),
    '',
    t('Exit codes: 0 = done, 1 = failed, 2 = wrong usage.'),
    t('"{program} help <command>" tells more about a command.', { program: PROGRAM }),
  ];
}

/** Everything about one command. */
export function commandHelp(command: Command, t: Translate): string[] {
  return [
    t('Usage: {program} {usage}', { program: PROGRAM, usage: [usageOf(command), t('[options]')].join(' ') }),
    '',
    t(command.summary),
    ...(command.details ?? []).map((text) => t(text)),
    '',
    t('Options:'),
    ...optionLines([...command.options, ...commonOptions], t),
  ];
}

function usageOf(command: Command): string {
  return [command.name, ...command.operands.map(printOperand)].join(' ');
}

function optionLines(options: readonly Option[], t: Translate): string[] {
  return twoColumns(
    options.map((option) => [[`--${option.name}`, ...(option.value === undefined ? [] : [option.value])].join(' '), t(option.summary)]),
  );
}

function twoColumns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => widthOf(left)));
  return rows.map(([left, right]) => `  ${pad(left, width)}  ${right}`);
}
