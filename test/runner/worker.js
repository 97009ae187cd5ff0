// Runs test files in this process, one after the other, until the parent has none left.
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { startCoverage } from './coverage.js'

/** Milliseconds after the last file in which the process should exit. */
const MAX_EXIT_MS = 15_000

startCoverage()
writeOncePerTurn(process.stdout)
let more = true
let ended = false
process.once('disconnect', () => { if (!ended) process.exit(1) })
while (more) {
  // It stays false if tap has ended, which it does after a failure with --bail.
  more = false
  // To load a file is a test too: the tests of the file wait in the queue behind it, and the next file behind them.
  await t.test('load the next file', async () => {
    // tap lets the channel keep no process alive.
    process.channel.ref()
    process.send('next')
    const [path] = await once(process, 'message')
    process.channel.unref()
    more = path !== null
    if (more) await import(pathToFileURL(path).href)
  })
}
ended = true
process.disconnect()
setTimeout(reportResources, MAX_EXIT_MS).unref()

/** A file that leaves a connection or a timer open keeps the process from exiting, until a time limit of tap, which does not name it. */
function reportResources () {
  const sockets = process._getActiveHandles().filter(({ remotePort }) => remotePort !== undefined).map(({ localPort, remotePort }) => `${localPort} -> ${remotePort}`)
  console.log(`the process does not exit: ${process.getActiveResourcesInfo().join(', ')}, sockets ${sockets.join(', ') || 'none'}`)
}

/** A pipe is written synchronously, and each assertion is a line: writes those of one turn of the event loop together. */
function writeOncePerTurn (stream) {
  const write = stream.write.bind(stream)
  // Tests may replace it by a clock of theirs.
  const { setImmediate } = globalThis
  const uncork = () => stream.uncork()
  stream.write = (...args) => {
    if (stream.writableCorked === 0) {
      stream.cork()
      setImmediate(uncork)
    }
    return write(...args)
  }
  process.on('exit', uncork)
}
