import * as fc from 'fast-check'
import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import { ZitadelError } from '../../lib/errors.ts'
import { clientSecretBasic } from '../../lib/oauth/client-authentication.ts'
import { createIntrospectionBody } from '../../lib/oauth/introspection.ts'
import { parseApplicationKey } from '../../lib/zitadel/application-key.ts'
import { holds } from './runs.ts'

const CANARY = 'k4n4ry'
const texts = fc.string({ unit: 'grapheme', minLength: 1 })
const odd = fc.oneof(fc.anything(), fc.constant(CANARY), fc.string().map((text) => CANARY + text))

t.test('any malformed key is refused with a message that does not quote it', async () => {
  const objects = fc.record({ type: odd, keyId: odd, key: odd, clientId: odd }, { requiredKeys: [] })
  const json = objects.map((key) => JSON.stringify(key, (_, value) => typeof value === 'bigint' ? String(value) : value))
  const sources = fc.oneof(odd, objects, json, json.map((text) => Buffer.from(text).toString('base64')))
  holds(fc.property(sources, (source) => {
    try {
      parseApplicationKey(source)
      return false
    } catch (error) {
      return error instanceof TypeError && !error.message.includes(CANARY)
    }
  }))
})

t.test('any credentials are accepted, or refused by name without a quoted value', async () => {
  const forms = fc.dictionary(fc.constantFrom('keyFile', 'key', 'clientId', 'clientSecret', 'keyId', 'alg', 'sign'), odd)
  holds(fc.property(fc.oneof(forms, odd), (credentials) => {
    try {
      createConfig({ issuer: 'https://auth.acme.example', credentials: credentials as never }, { ZITADEL_KEY_FILE: '/key' })
      return true
    } catch (error) {
      return error instanceof ZitadelError && error.message.includes('"credentials') && !error.message.includes(CANARY)
    }
  }))
})

t.test('a server decodes any id and secret to the same values (RFC 6749 section 2.3.1)', async () => {
  holds(fc.property(texts, texts, (id, secret) => {
    const pair = Buffer.from(clientSecretBasic(id, secret).headers['authorization']!.slice(6), 'base64').toString()
    return pair.split(':').length === 2 && pair.split(':').map((half) => new URLSearchParams(`half=${half}`).get('half')).join(':') === `${id}:${secret}`
  }))
})

t.test('any token is one field of the form, unchanged (RFC 7662 section 2.1)', async () => {
  holds(fc.property(texts, (token) => {
    const fields = [...new URLSearchParams(createIntrospectionBody(token))]
    return fields.length === 1 && fields[0]![0] === 'token' && fields[0]![1] === token
  }))
})
