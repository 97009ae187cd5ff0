// A process of test files, `node run-tests.js ID`: their modules come from the environment. The id, which differs in each process,
// is part of the paths of tap's fixtures. Names each file before it runs it.
import t from 'tap'

for (const module of process.env.MUTATION_TESTS.split(' ')) {
  // A test too: the tests of the file wait in the queue behind it, and the next file behind them.
  await t.test(`load ${module}`, async () => {
    console.log(`# file ${module}`)
    await import(module)
  })
}
