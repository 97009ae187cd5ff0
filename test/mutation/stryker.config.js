// One folder a run: `FOLDER=oauth stryker run test/mutation/stryker.config.js`, from the root of the repository.
const folder = process.env.FOLDER ?? 'oauth'

/** The tests that hold a folder to its word. Others only make the run longer. */
const TESTS = {
  oauth: ['oauth/*', 'fuzz/{bearer,responses}'],
  zitadel: ['zitadel/*', 'options/{key,key-file,address,issuer}', 'fuzz/responses'],
  introspector: ['introspector/*', 'resilience/*', 'fuzz/responses'],
  guard: ['guard/*', 'plugin/*', 'fuzz/options']
}

export default {
  mutate: [`lib/${folder}/**/*.ts`],
  testRunner: 'tap',
  plugins: ['@stryker-mutator/tap-runner'],
  tap: { testFiles: TESTS[folder].map((name) => `test/${name}.test.ts`) },
  coverageAnalysis: 'perTest',
  ignorePatterns: ['/dist', '/build', '/.tap', '/bench', '/test/mutation', '/test/contract'],
  tempDirName: 'build/mutation',
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `build/mutation-${folder}.json` },
  concurrency: Number(process.env.CONCURRENCY ?? 2),
  timeoutMS: 20_000
}
