/** The thread that reads large messages; see `disassembly.ts`. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { received, type DisassemblyData, type DisassemblyQuestion } from './disassembly.ts';
import { MessageTypes } from './pipelines/messageTypes.ts';

const { types: declared, limits } = workerData as DisassemblyData;
const types = new MessageTypes(new Map(declared), limits);

parentPort?.on('message', ({ bytes, hint }: DisassemblyQuestion) => {
  const { message, ...rest } = received(types, bytes, hint);
  const { body, ...context } = message;
  const stored = new TextEncoder().encode(body);
  const bodyHash = createHash('sha256').update(stored).digest('hex');
  parentPort?.postMessage({ ...rest, message: { ...context, bytes: stored, bodyHash } }, [stored.buffer]);
});
