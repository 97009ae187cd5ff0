// One folder a run, from the root of the repository; `FILES=guard,decision` keeps to these of its files, and
// `TESTS='guard/access guard/reply'` to these tests.
const folder = process.env.FOLDER ?? 'oauth'
const files = process.env.FILES === undefined ? '*' : `{${process.env.FILES},}`

/** The tests that hold a folder to its word. Others only make the run longer. */
const TESTS = {
  oauth: ['oauth/*', 'fuzz/{bearer,responses}'],
  zitadel: ['zitadel/*', 'options/{key,key-file,address,issuer}'],
  introspector: ['introspector/*', 'resilience/{advice,breaker,circuit,doubted,key-file-watch,limiter,log-lines,refresh-ahead,reporter,retry,stale,verify-on-start}', 'shared/{forget,whole}'],
  'introspector/shared': ['shared/*', 'introspector/lifetime'],
  guard: ['guard/*', 'plugin/*', 'introspector/freshness']
}

export default {
  mutate: [`lib/${folder}/${files}.ts`],
  testRunner: 'tap',
  plugins: ['@stryker-mutator/tap-runner'],
  tap: { testFiles: (process.env.TESTS?.split(' ') ?? TESTS[folder]).map((name) => `test/${name}.test.ts`) },
  coverageAnalysis: 'perTest',
  ignorePatterns: ['/dist', '/build', '/.tap', '/bench', '/test/mutation', '/test/contract'],
  tempDirName: 'build/mutation',
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `build/mutation-${folder.replace('/', '-')}.json` },
  concurrency: Number(process.env.CONCURRENCY ?? 2),
  timeoutMS: 20_000
}
