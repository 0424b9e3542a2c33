/** Large message bodies on their way in and out, in chunks; each is on disk before anything refers to it (docs/failure-model.md, P20). */
import { isCode, messageOf } from '../../errors.ts';
import type { HostFrame, MessageBoxFrame } from '../protocol/frames.ts';
import type { GatedOutput, Socket } from './gatedOutput.ts';
import { BODY_CHUNK_BYTES } from '../protocol/limits.ts';
import type { BodyStore } from '../storage/storage.ts';
import type { Room } from './room.ts';

export class BodyTransfer {
  readonly #bodies: BodyStore;
  readonly #room: Room;
  readonly #output: GatedOutput;
  readonly #failed: (error: unknown) => void;

  constructor(bodies: BodyStore, room: Room, output: GatedOutput, failed: (error: unknown) => void) {
    this.#bodies = bodies;
    this.#room = room;
    this.#output = output;
    this.#failed = failed;
  }

  /** True for a message whose body out of line was never put here: nobody could ever read it. */
  lacks(frame: HostFrame): boolean {
    const messages = frame.kind === 'submit' ? [frame.message] : frame.kind === 'commit' ? frame.published : [];
    return messages.some(({ bodyHash }) => bodyHash !== undefined && !this.#bodies.has(bodyHash));
  }

  frame(socket: Socket, frame: Extract<HostFrame, { kind: 'putBody' | 'getBody' }>): void {
    if (frame.kind === 'getBody') {
      this.#say(socket, { kind: 'body', request: frame.request, ...this.#read(frame.hash, frame.offset) });
      return;
    }
    const { request, hash, offset, data, last } = frame;
    this.#put(hash, offset, Buffer.from(data, 'base64'), last).then(
      () => {
        this.#say(socket, { kind: 'bodyStored', request });
      },
      (error: unknown) => {
        if (isCode(error, 'messageBox.storageFailed')) this.#failed(error);
        else this.#say(socket, { kind: 'bodyStored', request, error: messageOf(error) });
      },
    );
  }

  /** A body that cannot be read costs the message it belongs to, and nothing else. */
  #read(hash: string, offset: number): { data: string; last: boolean; error?: string } {
    try {
      const chunk = this.#bodies.readChunk(hash, offset);
      if (chunk === undefined) return { data: '', last: true, error: 'there is no such file' };
      return { data: chunk.toString('base64'), last: chunk.length < BODY_CHUNK_BYTES };
    } catch (error) {
      return { data: '', last: true, error: messageOf(error) };
    }
  }

  async #put(hash: string, offset: number, data: Buffer, last: boolean): Promise<void> {
    // Its sender waits for the answer, so a chunk that waits here holds up nobody else.
    if (this.#room.full) await this.#room.forBody();
    await this.#bodies.putChunk(hash, offset, data, last);
  }

  #say(socket: Socket, frame: MessageBoxFrame): void {
    this.#output.say(socket, frame);
    this.#output.endTurn();
  }
}
