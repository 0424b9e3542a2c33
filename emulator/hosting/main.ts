/**
 * The host-instance process. Started by the supervisor with an IPC channel; it ends when that is gone, so nothing outlives its parent.
 * User modules are loaded here and nowhere else.
 */
import { installLoader } from '../authoring/loader.ts';
import { messageOf, toWire } from '../errors.ts';
import type { HostSettings } from '../cluster/clusterFile.ts';
import { profiles, type ProfileTimes } from '../cluster/profiles.ts';
import type { DehydrationSettings } from './dehydration.ts';
import { createSendAdapter } from './adapters/createAdapter.ts';
import type { SendAdapter } from './adapters/door.ts';
import { type Artifacts, loadArtifacts } from './artifacts.ts';
import { HostInstance } from './hostInstance.ts';
import { MemoryWatch } from './memoryWatch.ts';
import { OrchestrationWork } from './orchestrationWork.ts';
import { Receiving } from './receiving.ts';
import { SendPortWork } from './sendPortWork.ts';
import type { GrantedInstance } from '../messagebox/protocol/frames.ts';
import type { HostInstanceNotice, HostInstanceOrder, HostInstanceSettings } from './settings.ts';
import type { Work, Workplace } from './work.ts';

let name = 'host instance';
const tell = (notice: HostInstanceNotice): void => {
  process.send?.(notice);
};
const log = (line: string): void => {
  process.stderr.write(`${new Date().toISOString()} ${name} ${line}\n`);
};

async function run(settings: HostInstanceSettings): Promise<void> {
  const { cluster, baseFolder, token, computer } = settings;
  name = settings.name;
  let port: number | undefined = settings.messageBoxPort;
  const host = cluster.hosts.find((candidate) => candidate.name === settings.host);
  if (!host) throw new Error(`no host ${settings.host}`);
  const beside = (file: string): URL => new URL(file, import.meta.url);
  installLoader({
    library: beside('./authoring.mjs'),
    hooksThread: beside('./hooksThread.mjs'),
    stripper: beside('./stripTypes.mjs'),
    cache: settings.moduleCache,
  });
  const artifacts = await loadArtifacts(cluster, host.name, baseFolder);
  const times = profiles[cluster.profile];
  const memory = new MemoryWatch(dehydrationOf(host, times), () => performance.now());
  const hostInstance: HostInstance = new HostInstance({
    name,
    host,
    computer,
    token,
    services: artifacts.services,
    messageBoxPort: () => port,
    begin: workFactory(artifacts, baseFolder, memory, () => hostInstance),
    other: (frame) => {
      if (frame.kind === 'submitted') receiving.submitted(frame);
      else if (frame.kind === 'receive') void receiving.start();
    },
    connected: (on) => {
      if (!on) receiving.disconnected();
      tell({ kind: on ? 'connected' : 'disconnected' });
    },
    log,
    clock: { monotonic: () => performance.now(), wall: () => Date.now() },
  });
  const receiving = new Receiving({
    locations: artifacts.receiveLocations,
    baseFolder,
    messageTypes: artifacts.messageTypes,
    hostInstance,
    name,
    token,
    claimTimeoutMs: 2 * times.leaseMs,
    problem: (error, location) => {
      log(`receive location ${location} did not start: ${messageOf(error)}`);
      tell({ kind: 'problem', error: toWire(error) });
    },
    started: (addresses) => {
      tell({ kind: 'receiving', addresses });
    },
  });
  listen(hostInstance, receiving, (now) => {
    port = now;
  });
  hostInstance.client.start();
}

/** Takes the orders of the parent. */
function listen(hostInstance: HostInstance, receiving: Receiving, messageBoxAt: (port: number) => void): void {
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await receiving.stop();
    await hostInstance.drain();
    process.exit(0);
  };
  process.on('message', (order: HostInstanceOrder) => {
    if (order.kind === 'messageBox') messageBoxAt(order.port);
    else if (order.kind === 'freeze') hostInstance.client.freeze(order.on);
    else if (order.kind === 'stop') void stop();
  });
  process.on('SIGTERM', () => void stop());
}

/** The host's own thresholds, else those of the profile. */
function dehydrationOf({ dehydration }: HostSettings, times: ProfileTimes): DehydrationSettings {
  return {
    behavior: dehydration.behavior,
    minThresholdMs: dehydration.minThresholdMs ?? times.dehydrateMinMs,
    maxThresholdMs: dehydration.maxThresholdMs ?? times.dehydrateMaxMs,
  };
}

/** The work for what the MessageBox grants: an orchestration, or a message for a send port. */
function workFactory(artifacts: Artifacts, baseFolder: string, memory: MemoryWatch, hostInstance: () => HostInstance) {
  const adapters = new Map<string, SendAdapter>();
  for (const [port, settings] of artifacts.sendPorts) adapters.set(port, createSendAdapter(settings, baseFolder));
  return async (grant: GrantedInstance, workplace: Workplace): Promise<Work> => {
    const { bodies } = hostInstance();
    const orchestration = artifacts.orchestrations.get(grant.service);
    if (orchestration) return OrchestrationWork.create({ ...orchestration, workplace, bodies, memory }, grant);
    const settings = artifacts.sendPorts.get(grant.service);
    const adapter = adapters.get(grant.service);
    if (!settings || !adapter) throw new Error(`this host instance has no service ${grant.service}`);
    return new SendPortWork({ settings, adapter, workplace, bodies }, grant);
  };
}

process.once('message', (settings: HostInstanceSettings) => {
  run(settings).catch((error: unknown) => {
    log(`failed: ${messageOf(error)}`);
    tell({ kind: 'failed', error: toWire(error) });
    process.exit(70);
  });
});
// The parent is gone: end at once. What was not committed another host instance runs again.
process.once('disconnect', () => {
  process.exit(0);
});
process.on('SIGINT', () => undefined);
