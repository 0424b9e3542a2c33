import type { Plugin } from 'esbuild';

/**
 * Takes the fault points out of what ships: faultPoint() becomes empty, and the bundler removes its calls. Whatever else the shipped code
 * would import from that module fails the build.
 */
export const withoutFaultPoints: Plugin = {
  name: 'without-fault-points',
  setup(build) {
    build.onLoad({ filter: /[\\/]emulator[\\/]faults[\\/]faultPoint\.ts$/ }, () => ({ contents: 'export function faultPoint() {}' }));
  },
};
