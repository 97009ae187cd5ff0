/** Set by node:test, tap, vitest, jest and playwright. */
const VARIABLES = ['NODE_TEST_CONTEXT', 'TAP', 'VITEST', 'JEST_WORKER_ID', 'TEST_WORKER_INDEX']

/**
 * Whether this process runs a test: a test runner has set its variable, `NODE_ENV` is `test`, or the main file is named like a test.
 *
 * @param mainFile `process.argv[1]`
 */
export function isTestRun (env: NodeJS.ProcessEnv, mainFile = ''): boolean {
  return env['NODE_ENV'] === 'test' ||
    VARIABLES.some((name) => env[name] !== undefined) ||
    /[._-](?:test|spec)\.[cm]?[jt]sx?$|[\\/](?:tests?|__tests__)[\\/]/.test(mainFile)
}
