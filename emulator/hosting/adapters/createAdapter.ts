/** The adapter for a receive location or a send port of the group file. Relative folders start from the folder of that file. */
import { resolve } from 'node:path';
import type { ReceiveLocationSettings, SendPortSettings } from '../../cluster/clusterFile.ts';
import type { ReceiveAdapter, ReceiveContext, SendAdapter } from './door.ts';
import { DynamicSend } from './dynamicSend.ts';
import { FileReceive } from './fileReceive.ts';
import { FileSend } from './fileSend.ts';
import { HttpReceive } from './httpReceive.ts';
import { HttpSend } from './httpSend.ts';

export function createReceiveAdapter(settings: ReceiveLocationSettings, baseFolder: string, context: ReceiveContext): ReceiveAdapter {
  const { transport } = settings;
  return transport.adapter === 'FILE'
    ? new FileReceive({ ...settings, transport }, resolve(baseFolder, transport.folder), context)
    : new HttpReceive({ ...settings, transport }, context);
}

/** @param maxBytes of what a two-way port gets back */
export function createSendAdapter(settings: SendPortSettings, baseFolder: string, maxBytes: number): SendAdapter {
  const { transport } = settings;
  switch (transport.adapter) {
    case 'FILE':
      return new FileSend({ ...settings, transport }, resolve(baseFolder, transport.folder));
    case 'HTTP':
      return new HttpSend({ ...settings, transport }, maxBytes);
    case 'dynamic': {
      const { folder } = transport;
      return new DynamicSend({ ...settings, transport }, folder === undefined ? undefined : resolve(baseFolder, folder));
    }
  }
}
