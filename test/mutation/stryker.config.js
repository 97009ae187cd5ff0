// One folder a run, from the root of the repository; `FILES=guard,access-checks` keeps to these of its files, and
// `TESTS='guard/access guard/reply'` to these tests.
const folder = process.env.FOLDER ?? 'oauth'
const files = process.env.FILES === undefined ? '*' : `{${process.env.FILES},}`

/** The tests of each folder. Others only make the run longer. */
const TESTS = {
  oauth: ['oauth/*', 'properties/{bearer,responses}'],
  zitadel: ['zitadel/*', 'options/{key,key-file,address,issuer}'],
  options: ['options/*', 'properties/{credentials,options}'],
  client: ['client/*', 'properties/{responses,response-headers}'],
  'shared-cache': ['shared-cache/*', 'options/shared-cache', 'verdicts/ttl', 'end-to-end/two-apps'],
  verdicts: ['verdicts/*', 'shared-cache/verdict-age', 'source/close', 'end-to-end/two-apps'],
  source: ['source/*'],
  guard: ['guard/*', 'plugin/*', 'verdicts/freshness'],
  resource: ['resource/*', 'options/resource'],
  events: ['events/*', 'options/events'],
  openapi: ['openapi/*'],
  telemetry: ['telemetry/*']
}

export default {
  mutate: [`lib/${folder}/${files}.ts`],
  testRunner: 'tap',
  plugins: ['@stryker-mutator/tap-runner'],
  tap: { testFiles: (process.env.TESTS?.split(' ') ?? TESTS[folder]).map((name) => `test/${name}.test.ts`) },
  coverageAnalysis: 'perTest',
  ignorePatterns: ['/dist', '/build', '/.tap', '/bench', '/test/mutation', '/test/contract'],
  tempDirName: 'build/mutation',
  reporters: [process.stderr.isTTY ? 'progress' : 'progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `build/mutation-${folder.replace('/', '-')}.json` },
  concurrency: Number(process.env.CONCURRENCY ?? 2),
  timeoutMS: 20_000
}
