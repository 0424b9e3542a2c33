import { resolve } from 'node:path';
import { toWire, type SohError } from '../../errors.ts';
import { checkClusterFile, readClusterFileText } from '../../cluster/loadClusterFile.ts';
import { term } from '../../text/term.ts';
import { errorText } from '../../text/translate.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { oneLine } from '../output/width.ts';

/** `check` */
export const checkCommand: Command = {
  name: 'check',
  summary: term('Check a group file without starting anything'),
  operands: [{ name: 'cluster.json', need: 'one' }],
  options: [],
  async run(call) {
    const given = call.operands[0] ?? '';
    const file = resolve(call.world.workingFolder, given);
    const problems = checkClusterFile(await readClusterFileText(file), given);
    if (call.json) call.print.json({ file, problems: problems.map((problem) => toWire(problem)) });
    else if (problems.length === 0) call.print.line(call.t('{file} is in order.', { file: given }));
    else call.print.lines(problemLines(problems, given, call));
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

/** All problems of a group file; each begins with `file:line:column`, which editors and terminals make a link of. */
export function problemLines(problems: readonly SohError[], file: string, { t }: Pick<Call, 't'>): string[] {
  return problems.map((problem) => {
    const place = [file, problem.parameters['line'] ?? 1, problem.parameters['column'] ?? 1].join(':');
    const { message, next } = errorText({ ...toWire(problem), parameters: { ...problem.parameters, file: place } }, t);
    return oneLine(`${message} ${next}`);
  });
}
