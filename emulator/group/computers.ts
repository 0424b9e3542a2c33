/** The computers of a group and the host instances on them: at most one instance of a host per computer (docs/behaviour.md, section 1). */
import { SohError } from '../errors.ts';
import type { ClusterFile } from '../cluster/clusterFile.ts';
import { asFileName } from '../cluster/crossCheck.ts';
import type { HostInstanceProcess } from './hostInstanceProcess.ts';

export class Computers {
  readonly #states = new Map<string, 'running' | 'failed'>();
  readonly #instances = new Map<string, HostInstanceProcess>();
  readonly #hosts: readonly string[];
  readonly #create: (host: string, computer: string) => HostInstanceProcess;

  /** @param create makes the process of a host instance without starting it */
  constructor(cluster: ClusterFile, create: (host: string, computer: string) => HostInstanceProcess) {
    this.#create = create;
    this.#hosts = cluster.hosts.map((host) => host.name);
    for (const computer of cluster.computers) this.#states.set(computer, 'running');
    for (const host of cluster.hosts) for (const computer of host.instances) this.add(host.name, computer);
  }

  get hostInstances(): HostInstanceProcess[] {
    return [...this.#instances.values()];
  }

  list(): { name: string; state: 'running' | 'failed' }[] {
    return [...this.#states].map(([name, state]) => ({ name, state }));
  }

  /** @throws SohError 'group.unknownHostInstance' */
  hostInstance(name: string): HostInstanceProcess {
    const found = this.#instances.get(name);
    if (!found) throw new SohError('group.unknownHostInstance', { name, known: [...this.#instances.keys()].join(', ') });
    return found;
  }

  addComputer(name: string): void {
    const same = this.list().find((known) => asFileName(known.name) === asFileName(name));
    if (same) throw new SohError('group.computerExists', { name: same.name });
    this.#states.set(name, 'running');
  }

  /** @throws SohError when host or computer is unknown, or the computer already has an instance of the host */
  add(host: string, computer: string): HostInstanceProcess {
    if (!this.#hosts.includes(host)) throw new SohError('group.unknownHost', { name: host, known: this.#hosts.join(', ') });
    this.#known(computer);
    const name = `${host}@${computer}`;
    if (this.#instances.has(name)) throw new SohError('group.oneInstancePerComputer', { host, computer });
    const instance = this.#create(host, computer);
    this.#instances.set(name, instance);
    return instance;
  }

  /** @throws SohError 'group.computerFailed' */
  checkRunning(computer: string): void {
    if (this.#known(computer) === 'failed') throw new SohError('group.computerFailed', { name: computer });
  }

  /** Power off: every process on it ends at once and stays away until the repair. */
  fail(computer: string): HostInstanceProcess[] {
    this.checkRunning(computer);
    this.#states.set(computer, 'failed');
    const running = this.#on(computer).filter((instance) => instance.pid !== null);
    for (const instance of running) instance.kill(true);
    for (const instance of this.#on(computer)) if (instance.state === 'restarting') void instance.stop();
    return running;
  }

  repair(computer: string): HostInstanceProcess[] {
    this.#known(computer);
    this.#states.set(computer, 'running');
    const stopped = this.#on(computer).filter((instance) => instance.pid === null);
    for (const instance of stopped) instance.start();
    return stopped;
  }

  #on(computer: string): HostInstanceProcess[] {
    return this.hostInstances.filter((instance) => instance.computer === computer);
  }

  #known(computer: string): 'running' | 'failed' {
    const state = this.#states.get(computer);
    if (!state) throw new SohError('group.unknownComputer', { name: computer, known: [...this.#states.keys()].join(', ') });
    return state;
  }
}
