import * as vscode from 'vscode';
import { basename } from 'node:path';
import type { Commands } from '../../emulator/group/control.ts';
import type { Services } from '../services.ts';
import { t } from '../text/text.ts';
import type { HandlersOf } from './handler.ts';
import { pick } from './pick.ts';
import { nameOf, targetsOf } from './target.ts';

type Files = Commands['submit']['arguments']['files'];

const MAX_COUNT = 10_000;

/** Submitting messages to a receive location: which location, which content, how many copies. */
export function submitCommand(services: Services): HandlersOf<'message'> {
  return {
    'scaledOutHosts.message.submit': async (...parameters) => {
      const location = await chooseLocation(services, parameters);
      if (location === undefined) return undefined;
      const given = parameters[1] as { files?: Files; count?: number } | undefined;
      const files = given?.files ?? (await chooseFiles(services));
      if (files === undefined) return undefined;
      const count = given?.files === undefined ? await chooseCount() : (given.count ?? 1);
      if (count === undefined) return undefined;
      const result = await services.session.call('submit', { location, files, count });
      vscode.window.setStatusBarMessage(t('{count} messages submitted to {location}', { count: result.submitted, location }), 5000);
      return result;
    },
  };
}

async function chooseLocation({ session }: Services, parameters: readonly unknown[]): Promise<string | undefined> {
  const [node] = targetsOf(parameters, 'service');
  const direct = nameOf(parameters) ?? node?.location;
  if (direct !== undefined) return direct;
  const status = session.status ?? (await session.call('status', {}));
  const items = status.receiveLocations.map(({ name, adapter, address }) => ({ label: name, description: `${adapter} · ${address}` }));
  return (await pick(items, t('Submit Message'), t('Which receive location?')))?.label;
}

async function chooseFiles(services: Services): Promise<Files | undefined> {
  const editor = vscode.window.activeTextEditor?.document;
  const samples = services.session.status?.clusterFile === null ? await sampleMessages(services) : [];
  const own = editor === undefined || !/\.(xml|json)$/i.test(editor.fileName) ? [] : [editor];
  const items: (vscode.QuickPickItem & { files: () => Promise<Files | undefined> })[] = [
    ...samples.map((uri) => ({ label: basename(uri.path), description: t('sample message'), files: async () => [await read(uri)] })),
    ...own.map((document) => ({
      label: basename(document.fileName),
      description: t('open in the editor'),
      files: async () => [{ name: basename(document.fileName), content: document.getText() }],
    })),
    { label: t('Choose files…'), files: async () => openFiles() },
  ];
  return (await pick(items, t('Submit Message'), t('Which message?')))?.files();
}

async function openFiles(): Promise<Files | undefined> {
  const uris = await vscode.window.showOpenDialog({ canSelectMany: true, openLabel: t('Submit'), title: t('Submit Message') });
  return uris === undefined ? undefined : Promise.all(uris.map(read));
}

async function read(uri: vscode.Uri): Promise<Files[number]> {
  return { name: basename(uri.path), content: new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)) };
}

/** Messages that come with the sample group. */
async function sampleMessages({ extension }: Services): Promise<vscode.Uri[]> {
  const folder = vscode.Uri.joinPath(extension.extensionUri, 'samples', 'order-process');
  try {
    const names = (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name);
    return names.filter((name) => name.endsWith('.xml')).map((name) => vscode.Uri.joinPath(folder, name));
  } catch (error) {
    if (error instanceof vscode.FileSystemError) return [];
    throw error;
  }
}

async function chooseCount(): Promise<number | undefined> {
  const validate = (input: string): string | undefined => {
    return /^\d+$/.test(input) && Number(input) >= 1 && Number(input) <= MAX_COUNT
      ? undefined
      : t('A whole number from 1 to {limit}', { limit: MAX_COUNT });
  };
  const input = await vscode.window.showInputBox({
    title: t('Submit Message'),
    prompt: t('How many copies?'),
    value: '1',
    ignoreFocusOut: true,
    validateInput: validate,
  });
  return input === undefined ? undefined : Number(input);
}
