import * as vscode from 'vscode';
import { basename } from 'node:path';
import type { Commands } from '../../emulator/control/commands.ts';
import { sentenceOf } from '../../emulator/text/sentence.ts';
import { errorText } from '../../emulator/text/translate.ts';
import type { Services } from '../services.ts';
import { t } from '../text/text.ts';
import type { HandlersOf } from './handler.ts';
import { sendPaced } from './paced.ts';
import { pick } from './pick.ts';
import { nameOf, targetsOf } from './target.ts';

type Files = Commands['submit']['arguments']['files'];
type Answer = Commands['submit']['result'];

interface Work {
  readonly files: Files;
  readonly count: number;
}

const MAX_COUNT = 10_000;
const USUAL_COUNT = 100;
/** An order of the sample lives about two seconds, so each of its two processing host instances holds about a dozen at any time. */
const PER_SECOND = 12;
/** So many copies go in at once, without progress, and it is said what became of them. */
const FEW = 10;

/** Submitting messages to a receive location: which location, which content, how many copies. They go in one by one, so that there is time to break something. */
export function submitCommand(services: Services): HandlersOf<'message'> {
  return {
    'scaledOutHosts.message.submit': async (...parameters) => {
      const location = await chooseLocation(services, parameters);
      if (location === undefined) return undefined;
      const given = parameters[1] as { files?: Files; count?: number } | undefined;
      const work = given?.files === undefined ? await chooseWork(services) : { files: given.files, count: given.count ?? 1 };
      return work === undefined ? undefined : submit(services, location, work);
    },
  };
}

async function submit(services: Services, location: string, work: Work): Promise<{ submitted: number }> {
  const { session } = services;
  if (session.phase !== 'running') await session.call('status', {});
  const { submitted, ...outcome } = await (work.count <= FEW
    ? session.call('submit', { location, ...work, follow: true })
    : submitMany(services, location, work));
  vscode.window.setStatusBarMessage(t('{count} messages submitted to {location}', { count: submitted, location }), 5000);
  warn(outcome);
  return { submitted };
}

/** What did not go as it should: on a slow or stopped receiver a success would be said that is none yet. */
function warn({ suspended: [first] = [], failed, notTaken }: Omit<Answer, 'submitted'>): void {
  if (first) void vscode.window.showWarningMessage(t('A message was suspended: {reason}', { reason: sentenceOf(first.error.message) }));
  for (const error of [failed, notTaken]) if (error) void vscode.window.showWarningMessage(errorText(error, t).message);
}

async function submitMany({ session }: Services, location: string, { files, count }: Work): Promise<Answer> {
  const title = t('Submitting to {location}', { location });
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, cancellable: true, title },
    async (progress, token) => {
      let before = 0;
      let submitted = 0;
      let failed: Answer['failed'];
      await sendPaced(count, PER_SECOND, {
        now: () => performance.now(),
        wait: async (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        // Who stops the group, or loses it, hears about that; not that its messages stop too.
        over: () => token.isCancellationRequested || session.phase !== 'running' || failed !== undefined,
        send: async (copies) => {
          const answer = await session.call('submit', { location, files, count: copies });
          submitted += answer.submitted;
          failed = answer.failed;
        },
        sent: (total) => {
          progress.report({ message: t('{sent} of {count}', { sent: total, count }), increment: ((total - before) * 100) / count });
          before = total;
        },
      });
      return { submitted, ...(failed && { failed }) };
    },
  );
}

async function chooseLocation({ session }: Services, parameters: readonly unknown[]): Promise<string | undefined> {
  const [node] = targetsOf(parameters, 'service');
  const direct = nameOf(parameters) ?? node?.location;
  if (direct !== undefined) return direct;
  const status = session.status ?? (await session.call('status', {}));
  const items = status.receiveLocations.map(({ name, adapter, address }) => ({ label: name, description: `${adapter} · ${address}` }));
  return (await pick(items, t('Submit Message'), t('Which receive location?')))?.label;
}

/** One question: which message. Its last answer changes the number of copies and asks again. */
async function chooseWork(services: Services): Promise<Work | undefined> {
  const known = await knownMessages(services);
  let count = USUAL_COUNT;
  for (;;) {
    const copies = t('{count} copies, {rate} a second', { count, rate: PER_SECOND });
    const items: (vscode.QuickPickItem & { files?: () => Promise<Files | undefined> })[] = [
      ...known.map(({ label, description, files }) => ({ label, description: `${description} · ${copies}`, files })),
      { label: t('Choose files…'), description: copies, files: openFiles },
      { label: t('Another number of copies…') },
    ];
    const choice = await pick(items, t('Submit Message'), t('Which message?'));
    if (choice === undefined) return undefined;
    if (choice.files === undefined) {
      count = (await chooseCount(count)) ?? count;
      continue;
    }
    const files = await choice.files();
    return files === undefined ? undefined : { files, count };
  }
}

interface KnownMessage {
  readonly label: string;
  readonly description: string;
  readonly files: () => Promise<Files>;
}

/** The sample's messages while the sample runs, and the message open in the editor. */
async function knownMessages(services: Services): Promise<KnownMessage[]> {
  const editor = vscode.window.activeTextEditor?.document;
  const samples = services.session.status?.clusterFile === null ? await sampleMessages(services) : [];
  const own = editor === undefined || !/\.(xml|json)$/i.test(editor.fileName) ? [] : [editor];
  return [
    ...samples.map((uri) => ({ label: basename(uri.path), description: t('sample message'), files: async () => [await read(uri)] })),
    ...own.map((document) => ({
      label: basename(document.fileName),
      description: t('open in the editor'),
      files: async () => [{ name: basename(document.fileName), content: document.getText() }],
    })),
  ];
}

async function openFiles(): Promise<Files | undefined> {
  const uris = await vscode.window.showOpenDialog({ canSelectMany: true, openLabel: t('Submit'), title: t('Submit Message') });
  return uris === undefined ? undefined : Promise.all(uris.map(read));
}

async function read(uri: vscode.Uri): Promise<Files[number]> {
  const bytes = await vscode.workspace.fs.readFile(uri);
  return { name: basename(uri.path), content: Buffer.from(bytes).toString('base64'), encoding: 'base64' };
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

async function chooseCount(usual: number): Promise<number | undefined> {
  const validate = (input: string): string | undefined => {
    return /^\d+$/.test(input) && Number(input) >= 1 && Number(input) <= MAX_COUNT
      ? undefined
      : t('A whole number from 1 to {limit}', { limit: MAX_COUNT });
  };
  const input = await vscode.window.showInputBox({
    title: t('Submit Message'),
    prompt: t('How many copies?'),
    value: String(usual),
    ignoreFocusOut: true,
    validateInput: validate,
  });
  return input === undefined ? undefined : Number(input);
}
