/** `npm run package`: builds and packs the extension into out/scaled-out-hosts.vsix, one file for every system. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { run } from './processes.ts';
import { stagePackage } from './stagePackage.ts';

const VSIX = 'out/scaled-out-hosts.vsix';
/** Size that fails, in bytes. */
const LIMIT = 2 * 1024 * 1024;

if ((await run(process.execPath, ['scripts/build.ts'])) !== 0) throw new Error('The build failed.');
const cwd = stagePackage();
await createVSIX({ cwd, packagePath: resolve(VSIX), dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false });
const { size } = statSync(VSIX);
if (size > LIMIT) throw new Error(`${VSIX} has ${size} bytes, the limit is ${LIMIT}.`);
