import tseslint from 'typescript-eslint'

const pureFolders = ['model', 'api', 'desired', 'plan', 'status'].map((folder) => `src/${folder}/**/*.ts`)
const timeAndChance = [
  { object: 'Date', property: 'now', message: 'The pure core takes time as an argument.' },
  { object: 'Math', property: 'random', message: 'The pure core takes chance as an argument.' },
  { object: 'performance', property: 'now', message: 'The pure core takes time as an argument.' },
]

export default tseslint.config(
  { ignores: ['dist/', 'dist-*/', 'coverage/', 'src/api/generated/', 'node_modules/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
        { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that defines it.' },
        { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' },
      ],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      complexity: ['error', 12],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
    },
  },
  { files: pureFolders, ignores: ['**/*.test.ts'], rules: { 'no-restricted-properties': ['error', ...timeAndChance] } },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
)
