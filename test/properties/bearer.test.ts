import * as fc from 'fast-check'
import t from 'tap'
import { createBearerChallenge, parseBearerCredentials, isB64Token, isPrintableAscii, isScopeToken } from '../../lib/oauth/bearer.ts'
import { holds } from './runs.ts'

const B64_CHARACTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/']
const tokens = fc.tuple(fc.string({ unit: fc.constantFrom(...B64_CHARACTERS), minLength: 1 }), fc.nat(3)).map(([text, padding]) => text + '='.repeat(padding))
const scheme = fc.mixedCase(fc.constant('bearer'))
const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.tuple(scheme, fc.string({ unit: 'binary' })).map((parts) => parts.join('')))

t.test('the token after the scheme is read, with any case of the scheme', async () => {
  holds(fc.property(scheme, tokens, (name, token) => {
    return parseBearerCredentials(`${name} ${token}`) === token && isB64Token(token)
  }))
})

t.test('any other header gives no token, or a credentials value that is checked character by character', async () => {
  holds(fc.property(anything, (header) => {
    const credentials = parseBearerCredentials(header)
    if (credentials === undefined) return !/^bearer(?:[ \t]|$)/i.test(header)
    const padding = credentials.length - credentials.replace(/=*$/, '').length
    const wellFormed = credentials.length > padding && [...credentials.slice(0, credentials.length - padding)].every((c) => B64_CHARACTERS.includes(c))
    return header.slice(0, 6).toLowerCase() === 'bearer' && isB64Token(credentials) === wellFormed
  }))
})

t.test('a challenge is one line of printable ASCII that gives back the realm and the scopes that went in', async () => {
  const realms = fc.string({ unit: 'grapheme-ascii' }).filter(isPrintableAscii)
  const scopes = fc.array(fc.string({ minLength: 1 }).filter(isScopeToken), { minLength: 1, maxLength: 5 })
  holds(fc.property(realms, scopes, (realm, names) => {
    const challenge = createBearerChallenge(realm, 'insufficient_scope', names)
    const [, readRealm, error, readScopes] = /^Bearer realm="((?:[^"\\]|\\.)*)", error="([^"]*)", scope="([^"]*)"$/.exec(challenge) ?? []
    return /^[\x20-\x7e]*$/.test(challenge) && readRealm?.replace(/\\(.)/g, '$1') === realm &&
      error === 'insufficient_scope' && readScopes === names.join(' ')
  }))
})
