import * as vscode from 'vscode';
import { nodeClock } from '../../emulator/clock.ts';
import { logFile } from '../../emulator/control/logs.ts';
import { LogTail } from '../../emulator/control/logTail.ts';
import { messageOf } from '../../emulator/errors.ts';
import { t } from '../text/text.ts';
import type { GroupSession } from './groupSession.ts';

/** What is shown of a log that was written before it was looked at, in bytes. */
const LAST_BYTES = 64 * 1024;
/** A channel that holds more characters begins again: the whole log is in its file. */
const MOST_SHOWN = 4 * 1024 * 1024;

/** What each host instance prints, in an output channel of its own, while a group is there. */
export class HostInstanceLogs implements vscode.Disposable {
  readonly #session: GroupSession;
  readonly #log: vscode.LogOutputChannel;
  readonly #channels = new Map<string, Channel>();
  readonly #tails = new Map<string, LogTail>();
  readonly #listener: { dispose(): void };
  #folder: string | undefined;

  constructor(session: GroupSession, log: vscode.LogOutputChannel) {
    this.#session = session;
    this.#log = log;
    this.#listener = session.onDidChange.add(() => this.#update());
  }

  show(hostInstance: string): void {
    this.#channel(hostInstance).show();
  }

  dispose(): void {
    this.#listener.dispose();
    this.#stop();
    for (const channel of this.#channels.values()) channel.dispose();
  }

  #update(): void {
    const { status } = this.#session;
    if (status?.dataFolder !== this.#folder) {
      this.#stop();
      for (const channel of this.#channels.values()) channel.clear();
      this.#folder = status?.dataFolder;
    }
    if (status === undefined || this.#tails.size === status.hostInstances.length) return;
    for (const { name } of status.hostInstances) if (!this.#tails.has(name)) this.#follow(status.dataFolder, name);
  }

  #follow(folder: string, hostInstance: string): void {
    const tail = new LogTail(
      logFile(folder, hostInstance),
      (line) => this.#channel(hostInstance).append(line),
      (error) => this.#log.debug(`the log of ${hostInstance} cannot be read: ${messageOf(error)}`),
      { lastBytes: LAST_BYTES, leftOut: () => this.#channel(hostInstance).append('…') },
    );
    this.#tails.set(hostInstance, tail);
    tail.start(nodeClock);
  }

  /** The last lines are read: they are the ones that matter. */
  #stop(): void {
    for (const tail of this.#tails.values()) {
      tail.stop();
      void tail.drain();
    }
    this.#tails.clear();
  }

  /** Made when there is something to show: most host instances print nothing. */
  #channel(hostInstance: string): Channel {
    let channel = this.#channels.get(hostInstance);
    if (!channel) this.#channels.set(hostInstance, (channel = new Channel(hostInstance)));
    return channel;
  }
}

/** Lines that come together are given to VS Code together. */
class Channel {
  readonly #output: vscode.OutputChannel;
  #waiting: string[] = [];
  #shown = 0;
  #disposed = false;

  constructor(hostInstance: string) {
    this.#output = vscode.window.createOutputChannel(t('Scaled-Out Hosts: {name}', { name: hostInstance }));
  }

  append(line: string): void {
    this.#waiting.push(line);
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
  }

  clear(): void {
    this.#waiting = [];
    this.#shown = 0;
    this.#output.clear();
  }

  show(): void {
    this.#output.show();
  }

  dispose(): void {
    this.#disposed = true;
    this.#output.dispose();
  }

  #flush(): void {
    if (this.#disposed || this.#waiting.length === 0) return;
    const text = `${this.#waiting.join('\n')}\n`;
    this.#waiting = [];
    this.#shown += text.length;
    if (this.#shown > MOST_SHOWN) {
      this.#shown = text.length;
      this.#output.clear();
    }
    this.#output.append(text);
  }
}
