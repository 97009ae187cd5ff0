import t from 'tap'
import { Writable } from 'node:stream'
import { openOutput, type Output } from '../../lib/cli/output.ts'

interface Subject extends Output {
  readonly written: string[]
  readonly statuses: number[]
}

/** Output whose streams take what they get, or fail as the given functions do. */
function open (fail: { readonly stdout?: (error: Error) => Error, readonly stderr?: (error: Error) => Error } = {}): Subject {
  const written: string[] = []
  const statuses: number[] = []
  const create = (name: 'stdout' | 'stderr'): NodeJS.WriteStream => new Writable({
    write (chunk, _encoding, done) {
      if (fail[name] !== undefined) return done(fail[name](Object.assign(new Error('write failed'), { code: 'EPIPE' })))
      written.push(`${name} ${String(chunk)}`)
      done()
    }
  }) as NodeJS.WriteStream
  return { written, statuses, ...openOutput({ stdout: create('stdout'), stderr: create('stderr'), exit: (status) => { statuses.push(status) } }) }
}

const turn = async (): Promise<void> => await new Promise((resolve) => { setImmediate(resolve) })
const LINE = 'stderr fastify-zitadel: standard output cannot be written (EPIPE): let its reader read to the end, or check the disk\n'

t.test('the process ends with the status of the command when everything is written', async (t) => {
  const { write, writeError, end, written, statuses } = open()
  write('a')
  writeError('b')
  await turn()
  t.same(statuses, [])
  end(2)
  await turn()
  t.same([written.filter((text) => !text.endsWith(' ')), statuses], [['stdout a', 'stderr b'], [2]])
})

t.test('if standard output fails, the process ends with status 1 and one line', async (t) => {
  const { write, written, statuses } = open({ stdout: (error) => error })
  write('a')
  await turn()
  t.same([written, statuses], [[LINE], [1]])
})

t.test('an output that fails at the end does not have the status of the command', async (t) => {
  const { write, end, written, statuses } = open({ stdout: (error) => error })
  write('a')
  end(0)
  await turn()
  t.notOk(statuses.includes(0))
  t.equal(written[0], LINE)
})

t.test('a file that throws is reported in the same way', async (t) => {
  const { write, written, statuses } = open({ stdout: (error) => { throw error } })
  write('a')
  t.same(statuses, [1])
  await turn()
  t.same(written, [LINE])
})

t.test('if standard error fails, the command goes on', async (t) => {
  const { write, writeError, end, written, statuses } = open({ stderr: (error) => error })
  writeError('a')
  await turn()
  write('b')
  end(0)
  await turn()
  t.same([written.filter((text) => !text.endsWith(' ')), statuses], [['stdout b'], [0]])
  const thrown = open({ stderr: (error) => { throw error } })
  thrown.writeError('a')
  t.same(thrown.statuses, [])
})
