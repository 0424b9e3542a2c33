import { readFileSync } from 'node:fs';
import path from 'node:path';
import tseslint from 'typescript-eslint';

/**
 * The rooms of docs/architecture.md from the top floor down. An entry of `uses` is a room or a file of one; `types:` in front of it allows
 * type imports only. The own room and `shared` are always allowed. Folders that are not listed (tests, scripts) may import anything. In the
 * `pure` rooms time, chance and the outside world come in as parameters.
 */
const { rooms: ROOMS, shared: SHARED, pure: PURE_ROOMS } = JSON.parse(readFileSync(new URL('scripts/rooms.json', import.meta.url), 'utf8'));

const within = (file, place) => file === place || file.startsWith(`${place}/`);

const arrows = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      arrow: '{{room}} may not import {{target}} (docs/architecture.md, "Rooms").',
      types: '{{room}} may import only types from {{target}} (docs/architecture.md, "Rooms").',
    },
  },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const room = Object.keys(ROOMS).find((name) => within(file, name));
    if (room === undefined) return {};
    const { uses } = ROOMS[room];
    const check = (node, typesOnly) => {
      const from = node.source?.value;
      if (typeof from !== 'string' || !from.startsWith('.')) return;
      const target = path.posix.join(path.posix.dirname(file), from);
      if (within(target, room) || SHARED.some((place) => within(target, place))) return;
      if (uses.some((place) => within(target, place))) return;
      const types = uses.some((place) => place.startsWith('types:') && within(target, place.slice('types:'.length)));
      if (types && typesOnly) return;
      context.report({ node, messageId: types ? 'types' : 'arrow', data: { room, target } });
    };
    return {
      ImportDeclaration: (node) => check(node, node.importKind === 'type'),
      ExportNamedDeclaration: (node) => check(node, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, false),
      TSImportType: (node) => check(node, true),
    };
  },
};

const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Export by name.' };
const pure = (what) => `${what} comes in as a parameter here.`;
const VSCODE = { name: 'vscode', message: 'Only extension/ knows VS Code.' };

/**
 * Here time is the Clock port's, so that the same code runs in a simulation; only a program (`main.ts`, a worker) puts the
 * machine's clock in.
 */
const ON_A_CLOCK = [
  'emulator/cli',
  'emulator/control',
  'emulator/group',
  'emulator/hosting',
  'emulator/messagebox/protocol',
  'emulator/messagebox/core',
  'emulator/messagebox/view',
  'emulator/messagebox/process',
];
const ported = (what) => `${what} comes in through a port here (emulator/clock.ts).`;

export default tseslint.config(
  { ignores: ['dist/', 'out/', '.vscode-test/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { house: { rules: { arrows } } },
    rules: {
      'house/arrows': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true, IIFEs: true }],
      'no-console': 'error',
      'no-restricted-imports': ['error', { paths: [VSCODE] }],
      'no-restricted-syntax': ['error', noDefaultExport],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Numbers and booleans read well in a message; an object would not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Frames arrive as JSON: a check that the types call needless is often the check of the boundary itself.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Does not come back from a recursive type with a class in it (what a variable may hold).
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: PURE_ROOMS.map((room) => `${room}/**/*.ts`),
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'performance', 'process', 'crypto', 'fetch'].map((name) => ({
          name,
          message: pure(name),
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: pure('Time') },
        { object: 'Math', property: 'random', message: pure('Chance') },
      ],
      'no-restricted-syntax': [
        'error',
        noDefaultExport,
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: pure('Time') },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'node:crypto', allowImportNames: ['createHash'], message: pure('Chance') }],
          patterns: [{ group: ['node:*', '!node:crypto', 'vscode', 'ws'], message: pure('The outside world') }],
        },
      ],
    },
  },
  {
    files: ON_A_CLOCK.map((room) => `${room}/**/*.ts`),
    ignores: ['**/main.ts', '**/snapshotWorkerMain.ts', 'emulator/hosting/adapters/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({ name, message: ported('Time') })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: ported('Time') },
        { object: 'AbortSignal', property: 'timeout', message: ported('Time') },
        { object: 'Math', property: 'random', message: ported('Chance') },
      ],
      'no-restricted-syntax': [
        'error',
        noDefaultExport,
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: ported('Time') },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [VSCODE, ...['node:timers', 'node:timers/promises', 'node:perf_hooks'].map((name) => ({ name, message: ported('Time') }))],
          patterns: [{ group: ['**/clock.ts'], importNames: ['nodeClock'], message: ported('Time') }],
        },
      ],
    },
  },
  { files: ['extension/**/*.ts', 'test/integration/**/*.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['emulator/cli/**/*.ts', 'scripts/**/*.ts', 'test/**/*.ts', 'samples/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    // The callback of describe() is as long as its tests, and node:test's own promises are awaited by the runner.
    files: ['test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'describe', 'it', 'suite'] }] },
      ],
    },
  },
);
