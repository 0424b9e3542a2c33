import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/**
 * Takes the fault points out of what ships: every line that is a call of `faultPoint` becomes empty, so that line numbers stay, and the module
 * itself has nothing. Whatever else the shipped code would use of it fails the build.
 */
export const withoutFaultPoints: Plugin = {
  name: 'without-fault-points',
  setup(build) {
    build.onLoad({ filter: /[\\/]emulator[\\/]faults[\\/]faultPoint\.ts$/ }, () => ({ contents: 'export {};' }));
    build.onLoad({ filter: /[\\/]emulator[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/^ *faultPoint\('[\w.]+'\);$/gm, ''),
      loader: 'ts',
    }));
  },
};
