/** Logical threads at the end of a branch, a handler or the orchestration: none of these is a shape that runs. */
import type { Instance } from './instance.ts';
import { END, type Instruction } from './instruction.ts';
import type { Move } from './move.ts';

/** Leaves what the thread is at the end of, until it stands at a shape. */
export function leaveEnded(instance: Instance, index: number): Move {
  const { threads, exceptions } = instance.state;
  for (;;) {
    const place = threads[index] ?? END;
    if (place === END) {
      threads.length = 0;
      instance.pending.points.push('end');
      instance.pending.outcome = 'completed';
      return 'persist';
    }
    const instruction = instructionAt(instance, place);
    if (instruction.operation === 'join') {
      const { number, last } = instruction;
      if (threads.some((other, at) => at !== index && other > number && other <= last)) {
        threads.splice(index, 1);
        return 'gone';
      }
    } else if (instruction.operation === 'leaveHandler') exceptions.delete(place);
    else return 'on';
    threads[index] = instruction.next;
  }
}

export function instructionAt(instance: Instance, place: number): Instruction {
  const instruction = instance.program.instructions[place];
  if (instruction === undefined) throw new Error(`there is no instruction at place ${String(place)}`);
  return instruction;
}
