/** Guarantee: a body out of line is the one that was put, or the message that has it is told so; it costs nothing else. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { BodyClient } from '../../../emulator/hosting/bodies.ts';
import { BodyTransfer } from '../../../emulator/messagebox/process/bodyTransfer.ts';
import type { GatedOutput } from '../../../emulator/messagebox/process/gatedOutput.ts';
import type { HostFrame, MessageBoxFrame } from '../../../emulator/messagebox/protocol/frames.ts';
import { BODY_LIMIT_BYTES } from '../../../emulator/messagebox/protocol/limits.ts';
import { nodeClock } from '../../../emulator/clock.ts';
import { Room } from '../../../emulator/messagebox/process/room.ts';
import { Ballast } from '../../../emulator/messagebox/storage/ballast.ts';
import { Bodies } from '../../../emulator/messagebox/storage/bodies.ts';
import { nodeDisk } from '../../../emulator/messagebox/storage/disk.ts';

const text = 'Größe 你好 🎉 '.repeat(120_000);
const hash = createHash('sha256').update(text).digest('hex');
const message = { id: 'm', type: 'T', properties: {}, bodyHash: hash };

/** A host instance's client that talks to the transfer of a MessageBox whose folder has one body. */
async function stored(context: { after(run: () => void): void }): Promise<{ client: BodyClient; file: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'soh-bodies-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const socket = { send: () => undefined, close: () => undefined };
  const output = {
    say: (_: unknown, frame: MessageBoxFrame) => {
      queueMicrotask(() => {
        if (frame.kind === 'body' || frame.kind === 'bodyStored') client.answered(frame);
      });
    },
    endTurn: () => undefined,
  };
  const room = new Room(new Ballast(nodeDisk, folder, 1), nodeClock, folder);
  const transfer = new BodyTransfer(new Bodies(nodeDisk, folder), room, output as unknown as GatedOutput, (error) =>
    assert.fail(String(error)),
  );
  const client: BodyClient = new BodyClient((frame: HostFrame) => {
    assert.ok(frame.kind === 'putBody' || frame.kind === 'getBody');
    transfer.frame(socket, frame);
  });
  await client.outOfLine({ type: 'T', properties: {}, body: text });
  return { client, file: join(folder, 'bodies', hash) };
}

test('what was put is read back', async (context) => {
  const { client } = await stored(context);
  assert.equal((await client.complete(message)).body, text);
});

const damage: Readonly<Record<string, (file: string) => void>> = {
  'is not there': (file) => rmSync(file),
  'is empty': (file) => truncateSync(file, 0),
  'is cut': (file) => truncateSync(file, 1_500_000),
  'is another one': (file) => writeFileSync(file, `${text.slice(0, -1)}x`),
  'is too long': (file) => truncateSync(file, BODY_LIMIT_BYTES + 5_000_000),
  'is a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
};

for (const [what, break_] of Object.entries(damage)) {
  test(`a body that ${what} is told to who needs it, and the connection goes on`, async (context) => {
    const { client, file } = await stored(context);
    break_(file);
    await assert.rejects(
      client.complete(message),
      (error) => isCode(error, 'messageBox.bodyUnreadable') && error.parameters['hash'] === hash,
    );
    await client.outOfLine({ type: 'T', properties: {}, body: `${text} another` });
  });
}
