import t from 'tap'
import { DeadlineExceededError } from '../../lib/client/deadline.ts'
import { getErrorCode, toOutageError } from '../../lib/client/outage.ts'
import { SigningError } from '../../lib/oauth/client-authentication.ts'

/** What an outage says, what it advises, and whether strangers can bring it about. */
function told (error: unknown, hadTurn = true): [message: string, advice: string, provokable: boolean] {
  const { message, advice, canBeCausedByCaller } = toOutageError(error, 250, hadTurn)
  return [message, advice, canBeCausedByCaller]
}

const coded = (code: unknown, message = 'a secret'): Error => Object.assign(new Error(message), { code })

t.test('a deadline that is over blames ZITADEL, or the crowd before it', async (t) => {
  t.same(told(new DeadlineExceededError()), ['no answer from ZITADEL within 250 ms', 'check the load of ZITADEL and the network between, or raise the option "timeout"', false])
  t.same(told(new DeadlineExceededError(), false), ['no turn to ask ZITADEL within 250 ms', 'check for a flood of tokens, or raise the option "limits"', true])
})

t.test('a parser is not quoted: it quotes the peer', async (t) => {
  const error = Object.assign(new Error('a secret'), { name: 'HTTPParserError', code: 'HPE_INVALID_CONSTANT' })
  const [message, advice, provokable] = told(error)
  t.equal(message, 'what answered does not speak HTTP')
  t.match(advice, /check that it is ZITADEL that answers/)
  t.notOk(provokable)
})

t.test('a signer that fails is told apart from ZITADEL', async (t) => {
  const error = new SigningError('the signer threw')
  t.same(told(error), [error.message, 'check the option "credentials", and the key store behind it', false])
})

t.test('an error is told by its code', async (t) => {
  t.same(told(coded('ECONNREFUSED')), ['no answer from ZITADEL (ECONNREFUSED)', 'check that ZITADEL runs, and listens at "issuer" or "address"', false])
  t.same(told(coded('ANSWER_TOO_LARGE')).slice(0, 1), ['no answer from ZITADEL (ANSWER_TOO_LARGE)'])
  t.equal(told(coded('ANSWER_TOO_LARGE'))[2], true, 'whose answer is too large, a stranger can choose')
})

const CODELESS = [
  null, undefined, 'a secret', 7, new Error('a secret'),
  coded(7), coded(['ECONNRESET']), coded({ toString: () => 'ECONNRESET' }),
  coded('a secret'), coded('ECONNRESET a secret'), coded('a secret\nECONNRESET'), coded('ECONNRESETé'), coded('1E'), coded(''), coded(`E${'X'.repeat(41)}`)
]
t.test('what has no code that could be one is not quoted', async (t) => {
  for (const error of CODELESS) {
    t.equal(getErrorCode(error), '')
    t.same(told(error), ['no answer from ZITADEL (the exchange broke)', 'check ZITADEL, what stands in front of it, and the network between', false])
  }
  for (const code of ['E', 'ECONNRESET', 'UND_ERR_SOCKET', 'E_2', `E${'X'.repeat(40)}`]) t.equal(getErrorCode(coded(code)), code)
})
