import { toWire, SohError } from '../errors.ts';
import { languageOf, languages, type Language } from '../text/language.ts';
import { errorText, translator } from '../text/translate.ts';
import { EXIT, type Call, type Command, type JsonError } from './command.ts';
import { commands } from './commands.ts';
import { commandHelp, generalHelp } from './help.ts';
import { printerFor } from './output/printer.ts';
import { oneLine } from './output/width.ts';
import { commonOptions, parse } from './parse.ts';
import type { World } from './world.ts';

/** Runs one command line (without the program's own name) and gives the exit code. Never throws: errors are printed here. */
export async function run(args: readonly string[], world: World): Promise<number> {
  let language = world.language;
  const json = asksFor(args, '--json');
  try {
    language = languageFrom(args) ?? language;
    return await dispatch(args, { language, json }, world);
  } catch (error) {
    return report(error, json, language, world);
  }
}

async function dispatch(args: readonly string[], { language, json }: { language: Language; json: boolean }, world: World): Promise<number> {
  const t = translator(language);
  const print = printerFor(world);
  const { name, rest } = split(args);
  if (name === undefined) {
    world.err(`${generalHelp(commands, t).join('\n')}\n`);
    return EXIT.usage;
  }
  if (name === '--version') {
    if (json) print.json({ version: world.version });
    else print.line(world.version);
    return EXIT.ok;
  }
  if (name === 'help' || name === '--help') {
    const topic = split(rest).name;
    print.lines(topic === undefined ? generalHelp(commands, t) : commandHelp(find(topic), t));
    return EXIT.ok;
  }
  const command = find(name);
  const { operands, values } = parse(command, rest);
  if (values.has('help')) {
    print.lines(commandHelp(command, t));
    return EXIT.ok;
  }
  const call: Call = { operands, values, json, language, t, print, world };
  return command.run(call);
}

/** The command, and everything else: common options may stand before it. */
function split(args: readonly string[]): { readonly name: string | undefined; readonly rest: readonly string[] } {
  let index = 0;
  while (index < args.length) {
    const arg = args[index] ?? '';
    if (arg === '--help' || arg === '--version' || !arg.startsWith('-')) break;
    const option = commonOptions.find(({ name }) => arg === `--${name}` || arg.startsWith(`--${name}=`));
    if (option === undefined) throw new SohError('usage.unknownOption', { option: arg, command: 'help' });
    index += option.value !== undefined && !arg.includes('=') ? 2 : 1;
  }
  return { name: args[index], rest: [...args.slice(0, index), ...args.slice(index + 1)] };
}

function find(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new SohError('usage.unknownCommand', { command: name });
  return command;
}

/** Needed before the rest is parsed, so that usage errors already speak it. */
function languageFrom(args: readonly string[]): Language | undefined {
  const index = args.findIndex((arg) => arg === '--lang' || arg.startsWith('--lang='));
  const arg = args[index];
  if (arg === undefined) return undefined;
  const value = arg === '--lang' ? (args[index + 1] ?? '') : arg.slice('--lang='.length);
  const language = languageOf(value);
  if (language === undefined) {
    throw new SohError('usage.badValue', { option: '--lang', expected: languages.join(' | '), found: value, command: 'help' });
  }
  return language;
}

function asksFor(args: readonly string[], flag: string): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).includes(flag);
}

function report(error: unknown, json: boolean, language: Language, world: World): number {
  const wire = toWire(error);
  if (json) printerFor(world).json({ error: wire } satisfies JsonError);
  else {
    const { message, next } = errorText(wire, translator(language));
    world.err(`${oneLine(message)}\n${oneLine(next)}\n`);
  }
  return wire.code.startsWith('usage.') ? EXIT.usage : EXIT.failed;
}
