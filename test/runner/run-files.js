import t from 'tap'

/**
 * Runs test files in this process, one after the other. To load a file is a test too: the tests of the file wait in the
 * queue behind it, and the next file behind them.
 * @param {Record<string, () => Promise<unknown>>} files how to load each, by name
 */
export async function runFiles (files) {
  for (const [name, load] of Object.entries(files)) await t.test(`load ${name}`, async () => { await load() })
}
