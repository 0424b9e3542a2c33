/** Guarantee: what user code prints is read in VS Code, in an output channel of the host instance that ran it, while it runs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { openWorkbench, type EndedTest, type OpenWorkbench } from './openWorkbench.ts';

const MODULE = `import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
console.log('the module is loaded');
const thing = messageType({ name: 'Thing', format: 'json', promoted: { Id: '/id' } });
export const take = orchestration('Take', { messages: { Thing: thing }, variables: {}, ports: { In: receivePort() } }, (o) => [
  o.receive('Take', { port: 'In', message: 'Thing', activate: true }),
  o.expression('Tell', ({ messages }) => console.log('taken: ' + messages.Thing.field('Id'))),
]);
`;

const GROUP = {
  name: 'Talkers',
  profile: 'demo',
  computers: ['A', 'B'],
  hosts: [
    { name: 'In', instances: ['A'] },
    { name: 'Work', instances: ['A', 'B'] },
  ],
  messageTypes: { Thing: { format: 'json', members: ['id'] } },
  orchestrations: [{ name: 'Take', module: './things.ts', host: 'Work' }],
  receiveLocations: [{ name: 'Things', host: 'In', transport: { adapter: 'FILE', folder: 'in', mask: '*.json', pollingMs: 100 } }],
};

describe('the logs of host instances', () => {
  let vscode: OpenWorkbench;
  before(async () => {
    vscode = await openWorkbench({ settings: { 'scaledOutHosts.openDashboard': 'never' } });
  });
  afterEach((context) => vscode.afterTest(context as unknown as EndedTest));
  after(() => vscode.close());

  test('each has an output channel, which follows what is printed', async () => {
    const { workbench, group, folder, picture } = vscode;
    writeFileSync(join(folder, 'things.ts'), MODULE);
    writeFileSync(join(folder, 'cluster.json'), JSON.stringify(GROUP));
    mkdirSync(join(folder, 'in'));
    await group.command('Start Group');
    await workbench.pick('cluster.json');
    for (const name of ['Work@A', 'Work@B']) await group.hostInstance(name, 'running').waitFor();
    await workbench.contextMenu(group.hostInstance('Work@A'), 'Show Log of Host Instance');
    const shown = workbench.page.locator('.output-view');
    await shown.getByText('the module is loaded').first().waitFor();
    for (let id = 1; id <= 8; id++) writeFileSync(join(folder, 'in', `${String(id)}.json`), `{"id":"thing ${String(id)}"}`);
    await shown.getByText('taken: thing').first().waitFor();
    await picture('log');
    await workbench.contextMenu(group.hostInstance('In@A'), 'Show Log of Host Instance');
    await shown.getByText('taken: thing').first().waitFor({ state: 'detached' });
    await group.stop();
  });
});
