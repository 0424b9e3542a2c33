import { dirname, join, resolve } from 'node:path';
import { toWire, type SohError } from '../../errors.ts';
import { readClusterFileText } from '../../cluster/loadClusterFile.ts';
import { term } from '../../text/term.ts';
import { errorText } from '../../text/translate.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { oneLine } from '../output/width.ts';

/** `check` */
export const checkCommand: Command = {
  name: 'check',
  summary: term('Check a group file and its modules without starting anything'),
  operands: [{ name: 'cluster.json', need: 'one' }],
  options: [],
  details: [term('The modules are loaded, so what stands outside of their functions runs; each has 10 s for it.')],
  async run(call) {
    const given = call.operands[0] ?? '';
    const file = resolve(call.world.workingFolder, given);
    const text = await readClusterFileText(file);
    const problems = await call.world.checkGroup({ text, fileName: given, baseFolder: dirname(file) });
    if (call.json) call.print.json({ file, problems: problems.map((problem) => toWire(problem)) });
    else if (problems.length === 0) call.print.line(call.t('{file} is in order.', { file: given }));
    else call.print.lines(problemLines(problems, given, call));
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

/** All problems of a group; each begins with `file:line:column`, which editors and terminals make a link of. */
export function problemLines(problems: readonly SohError[], file: string, { t }: Pick<Call, 't'>): string[] {
  return problems.map((problem) => {
    const { file: found = file, line = 1, column = 1 } = problem.parameters;
    // Files of modules are told as seen from the group file.
    const place = [found === file ? file : join(dirname(file), String(found)), line, column].join(':');
    const { message, next } = errorText({ ...toWire(problem), parameters: { ...problem.parameters, file: place } }, t);
    return oneLine(`${message.startsWith(place) ? '' : `${place}: `}${message} ${next}`);
  });
}
