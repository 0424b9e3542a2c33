/**
 * Bundles what ships into dist/, and with `--test` the emulator with its fault points into out/test-dist/. Says everything on standard
 * error, so that `npm run demo -- --json` keeps standard output for itself.
 */
import { existsSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build as bundle, type BuildOptions, type Plugin } from 'esbuild';
import { writeAuthoringTypes } from './authoringTypes.ts';
import { writeNotices } from './thirdPartyNotices.ts';
import { withoutCommandLineTexts } from './withoutCommandLineTexts.ts';
import { withoutDescriptions } from './withoutDescriptions.ts';
import { withoutFaultPoints } from './withoutFaultPoints.ts';
import { withoutIndentation } from './withoutIndentation.ts';

interface Bundle {
  readonly entry: string;
  /** Path inside the output folder. */
  readonly out: string;
  readonly options: BuildOptions;
  readonly plugins?: readonly Plugin[];
  /** Of what is shipped only. */
  readonly without?: readonly Plugin[];
  /** Size that fails the build, in bytes. */
  readonly limit?: number;
}

const KB = 1024;

/** Oldest Node of a user's machine; a bundled CommonJS dependency finds `require` for Node's own modules. */
const emulator: BuildOptions = {
  platform: 'node',
  target: 'node20',
  format: 'esm',
  banner: { js: "import { createRequire as bundledRequire } from 'node:module';\nconst require = bundledRequire(import.meta.url);" },
};

/** The parser of TypeScript, a quarter of a megabyte, is in one bundle; the others load it from there. */
const parserBeside: Plugin = {
  name: 'parser-beside',
  setup(build) {
    build.onResolve({ filter: /^\.\/stripTypes\.ts$/ }, () => ({ path: './stripTypes.mjs', external: true }));
  },
};

const EMULATOR: readonly Bundle[] = [
  { entry: 'emulator/cli/main.ts', out: 'cli.mjs', options: emulator },
  { entry: 'emulator/group/main.ts', out: 'supervisor.mjs', options: emulator },
  { entry: 'emulator/messagebox/process/main.ts', out: 'messageBox.mjs', options: emulator },
  { entry: 'emulator/messagebox/process/snapshotWorkerMain.ts', out: 'snapshotWorker.mjs', options: emulator },
  { entry: 'emulator/hosting/main.ts', out: 'hostInstance.mjs', options: emulator },
  { entry: 'emulator/hosting/disassemblyThread.ts', out: 'disassemblyThread.mjs', options: emulator },
  { entry: 'emulator/hosting/check/main.ts', out: 'checkGroup.mjs', options: emulator },
  { entry: 'emulator/authoring/index.ts', out: 'authoring.mjs', options: emulator },
  { entry: 'emulator/authoring/hooksThread.ts', out: 'hooksThread.mjs', options: emulator, plugins: [parserBeside] },
  { entry: 'emulator/authoring/stripTypes.ts', out: 'stripTypes.mjs', options: emulator },
  { entry: 'emulator/authoring/stripAhead.ts', out: 'stripAhead.mjs', options: emulator, plugins: [parserBeside] },
];

const VS_CODE: readonly Bundle[] = [
  {
    entry: 'extension/extension.ts',
    out: 'extension.cjs',
    options: { platform: 'node', target: 'node24', format: 'cjs', external: ['vscode'], minify: true, keepNames: true },
    without: [withoutCommandLineTexts],
    limit: 400 * KB,
  },
  {
    entry: 'webview/main.ts',
    out: 'webview/main.js',
    options: { platform: 'browser', target: 'es2024', format: 'esm', minify: true },
    // 350 KB, and what tells of transactions by what ran: what was given back, and what was compensated in which order.
    limit: 356 * KB,
  },
];

interface Made {
  /** Bytes. */
  readonly size: number;
  /** The files it was made from. */
  readonly inputs: readonly string[];
}

/** One bundle, or undefined where the entry is not there. */
async function make(item: Bundle, folder: string, forTests: boolean): Promise<Made | undefined> {
  if (!existsSync(item.entry)) {
    console.error(`build: left out ${folder}/${item.out}: there is no ${item.entry}`);
    return undefined;
  }
  const outfile = `${folder}/${item.out}`;
  const result = await bundle({
    ...item.options,
    entryPoints: [item.entry],
    outfile,
    bundle: true,
    metafile: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    // Escaped, a Chinese character takes twice as many bytes.
    charset: 'utf8',
    logLevel: 'warning',
    // A package's ES modules first: the other form of some (UMD) requires its parts in a way that cannot be bundled.
    mainFields: ['module', 'main'],
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
    plugins: [
      ...(item.plugins ?? []),
      ...(forTests ? [] : [withoutDescriptions, withoutFaultPoints, withoutIndentation, ...(item.without ?? [])]),
    ],
  });
  const size = result.metafile.outputs[outfile]?.bytes ?? 0;
  if (item.limit !== undefined && size > item.limit) {
    const biggest = Object.entries(result.metafile.outputs[outfile]?.inputs ?? {})
      .sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
      .slice(0, 5)
      .map(([name, input]) => `\n  ${kilobytes(input.bytesInOutput)} ${name}`);
    throw new Error(`${outfile} has ${kilobytes(size)}, the limit is ${kilobytes(item.limit)}. The largest parts:${biggest.join('')}`);
  }
  return { size, inputs: Object.keys(result.metafile.inputs) };
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / KB)} KB`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { test: { type: 'boolean', default: false } } });
  const started = performance.now();
  const folder = values.test ? 'out/test-dist' : 'dist';
  const bundles = values.test ? EMULATOR : [...EMULATOR, ...VS_CODE];
  for (const { out } of bundles) rmSync(`${folder}/${out}`, { force: true });
  // A bundle that fails does not keep the others from being made.
  const results = await Promise.allSettled(bundles.map((item) => make(item, folder, values.test)));
  let total = 0;
  const inputs: string[] = [];
  for (const [at, result] of results.entries()) {
    if (result.status === 'fulfilled') {
      total += result.value?.size ?? 0;
      inputs.push(...(result.value?.inputs ?? []));
    } else {
      // esbuild has printed the places already.
      console.error(`build: ${bundles[at]?.out ?? ''} failed: ${String(result.reason).split('\n', 1)[0] ?? ''}`);
      process.exitCode = 1;
    }
  }
  if (!values.test) {
    writeAuthoringTypes('emulator/authoring/index.ts', 'dist/authoring.d.ts');
    writeNotices(inputs, 'dist/THIRD-PARTY-NOTICES.txt');
  }
  console.error(`build: ${folder}, ${kilobytes(total)} in ${Math.round(performance.now() - started)} ms`);
}

await main();
