/**
 * The host-instance process. Started by the supervisor with an IPC channel; it ends when that is gone, so nothing outlives its parent.
 * User modules are loaded here and nowhere else, so anything may happen to this process: `EXIT_CODES` says how it ends.
 */
import { installLoader } from '../authoring/loader.ts';
import { nodeClock } from '../clock.ts';
import { messageOf, toWire } from '../errors.ts';
import { profiles } from '../cluster/profiles.ts';
import { createSendAdapter } from './adapters/createAdapter.ts';
import type { SendAdapter } from './adapters/door.ts';
import { type Artifacts, loadArtifacts, typesOf } from './artifacts.ts';
import { crashNotice } from './crash.ts';
import { Disassembly } from './disassembly.ts';
import { HostInstance } from './hostInstance.ts';
import { promoteLarge, readFields } from './largeFields.ts';
import { LargeThread } from './largeThread.ts';
import { logLine } from './logLine.ts';
import { dehydrationOf } from './memoryReadings.ts';
import { MemoryWatch } from './memoryWatch.ts';
import { MessageTypes } from './pipelines/messageTypes.ts';
import { OrchestrationWork, type OrchestrationWorkOptions } from './orchestrationWork.ts';
import { Orders, type Running } from './orders.ts';
import { Receiving } from './receiving.ts';
import { SendPortWork } from './sendPortWork.ts';
import type { CompiledOrchestration } from '../orchestration/definition.ts';
import { withScopes } from '../orchestration/withScopes.ts';
import type { GrantedInstance } from '../messagebox/protocol/frames.ts';
import { webSocketConnect } from '../messagebox/protocol/webSocketLink.ts';
import { type CrashNotice, EXIT_CODES, type HostInstanceNotice, type HostInstanceOrder, type HostInstanceSettings } from './settings.ts';
import type { Work, Workplace } from './work.ts';

/** How long the last notice may take, ms. */
const LAST_WORDS_MS = 1000;

let hostInstance: HostInstance | undefined;
/** The exit that follows is our own. */
let ending = false;

const tell = (notice: HostInstanceNotice, said?: () => void): void => {
  if (process.send && process.connected) process.send(notice, () => said?.());
  else said?.();
};
const told = (notice: HostInstanceNotice): Promise<void> =>
  new Promise((resolve) => {
    tell(notice, resolve);
  });
const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Another bundle of the product. */
const beside = (file: string): URL => new URL(file, import.meta.url);

function end(code: number): void {
  ending = true;
  process.exit(code);
}

async function load(settings: HostInstanceSettings, port: () => number): Promise<Running> {
  const { name, cluster, baseFolder, token, computer } = settings;
  const host = cluster.hosts.find((candidate) => candidate.name === settings.host);
  if (!host) throw new Error(`no host ${settings.host}`);
  installLoader({
    library: beside('./authoring.mjs'),
    hooksThread: beside('./hooksThread.mjs'),
    stripper: beside('./stripTypes.mjs'),
    cache: settings.moduleCache,
  });
  // Not to standard error: the end of that is what a crash is explained with.
  const said = (...line: Parameters<typeof logLine>): void => void process.stdout.write(`${logLine(...line)}\n`);
  const artifacts = await loadArtifacts(cluster, host.name, baseFolder, (module) => told({ kind: 'loading', module }), said);
  tell({ kind: 'loading', module: null });
  const clock = nodeClock;
  const times = profiles[cluster.profile];
  const senders = startSenders(artifacts, settings);
  const thread = new LargeThread(beside('./disassemblyThread.mjs'), clock);
  const promote = promoteLarge(thread, artifacts.messageTypes);
  const disassembly = new Disassembly(new MessageTypes(new Map(), cluster.limits), thread, clock);
  const memory = new MemoryWatch(dehydrationOf(host.dehydration, times), clock);
  const made = new HostInstance({
    ...{ name, host, computer, clock, log },
    services: artifacts.services,
    connect: webSocketConnect({ token, port, clock }),
    random: () => Math.random(),
    begin: workFactory({ artifacts, senders, disassembly }, (compiled) => ({
      ...{ memory, promoteLarge: promote },
      readLarge: readFields(thread, cluster.limits, withScopes(compiled.definition).messages),
    })),
    other: (frame) => {
      if (frame.kind === 'submitted') receiving.submitted(frame);
      else if (frame.kind === 'keptIds') receiving.keptIds(frame);
      else if (frame.kind === 'receive') {
        disassembly.use(new MessageTypes(typesOf(cluster, frame.messageTypes), cluster.limits));
        void receiving.enable(frame.enabled);
      }
    },
    connected: (on) => {
      if (on) tell({ kind: 'welcomed' });
      else receiving.disconnected();
    },
  });
  hostInstance = made;
  const receiving = receivingOf(settings, artifacts, disassembly, made, times.leaseMs);
  return {
    start: () => {
      made.client.start();
    },
    freeze: (on) => {
      made.client.freeze(on);
    },
    stop: async () => {
      await receiving.stop();
      await made.drain();
      for (const sender of senders.values()) await sender.stop?.();
    },
  };
}

function startSenders({ sendPorts }: Artifacts, { baseFolder, cluster }: HostInstanceSettings): Map<string, SendAdapter> {
  const senders = new Map(
    [...sendPorts].map(([port, sending]) => [port, createSendAdapter(sending, baseFolder, cluster.limits.messageBytes)]),
  );
  for (const sender of senders.values()) sender.start?.();
  return senders;
}

function receivingOf(
  settings: HostInstanceSettings,
  artifacts: Artifacts,
  disassembly: Disassembly,
  made: HostInstance,
  leaseMs: number,
): Receiving {
  return new Receiving({
    ...{ baseFolder: settings.baseFolder, name: settings.name, token: settings.token, hostInstance: made },
    locations: artifacts.receiveLocations,
    disassembly,
    maxBytes: settings.cluster.limits.messageBytes,
    claimTimeoutMs: 2 * leaseMs,
    problem: (error, location) => {
      log(`receive location ${location} did not start: ${messageOf(error)}`);
      tell({ kind: 'problem', error: toWire(error) });
    },
    notices: (location, notices, news) => {
      tell({ kind: 'notices', location, news, ...notices });
    },
    started: (addresses) => {
      tell({ kind: 'receiving', addresses });
    },
  });
}

/** The work for what the MessageBox grants: an orchestration, or a message for a send port. */
function workFactory(
  what: { readonly artifacts: Artifacts; readonly senders: ReadonlyMap<string, SendAdapter>; readonly disassembly: Disassembly },
  optionsOf: (compiled: CompiledOrchestration) => Pick<OrchestrationWorkOptions, 'memory' | 'readLarge' | 'promoteLarge'>,
) {
  const { artifacts, senders, disassembly } = what;
  return (grant: GrantedInstance, workplace: Workplace): Work => {
    const orchestration = artifacts.orchestrations.get(grant.service);
    if (orchestration) return new OrchestrationWork({ ...orchestration, workplace, ...optionsOf(orchestration.compiled) }, grant);
    const settings = artifacts.sendPorts.get(grant.service);
    const adapter = senders.get(grant.service);
    if (!settings || !adapter) throw new Error(`this host instance has no service ${grant.service}`);
    return new SendPortWork({ settings, adapter, workplace, disassembly }, grant);
  };
}

/** Nothing more is committed by a process whose user code is out of hand. */
function crashed(notice: CrashNotice): void {
  ending = true;
  hostInstance?.client.freeze(true);
  log(`crashed (${notice.cause}): ${notice.text}`);
  const last = (): void => {
    end(EXIT_CODES.crashed);
  };
  setTimeout(last, LAST_WORDS_MS);
  tell(notice, last);
}

process.on('uncaughtException', (error: unknown, origin) => {
  if (!ending) crashed(crashNotice(origin === 'unhandledRejection' ? 'rejection' : 'exception', error, hostInstance));
});
// The process ends with the code that was asked for; where it was asked for is in the stack of this moment.
process.on('exit', (code) => {
  if (ending) return;
  const notice = crashNotice('exit', new Error(`the process was ended with exit code ${String(code)}`), hostInstance);
  log(`crashed (exit): ${notice.text}`);
  tell(notice);
});

const orders = new Orders({
  load,
  stopped: () => {
    end(EXIT_CODES.stopped);
  },
  failed: (error) => {
    ending = true;
    log(`failed: ${messageOf(error)}`);
    tell({ kind: 'failed', error: toWire(error) }, () => {
      end(EXIT_CODES.startFailed);
    });
  },
});
process.on('message', (order: HostInstanceOrder) => {
  orders.take(order);
});
process.on('SIGTERM', () => void orders.stop());
// Ctrl+C reaches the whole process group; the supervisor stops its children in order.
process.on('SIGINT', () => undefined);
// The parent is gone: end at once. What was not committed another host instance runs again.
process.once('disconnect', () => {
  end(EXIT_CODES.stopped);
});
