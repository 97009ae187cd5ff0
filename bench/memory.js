import { startProcess } from './parts/processes.js'

const USERS = 1000

/** Measures the memory of the guard, and whether random tokens increase it or evict verdicts of users. */
export async function measureMemory ({ verdicts, randomTokens }) {
  const ask = async (question, details) => {
    const process = await startProcess('memory-process.js', [question], ['--expose-gc'])
    const answer = await process.ask(question, details)
    await process.stop()
    return answer
  }
  const { bytes, response } = await ask('verdicts', verdicts)
  const { evicted, grown } = await ask('flood', { randomTokens, users: USERS })
  const kilobytes = bytes / 1000
  const megabytes = grown / 1e6
  const each = (count) => count.toLocaleString('en')

  return {
    title: 'Memory',
    text: 'Heap and typed arrays after a collection. Of a verdict: the response, what decisions read, and the frozen view that handlers get. The flood is the maximum during its time.',
    head: ['what', 'measured'],
    rows: [
      [`a cached verdict, of ${each(verdicts)}, with a response of ${each(response)} characters`, `${kilobytes.toFixed(2)} kB`],
      ['100,000 cached verdicts', `${(kilobytes * 100).toFixed(0)} MB`],
      [`heap over the start under ${each(randomTokens)} random tokens`, `${megabytes.toFixed(1)} MB`],
      [`verdicts of ${each(USERS)} users evicted by them before their ttl`, String(evicted)]
    ],
    targets: [
      { what: 'memory per cached verdict, with a response of 1 kB', goal: 'below 2.5 kB', measured: `${kilobytes.toFixed(2)} kB`, reached: kilobytes < 2.5, why: 'the index of verdicts by user, session and jti and the record of known tokens came after the goal was set' },
      { what: `heap under a flood of ${each(randomTokens)} random tokens, over the start`, goal: 'below 10 MB', measured: `${megabytes.toFixed(1)} MB`, reached: megabytes < 10 },
      { what: 'legitimate verdicts evicted by it before their ttl', goal: '0', measured: String(evicted), reached: evicted === 0 }
    ]
  }
}
