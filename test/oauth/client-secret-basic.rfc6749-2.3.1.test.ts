import t from 'tap'
import { ClientSecretBasic } from 'oauth4webapi'
import { clientSecretBasic } from '../../lib/oauth/client-authentication.ts'

const PAIRS = [
  ['280000000000000101', 'kJ8s-_.~'],
  ['123456@project', 'with:colon'],
  ['with:colon', 'with space'],
  ['a b+c', '100 % & more=?#/'],
  ['naïve', 'пароль 密 😀'],
  ["!'()*", "*)('!"],
  ['%41', '%zz'],
  ['a"b\\c', 'line\r\nbreak\0']
] as const

/** What a server makes of the field: base64, the first colon, form decoding of either side. */
function read (authorization: string): string[] {
  const [scheme, encoded] = authorization.split(' ')
  if (scheme !== 'Basic' || encoded === undefined) throw new Error('not Basic')
  const pair = Buffer.from(encoded, 'base64').toString()
  const colon = pair.indexOf(':')
  return [pair.slice(0, colon), pair.slice(colon + 1)].map((half) => [...new URLSearchParams(`half=${half}`).values()].join())
}

t.test('an id and a secret with any characters can be decoded', async (t) => {
  for (const [id, secret] of PAIRS) t.same(read(clientSecretBasic(id, secret).headers['authorization']!), [id, secret], id)
})

t.test('another implementation creates the same header', async (t) => {
  for (const [id, secret] of PAIRS) {
    const headers = new Headers()
    ClientSecretBasic(secret)({ issuer: 'https://auth.acme.example' }, { client_id: id }, new URLSearchParams(), headers)
    t.same(read(clientSecretBasic(id, secret).headers['authorization']!), read(headers.get('authorization')!), id)
  }
})

t.test('id and secret are form-encoded, without any byte that a form cannot contain', async (t) => {
  for (const [id, secret] of PAIRS) {
    const encoded = clientSecretBasic(id, secret).headers['authorization']!.split(' ')[1]!
    t.match(Buffer.from(encoded, 'base64').toString(), /^[A-Za-z0-9%+._~-]+:[A-Za-z0-9%+._~-]+$/)
  }
})

t.test('the form contains no credentials, because a request has one method of authentication', async (t) => {
  t.equal(clientSecretBasic('orders', 'secret').form, '')
  t.same(Object.keys(clientSecretBasic('orders', 'secret').headers), ['authorization'])
  t.equal(clientSecretBasic('orders', 's e').secret, 's e', 'the unencoded secret must not be quoted')
})
