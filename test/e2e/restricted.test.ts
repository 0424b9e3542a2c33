/**
 * Guarantee: in Restricted Mode the extension explains and runs nothing; after the workspace is trusted it works; and with the display
 * language zh-cn it says all of that, and what follows, in Chinese.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { openWorkbench, type EndedTest, type OpenWorkbench } from './openWorkbench.ts';
import { groupProcesses } from './processes.ts';

describe('Restricted Mode, in Chinese', () => {
  let vscode: OpenWorkbench;
  before(async () => {
    vscode = await openWorkbench({
      workspaceTrust: true,
      locale: 'zh-cn',
      settings: { 'security.workspace.trust.startupPrompt': 'never', 'scaledOutHosts.openDashboard': 'never' },
    });
  });
  afterEach((context) => vscode.afterTest(context as unknown as EndedTest));
  after(() => vscode.close());

  test('explains, offers nothing that runs, and runs nothing', async () => {
    const { workbench, server, picture } = vscode;
    const { page } = workbench;
    await workbench.container('Scaled-Out Hosts');
    await page.getByText('此工作区处于受限模式').first().waitFor();
    await workbench.command('打开仪表板');
    await workbench.editorTab('Scaled-Out Hosts').waitFor();
    await workbench.palette('Scaled-Out Hosts: ');
    await page.getByRole('option', { name: '打开仪表板' }).waitFor();
    assert.equal(await page.getByRole('option', { name: '启动示例组' }).count(), 0);
    await page.keyboard.press('Escape');
    assert.deepEqual(groupProcesses(server), []);
    await picture('restricted-zh-cn');
  });

  test('works once the workspace is trusted', async () => {
    const { workbench, server, picture } = vscode;
    const { page } = workbench;
    await page.locator('.sidebar').getByText('管理工作区信任').first().click();
    await page
      .locator('.workspace-trust-editor')
      .getByRole('button', { name: /^Trust$/ })
      .click();
    await workbench.command('启动示例组');
    await workbench.treeItem(/^主机实例 ProcessingHost@A.*正在运行/).waitFor();
    await workbench.command('打开仪表板');
    await workbench.webview('scaled-out-hosts.scaled-out-hosts').getByText('正在运行的主机实例').first().waitFor();
    await picture('running-zh-cn');
    await workbench.command('停止组');
    await workbench.statusItem('已停止').waitFor();
    assert.deepEqual(groupProcesses(server), []);
  });
});
