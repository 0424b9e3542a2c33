/** Guarantee: the manifest and the code name the same commands, context keys, views and files. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commandIds } from '../../../extension/commandIds.ts';
import { contextKeys } from '../../../extension/contextKeys.ts';
import { errorAction } from '../../../extension/text/errorActions.ts';
import { catalogue } from '../../../emulator/errorCatalogue.ts';
import manifest from '../../../package.json' with { type: 'json' };
import nls from '../../../package.nls.json' with { type: 'json' };

const { contributes } = manifest;
const ids = [...commandIds].sort();
const menuItems = Object.values(contributes.menus).flat() as { command: string; when?: string; group?: string }[];

test('the table of commands and the manifest have the same ids', () => {
  assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), ids);
});

test('every command has a title, the category and an icon', () => {
  for (const { command, title, category, icon } of contributes.commands) {
    assert.equal(title, `%command.${command}%`);
    assert.equal(category, '%category%');
    assert.match(icon, /^\$\([a-z-]+\)$/, command);
  }
});

test('menus and texts name only commands that exist', () => {
  const known = new Set<string>(ids);
  for (const { command } of menuItems) assert.ok(known.has(command), command);
  for (const [key, text] of Object.entries(nls)) {
    for (const [, command = ''] of text.matchAll(/\(command:(scaledOutHosts\.[\w.]+)/g)) {
      assert.ok(known.has(command) || command === 'scaledOutHosts.group.focus', `${key}: ${command}`);
    }
  }
});

test('every inline action of a tree item is in its context menu too', () => {
  const items = contributes.menus['view/item/context'];
  for (const { command, group } of items) {
    if (group.startsWith('inline@'))
      assert.ok(
        items.some((item) => item.command === command && !item.group.startsWith('inline')),
        command,
      );
  }
});

test('a view has at most four actions in its title', () => {
  const states = ["state == 'stopped'", "state == 'running'"];
  for (const { id } of contributes.views.scaledOutHosts) {
    const shown = contributes.menus['view/title'].filter(
      ({ when, group }) => when.includes(`view == ${id}`) && group.startsWith('navigation'),
    );
    assert.ok(shown.length <= 4 * states.length, id);
  }
});

test('conditions use only the context keys that the code sets', () => {
  const known = new Set<string>(Object.values(contextKeys));
  const conditions = [...menuItems.map(({ when }) => when ?? ''), ...contributes.viewsWelcome.map(({ when }) => when)];
  for (const condition of conditions) {
    for (const [key] of condition.replaceAll(/view == \S+/g, '').matchAll(/scaledOutHosts\.\w+/g))
      assert.ok(known.has(key), `${key} in ${condition}`);
  }
});

test('what starts or changes something is offered only in a trusted workspace', () => {
  const changes = /\.(start|startSample|stop|restart|kill|freeze|thaw|add|fail|repair|submit|suspend|resume|terminate|reset)$/;
  const items = menuItems.filter(({ command }) => changes.test(command));
  assert.ok(items.length > 20);
  for (const { command, when } of items) assert.match(when ?? '', /isWorkspaceTrusted/, command);
});

test('the files the manifest names exist', () => {
  const files = [
    manifest.icon,
    ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
    ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.svg)),
    ...contributes.jsonValidation.map(({ url }) => url),
    manifest.l10n,
  ];
  for (const file of files) assert.ok(existsSync(file), file);
});

test('the walkthrough has at most six steps, drawn in the colours of the theme', () => {
  for (const { steps } of contributes.walkthroughs) {
    assert.ok(steps.length <= 6);
    for (const { media } of steps) {
      const svg = readFileSync(media.svg, 'utf8');
      assert.doesNotMatch(svg, /#[0-9a-f]{3,6}\b/i, media.svg);
    }
  }
});

test('settings that choose a path do not apply in Restricted Mode', () => {
  const paths = Object.keys(contributes.configuration.properties).filter((name) => /(?:Folder|Path)$/.test(name));
  assert.deepEqual(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.sort(), paths.sort());
});

test('the button of every error runs a command that exists', () => {
  const known = new Set<string>([...ids, 'vscode.open', 'workbench.action.openSettings', 'workbench.trust.manage']);
  for (const code of Object.keys(catalogue)) {
    const { title, command } = errorAction(code, { file: 'f', name: 'n' }, (template) => template);
    assert.notEqual(title, '');
    assert.ok(known.has(command), `${code}: ${command}`);
  }
});
