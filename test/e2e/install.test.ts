/** Guarantee: the packaged extension installs into a real VS Code and its commands are in the palette. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { openWorkbench, type EndedTest, type OpenWorkbench } from './openWorkbench.ts';

describe('the packaged extension', () => {
  let vscode: OpenWorkbench;
  before(async () => {
    vscode = await openWorkbench();
  });
  afterEach((context) => vscode.afterTest(context as unknown as EndedTest));
  after(() => vscode.close());

  test('is listed among the installed extensions', async () => {
    await vscode.workbench.command('Extensions: Show Installed Extensions');
    await vscode.workbench.page.locator('.extension-list-item').filter({ hasText: 'Scaled-Out Hosts' }).first().waitFor();
  });

  test('has its views behind one icon of the activity bar', async () => {
    await vscode.workbench.container('Scaled-Out Hosts');
    const views = vscode.workbench.page.locator('.sidebar').getByRole('button', { name: / Section$/ });
    await views.nth(2).waitFor();
    assert.equal(await views.count(), 3);
  });
});
