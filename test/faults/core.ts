/** The real core of the MessageBox in this thread: a journal that is a list, a clock that is set, connections that are lists of frames. */
import { profiles } from '../../emulator/cluster/profiles.ts';
import { apply } from '../../emulator/messagebox/core/apply.ts';
import {
  type CommitFrame,
  type HostFrame,
  type MessageBoxFrame,
  PROTOCOL_VERSION,
  type Service,
} from '../../emulator/messagebox/protocol/frames.ts';
import { MessageBox } from '../../emulator/messagebox/core/messageBox.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import type { Session } from '../../emulator/messagebox/core/sessions.ts';
import { emptyState } from '../../emulator/messagebox/core/state.ts';
import { Store } from '../../emulator/messagebox/core/store.ts';
import type { ReadRecord } from '../../emulator/tracking/journalReader.ts';

export const JOB: Service = {
  id: 'Job@1',
  name: 'Job',
  kind: 'orchestration',
  host: 'H',
  activations: [{ id: '0', filter: [[{ property: 'Job', operator: 'exists' }]], follows: [] }],
  outline: [
    { kind: 'receive', name: 'Receive job', parent: -1 },
    { kind: 'expression', name: 'Do it', parent: -1 },
  ],
};

export class FakeConnection {
  readonly frames: MessageBoxFrame[] = [];
  closed = false;

  send(frame: object): void {
    this.frames.push(frame as MessageBoxFrame);
  }

  close(): void {
    this.closed = true;
  }

  /** The newest frame of a kind. */
  last<K extends MessageBoxFrame['kind']>(kind: K): Extract<MessageBoxFrame, { kind: K }> | undefined {
    return this.frames.findLast((frame): frame is Extract<MessageBoxFrame, { kind: K }> => frame.kind === kind);
  }
}

export class Core {
  readonly records: ReadRecord<JournalRecord>[] = [];
  now = 1_000_000;
  messageBox: MessageBox;
  readonly #make: typeof MessageBox;

  /** @param make the core of the product, or one with a planted bug (`mutant.ts`) */
  constructor(make: typeof MessageBox = MessageBox) {
    this.#make = make;
    this.messageBox = this.#start();
  }

  /** A crash and a restart: everything in memory is gone, the records are replayed. */
  restart(): void {
    this.messageBox = this.#start();
    // No host instance is waited for: who comes, comes.
    for (const hostInstance of [...this.messageBox.store.state.sessions.keys()])
      this.messageBox.gone({ kind: 'gone', hostInstance, pid: 1, exitCode: null, signal: 'SIGKILL', hung: false, text: '' });
  }

  hello(
    hostInstance: string,
    resume: Extract<HostFrame, { kind: 'hello' }>['resume'] = [],
    pid = 1,
    announced: Partial<Pick<Extract<HostFrame, { kind: 'hello' }>, 'services' | 'again'>> = {},
  ): { session: Session; connection: FakeConnection } {
    const connection = new FakeConnection();
    const hello = {
      kind: 'hello',
      protocol: PROTOCOL_VERSION,
      hostInstance,
      host: 'H',
      computer: hostInstance,
      pid,
      services: [JOB],
      resume,
      ...announced,
    } as const;
    const session = this.messageBox.hello(connection, hello);
    if (!session) throw new Error('refused');
    return { session, connection };
  }

  #start(): MessageBox {
    const state = emptyState();
    for (const { record, sequence } of this.records) apply(state, record, sequence);
    const journal = {
      append: (record: JournalRecord): number => {
        const sequence = this.records.length + 1;
        this.records.push({ sequence, record: structuredClone(record) });
        return sequence;
      },
    };
    const store = new Store(state, journal, { monotonic: () => this.now, wall: () => this.now }, () => undefined);
    store.record({ kind: 'generation', at: store.now, generation: state.generation + 1, origin: 'test' });
    return new this.#make(store, profiles.demo);
  }
}

export function commitFrame(fields: Pick<CommitFrame, 'id' | 'instance' | 'lock' | 'base'> & Partial<CommitFrame>): CommitFrame {
  const empty = { consumed: [], published: [], subscribe: [], unsubscribe: [], timers: [], cancelTimers: [], holds: [], trace: [] };
  return { kind: 'commit', ...empty, points: ['send'], outcome: 'running', ...fields };
}
