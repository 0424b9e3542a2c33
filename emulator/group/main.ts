/** The supervisor as a process of its own: `supervisor.mjs --data DIR [--cluster-file FILE] [--stop-when-unwatched MS]`. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeClock } from '../clock.ts';
import { toWire } from '../errors.ts';
import { ownLog } from './ownLog.ts';
import { startSupervisor } from './supervisor.ts';

const { values } = parseArgs({
  options: { data: { type: 'string' }, 'cluster-file': { type: 'string' }, 'stop-when-unwatched': { type: 'string' } },
});
const dataFolder = resolve(values.data ?? '.');
const log = ownLog(dataFolder);

try {
  const clusterFile = values['cluster-file'];
  const unwatched = values['stop-when-unwatched'];
  const supervisor = await startSupervisor({
    clusterFile: clusterFile === undefined ? null : resolve(clusterFile),
    dataFolder,
    log,
    clock: nodeClock,
    ...(unwatched === undefined ? {} : { stopWhenUnwatchedMs: Number(unwatched) }),
  });
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => void supervisor.stop());
  await supervisor.ended;
  process.exit(supervisor.status().state === 'failed' ? 1 : 0);
} catch (error) {
  // VS Code says it again in the user's language, for which it needs the parameters.
  log(JSON.stringify(toWire(error)));
  process.exit(1);
}
