/** A peer that keeps to no rule: raw bytes on a socket, and what the server answers. */
import { connect, type Socket } from 'node:net';
import { until } from './group.ts';

export interface Upgrade {
  readonly origin?: string;
  readonly host: string;
  readonly token?: string;
}

/** Opens a connection and asks for an upgrade. @returns the status code, and the socket when it was accepted */
export async function upgrade(port: number, { origin, host, token }: Upgrade): Promise<{ status: number; socket: RawSocket }> {
  const socket = await RawSocket.open(port);
  const lines = [
    'GET / HTTP/1.1',
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  if (origin !== undefined) lines.push(`Origin: ${origin}`);
  if (token !== undefined) lines.push(`Authorization: Bearer ${token}`);
  socket.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  const status = await until(
    () => /^HTTP\/1\.1 (\d+)[^]*\r\n\r\n/.exec(socket.received.toString('latin1'))?.[1],
    'an answer to the upgrade',
    5000,
  );
  socket.received = socket.received.subarray(socket.received.indexOf('\r\n\r\n') + 4);
  return { status: Number(status), socket };
}

export class RawSocket {
  received = Buffer.alloc(0);
  closed = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => (this.received = Buffer.concat([this.received, data])));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
  }

  static async open(port: number): Promise<RawSocket> {
    const socket = connect(port, '127.0.0.1');
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return raw;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Stops reading, so that what the server says piles up on its side. */
  deaf(): void {
    this.#socket.pause();
  }

  end(): void {
    this.#socket.destroy();
  }

  /** Code of the close frame the server sends; frames before it are skipped. */
  async closeCode(): Promise<number> {
    return until(
      () => {
        for (let at = 0; at + 2 <= this.received.length;) {
          const opcode = (this.received[at] ?? 0) & 0x0f;
          const short = (this.received[at + 1] ?? 0) & 0x7f;
          const header = short < 126 ? 2 : short === 126 ? 4 : 10;
          if (opcode === 8 && this.received.length >= at + 4) return this.received.readUInt16BE(at + 2);
          const length =
            short < 126 ? short : short === 126 ? this.received.readUInt16BE(at + 2) : Number(this.received.readBigUInt64BE(at + 2));
          at += header + length;
        }
        return this.closed ? -1 : undefined;
      },
      'the server closes',
      5000,
    );
  }
}

/** A frame of the WebSocket protocol; wrong ones are made by the first byte and by `masked`. */
export function frame(first: number, payload: Buffer, masked = true): Buffer {
  const length = payload.length;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = first;
  if (length < 126) header[1] = length;
  else if (length < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  if (!masked) return Buffer.concat([header, payload]);
  header[1] = (header[1] ?? 0) | 0x80;
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

export const text = (content: string): Buffer => frame(0x81, Buffer.from(content));

/** What no server may take, and the close codes that say so. */
export const WRONG_BYTES: readonly (readonly [string, Buffer, readonly number[]])[] = [
  ['a reserved bit', frame(0xc1, Buffer.from('[]')), [1002]],
  ['an unknown opcode', frame(0x83, Buffer.from('[]')), [1002]],
  ['an unknown control opcode', frame(0x8b, Buffer.alloc(0)), [1002]],
  ['no mask', frame(0x81, Buffer.from('[]'), false), [1002]],
  ['a fragmented control frame', frame(0x09, Buffer.from('x')), [1002]],
  ['a control frame too long', frame(0x89, Buffer.alloc(126)), [1002]],
  ['a continuation of nothing', frame(0x80, Buffer.from('x')), [1002]],
  ['a new message inside a fragmented one', Buffer.concat([frame(0x01, Buffer.from('a')), frame(0x81, Buffer.from('b'))]), [1002]],
  ['a close frame of one byte', frame(0x88, Buffer.from('x')), [1002]],
  ['an invalid close code', frame(0x88, Buffer.from([0x03, 0xed])), [1002]],
  ['invalid UTF-8', frame(0x81, Buffer.from([0xc3, 0x28])), [1007]],
  ['a length beyond numbers', Buffer.concat([Buffer.from([0x81, 0xff]), Buffer.alloc(8, 0xff), Buffer.alloc(4)]), [1009]],
  [
    'a flood of fragments',
    Buffer.concat([frame(0x01, Buffer.from('[')), ...Array.from({ length: 200 }, () => frame(0x00, Buffer.from(' ')))]),
    [1008],
  ],
  [
    'a flood of empty fragments',
    Buffer.concat([frame(0x01, Buffer.alloc(0)), ...Array.from({ length: 200 }, () => frame(0x00, Buffer.alloc(0)))]),
    [1008],
  ],
  ['a binary message', frame(0x82, Buffer.from('[]')), [1008]],
  ['no JSON', text('{'), [1008]],
  ['JSON of the wrong kind', text('"hello"'), [1008]],
  ['nothing in an array', text('[null]'), [1008]],
  ['a number in an array', text('[7]'), [1008]],
  ['an unknown kind', text('[{"kind":"format"}]'), [1008]],
  ['an object with a prototype', text('[{"__proto__":{"kind":"hello"}}]'), [1008]],
  ['deep nesting', text(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), [1008]],
];

const MB = 1024 * 1024;

/** More than a socket takes is refused by its announced length; what it takes is refused for being no frame. */
export function tooLong(limitMb: number): typeof WRONG_BYTES {
  const announced = frame(0x81, Buffer.alloc(limitMb * MB + 1)).subarray(0, 14);
  return [
    [`more than ${String(limitMb)} MiB`, announced, [1009]],
    ['4 MiB of nothing', frame(0x81, Buffer.alloc(4 * MB, 0x20)), [1008]],
  ];
}
