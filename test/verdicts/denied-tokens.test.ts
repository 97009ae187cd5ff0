import t from 'tap'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp } from '../fixtures/test-app.ts'
import { startPeer } from '../fixtures/peer.ts'

const clock = new ManualClock()
const now = clock.seconds
let response: object = {}
const peer = await startPeer(t, () => response)

const CASES: Record<string, [claims: object, expected: 'active' | 'inactive']> = {
  'a token that is not active': [{ active: false }, 'inactive'],
  'a token whose exp is now': [{ exp: now }, 'inactive'],
  'a token whose exp was a second ago': [{ exp: now - 1 }, 'inactive'],
  'a token whose exp is in a second': [{ exp: now + 1 }, 'active'],
  'a token with a negative exp': [{ exp: -1 }, 'inactive'],
  'a token with exp 0': [{ exp: 0 }, 'inactive'],
  'a token that ZITADEL says never expires': [{ exp: 253402300799 }, 'active'],
  'a token made 60 s ahead of our clock': [{ nbf: now + 60 }, 'active'],
  'a token made 61 s ahead of our clock': [{ nbf: now + 61 }, 'inactive'],
  'RFC 7800: a token that is bound to a certificate': [{ cnf: { 'x5t#S256': 'x' } }, 'inactive'],
  'RFC 7800: a token that is bound to a key': [{ cnf: { jkt: 'x' } }, 'inactive'],
  'RFC 7800: a token with an empty confirmation': [{ cnf: null }, 'inactive'],
  'RFC 9449: a DPoP token': [{ token_type: 'DPoP' }, 'inactive'],
  'a token of a type that is none': [{ token_type: null }, 'inactive'],
  'a token of several types': [{ token_type: ['Bearer'] }, 'inactive'],
  'a bearer token': [{ token_type: 'Bearer' }, 'active'],
  'a bearer token in lower case': [{ token_type: 'bearer' }, 'active'],
  'a token without a type': [{}, 'active']
}

for (const [name, [claims, expected]] of Object.entries(CASES)) {
  t.test(`${name} is ${expected === 'active' ? 'accepted' : 'denied, and not introspected again at once'}`, async (t) => {
    response = { active: true, ...claims }
    const { ask, status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
    const before = peer.asked.length
    t.equal(await ask(), expected)
    t.equal(await status('/'), expected === 'active' ? 200 : 401)
    t.equal(peer.asked.length, before + 1)
  })
}
