// A process of test files, `node run-tests.js ID`: their modules come from the environment. The id, which differs in each process,
// is part of the paths of tap's fixtures. Names each file before it runs it.
import { runFiles } from '../runner/run-files.js'

await runFiles(Object.fromEntries(process.env.MUTATION_TESTS.split(' ').map((module) => [module, async () => {
  console.log(`# file ${module}`)
  return await import(module)
}])))
