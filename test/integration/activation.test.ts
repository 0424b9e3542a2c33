/** Guarantee: VS Code loads the extension from its manifest and it activates without a process, a question or an error. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('activation', () => {
  const extension = () => {
    const found = vscode.extensions.getExtension('scaled-out-hosts.scaled-out-hosts');
    assert.ok(found, 'VS Code does not know the extension');
    return found;
  };

  it('activates', async () => {
    await extension().activate();
    assert.equal(extension().isActive, true);
  });

  it('registers every command of its manifest', async () => {
    const manifest = extension().packageJSON as { readonly contributes?: { readonly commands?: readonly { readonly command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = (manifest.contributes?.commands ?? []).filter(({ command }) => !registered.has(command));
    assert.deepEqual(missing, []);
  });
});
