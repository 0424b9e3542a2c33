import { createInterface } from 'node:readline/promises';

/** Asks at the terminal; anything but a yes is a no. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl+C and the end of the input are a no, too.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    return /^\s*(y|yes|是)\s*$/i.test(await Promise.race([terminal.question(`${question} `), closed]));
  } finally {
    terminal.close();
  }
}
