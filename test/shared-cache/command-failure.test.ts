import t from 'tap'
import { getFailureReason, isErrorReply, RedisCommandError } from '../../lib/shared-cache/command-failure.ts'

t.test('the first word of an error reply of Redis is the reason', async (t) => {
  for (const word of ['READONLY', 'OOM', 'NOAUTH', 'WRONGPASS', 'NOPERM', 'LOADING', 'MISCONF', 'NOREPLICAS', 'MASTERDOWN', 'BUSY', 'WRONGTYPE', 'MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'ERR']) {
    t.equal(getFailureReason(new Error(`${word} secret`)), word)
    t.equal(getFailureReason(new Error(word)), word)
    t.ok(isErrorReply(word))
  }
  for (const message of ['SECRET secret', 'readonly', '', 'xERR', 'ERRx', ' ERR']) t.equal(getFailureReason(new Error(message)), 'FAILED', message)
  for (const reason of ['FAILED', 'DEADLINE', 'NOT_CONNECTED', 'ECONNRESET', '']) t.notOk(isErrorReply(reason), reason)
})

t.test('the code of an error comes before its message', async (t) => {
  t.equal(getFailureReason({ code: 'ECONNRESET', message: 'READONLY' }), 'ECONNRESET')
  for (const code of ['AB', 'A_', 'A'.repeat(31)]) t.equal(getFailureReason({ code }), code)
  for (const code of ['A', 'A'.repeat(32), '_A', 'aB', 'Ab', 'A1', 'xAB', 'ABx', 7, ['AB'], undefined]) t.equal(getFailureReason({ code, message: 'READONLY' }), 'READONLY', String(code))
  for (const error of [undefined, null, 'READONLY', {}, { message: ['READONLY'] }, { message: 7 }]) t.equal(getFailureReason(error), 'FAILED')
})

t.test('a failure is no reply unless it is one', async (t) => {
  t.notOk(new RedisCommandError().isReply)
  t.ok(new RedisCommandError(true).isReply)
})
