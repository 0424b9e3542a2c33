import { parseArgs, type ParseArgsConfig } from 'node:util';
import { SohError } from '../errors.ts';
import { term } from '../text/term.ts';
import { Values } from './values.ts';
import type { Command, Operand, Option } from './command.ts';

/** Options every command takes. */
export const commonOptions: readonly Option[] = [
  { name: 'data', value: 'DIR', summary: term('Data folder of the group') },
  { name: 'json', summary: term('Print JSON, for programs') },
  { name: 'lang', value: 'LANG', summary: term('Language: en or zh-cn') },
  { name: 'help', summary: term('Show the help of this command') },
];

/** The parts of a command line behind the name of the command. Throws `usage.*`. */
export function parse(command: Command, args: readonly string[]): { readonly operands: readonly string[]; readonly values: Values } {
  const options = [...command.options, ...commonOptions];
  const config = Object.fromEntries(options.map((option) => [option.name, { type: option.value === undefined ? 'boolean' : 'string' }]));
  // Not strict: the errors are ours, with codes and translations.
  const { tokens } = parseArgs({
    args: [...args],
    options: config as ParseArgsConfig['options'] & object,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string | true>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options.find((candidate) => candidate.name === token.name);
    if (option === undefined) throw new SohError('usage.unknownOption', { option: token.rawName, command: command.name });
    values.set(option.name, valueOf(option, token.value, command));
  }
  if (!values.has('help')) checkOperands(command, operands);
  return { operands, values: new Values(values) };
}

function valueOf(option: Option, value: string | undefined, command: Command): string | true {
  const wrong = (expected: string): SohError =>
    new SohError('usage.badValue', { option: `--${option.name}`, expected, found: value ?? '', command: command.name });
  if (option.value === undefined) {
    if (value !== undefined) throw wrong(term('no value'));
    return true;
  }
  if (value === undefined || value === '') throw wrong(term('a value'));
  if (option.atLeast !== undefined && !(/^\d{1,9}$/.test(value) && Number(value) >= option.atLeast)) {
    throw wrong(option.atLeast === 0 ? term('a whole number') : term('a whole number of at least 1'));
  }
  return value;
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const needed = ({ need }: Operand): boolean => need === 'one' || need === 'many';
  const missing = command.operands.find((operand, index) => needed(operand) && operands[index] === undefined);
  if (missing !== undefined) throw new SohError('usage.missingArgument', { command: command.name, argument: printOperand(missing) });
  const endless = command.operands.some(({ need }) => need === 'many' || need === 'any');
  const surplus = operands[command.operands.length];
  if (!endless && surplus !== undefined) throw new SohError('usage.tooMany', { command: command.name, found: surplus });
}

/** `<name>`, `[name]`, `<name...>` or `[name...]`. */
export function printOperand({ name, need }: Operand): string {
  const several = need === 'many' || need === 'any' ? `${name}...` : name;
  return need === 'optional' || need === 'any' ? `[${several}]` : `<${several}>`;
}
