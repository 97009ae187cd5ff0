import t from 'tap'
import { parseBearerCredentials } from '../../lib/oauth/bearer.ts'

t.test('the text after the scheme is returned unchanged, whether it is a token or not', async (t) => {
  t.equal(parseBearerCredentials('Bearer mF_9.B5f-4.1JqM'), 'mF_9.B5f-4.1JqM')
  t.equal(parseBearerCredentials('Bearer two words'), 'two words')
  t.equal(parseBearerCredentials('Bearer tökén'), 'tökén')
})

t.test('the scheme is case-insensitive (RFC 9110 section 11.1)', async (t) => {
  for (const scheme of ['bearer', 'BEARER', 'bEaReR']) t.equal(parseBearerCredentials(`${scheme} token`), 'token')
})

t.test('several spaces separate the scheme from the token like one', async (t) => {
  t.equal(parseBearerCredentials('Bearer  token'), 'token')
  t.equal(parseBearerCredentials('bearer    token'), 'token')
})

t.test('a tab is no space, so the text after it is no token', async (t) => {
  t.equal(parseBearerCredentials('Bearer\ttoken'), '\ttoken')
  t.equal(parseBearerCredentials('Bearer \ttoken'), '\ttoken')
})

t.test('the scheme alone is no token', async (t) => {
  for (const bare of ['Bearer', 'bearer', 'Bearer ', 'BEARER   ']) t.equal(parseBearerCredentials(bare), '')
})

t.test('a missing header and other schemes have no credentials', async (t) => {
  for (const other of ['', ' ', 'Basic b3JkZXJzOnNlY3JldA==', 'DPoP token', 'Bearertoken', 'Bearer, token', 'Bearer=token', 'Bear token', ' Bearer token', 'NotBearer token']) {
    t.equal(parseBearerCredentials(other), undefined, JSON.stringify(other))
  }
})

t.test('a megabyte of spaces is no token', async (t) => {
  t.equal(parseBearerCredentials(`Bearer${' '.repeat(1e6)}`), '')
  t.equal(parseBearerCredentials(`Bearer${' '.repeat(1e6)}token`), 'token')
})
