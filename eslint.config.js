import path from 'node:path';
import tseslint from 'typescript-eslint';

/**
 * The arrows of docs/architecture.md: a room and what it may import. An entry is a folder or a file; `types:` in front of it allows type
 * imports only. What is inside the own room, and SHARED, is always allowed. Folders that are not listed may import anything.
 */
const ROOMS = {
  'emulator/orchestration': [],
  'emulator/authoring': ['emulator/orchestration'],
  'emulator/engine': ['emulator/orchestration'],
  'emulator/messagebox': [
    'types:emulator/engine',
    'types:emulator/group',
    'emulator/group/commandArguments.ts',
    'emulator/group/instanceFilter.ts',
    'emulator/group/profiles.ts',
    'emulator/orchestration',
    'emulator/faults/faultPoint.ts',
    'emulator/loopback.ts',
  ],
  'emulator/hosting': [
    'types:emulator/messagebox',
    'emulator/messagebox/client.ts',
    'emulator/messagebox/frames.ts',
    'emulator/messagebox/limits.ts',
    'emulator/messagebox/supervisorFrames.ts',
    'types:emulator/group',
    'emulator/group/profiles.ts',
    'emulator/engine',
    'emulator/authoring',
    'emulator/orchestration',
    'emulator/faults/faultPoint.ts',
    'emulator/loopback.ts',
  ],
  'emulator/group': [
    'types:emulator/hosting',
    'types:emulator/messagebox',
    'types:emulator/engine',
    'types:emulator/orchestration',
    'types:emulator/authoring',
    'emulator/authoring/editorTypes.ts',
    'emulator/hosting/settings.ts',
    'emulator/tracking',
    'emulator/replay',
    'emulator/messagebox/frames.ts',
    'emulator/messagebox/frameSchemas.ts',
    'emulator/messagebox/framing.ts',
    'emulator/messagebox/summaries.ts',
    'emulator/messagebox/supervisorFrames.ts',
    'emulator/messagebox/storage/ownerFile.ts',
    'emulator/messagebox/storage/processIdentity.ts',
    'emulator/faults/faultPoint.ts',
    'emulator/loopback.ts',
    'webview/zh-cn.json',
  ],
  'emulator/tracking': [
    'types:emulator/group',
    'emulator/group/instanceFilter.ts',
    'emulator/messagebox/summaries.ts',
    'types:emulator/engine',
    'types:emulator/orchestration',
    'types:emulator/messagebox',
    'emulator/messagebox/records.ts',
    'emulator/messagebox/savedState.ts',
    'emulator/messagebox/storage',
  ],
  'emulator/replay': [
    'emulator/messagebox',
    'emulator/tracking',
    'types:emulator/group',
    'emulator/group/instanceFilter.ts',
    'emulator/group/loadSample.ts',
    'emulator/group/profiles.ts',
  ],
  'emulator/faults': ['types:emulator/messagebox/storage'],
  'emulator/cli': [
    'emulator/group',
    'emulator/tracking',
    'emulator/replay',
    'types:emulator/engine',
    'emulator/messagebox/storage/folders.ts',
  ],
  extension: ['emulator/group', 'emulator/replay', 'emulator/messagebox/storage/folders.ts'],
  webview: [
    'emulator/group/pageProtocol.ts',
    'emulator/group/filterText.ts',
    'emulator/group/loadSample.ts',
    'types:emulator/group',
    'types:emulator/tracking',
  ],
  samples: ['emulator/authoring'],
};
const SHARED = [
  'emulator/errors.ts',
  'emulator/errorCatalogue.ts',
  'emulator/loopback.ts',
  'emulator/slices.ts',
  'emulator/text',
  'package.json',
];
/** The rooms where time, chance and the outside world come in as parameters. */
const PURE_ROOMS = ['emulator/engine', 'emulator/orchestration'];

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
    const check = (node, typesOnly) => {
      const from = node.source?.value;
      if (typeof from !== 'string' || !from.startsWith('.')) return;
      const target = path.posix.join(path.posix.dirname(file), from);
      if (within(target, room) || SHARED.some((place) => within(target, place))) return;
      if (ROOMS[room].some((place) => within(target, place))) return;
      const types = ROOMS[room].some((place) => place.startsWith('types:') && within(target, place.slice('types:'.length)));
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
      'no-restricted-imports': ['error', { paths: [{ name: 'vscode', message: 'Only extension/ knows VS Code.' }] }],
      'no-restricted-syntax': ['error', noDefaultExport],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Numbers and booleans read well in a message; an object would not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Frames arrive as JSON: a check that the types call needless is often the check of the boundary itself.
      '@typescript-eslint/no-unnecessary-condition': 'off',
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
