import { resolve } from 'node:path';
import { term } from '../../text/term.ts';
import type { Command } from '../command.ts';

/** `demo` */
export const demoCommand: Command = {
  name: 'demo',
  summary: term('Run orders on two host instances, kill one, and prove that nothing is lost or done twice'),
  operands: [],
  options: [
    { name: 'orchestrations', value: 'N', summary: term('How many orders (default 200)'), atLeast: 1 },
    { name: 'kills', value: 'N', summary: term('How many times a host instance is killed (default 1)'), atLeast: 0 },
    { name: 'seed', value: 'N', summary: term('Repeats the choices of an earlier run'), atLeast: 0 },
  ],
  async run({ values, json, language, world }) {
    const folder = values.text('data');
    return world.runDemo(
      {
        seed: values.number('seed'),
        orchestrations: values.number('orchestrations'),
        kills: values.number('kills'),
        dataFolder: folder === undefined ? undefined : resolve(world.workingFolder, folder),
        json,
        language,
      },
      world,
    );
  },
};
