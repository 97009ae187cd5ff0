import t from 'tap'
import { isSignatureValid } from '../../lib/events/signature.ts'
import { SIGNED_WEBHOOKS, SIGNING_KEY, sign } from '../fixtures/recorded-events.ts'

const NOW = 1_795_655_124
const body = Buffer.from('{"a":1}')
const isValid = (header: unknown, { content = body, keys = [SIGNING_KEY], now = NOW } = {}): boolean => isSignatureValid(header, content, keys, now * 1000)
const valid = sign(body, NOW)
const mac = valid.split('v1=')[1]!

t.test('signatures of a real ZITADEL are valid, for their body and their key only', async (t) => {
  for (const { rawBody, zitadelSignature, signingKey } of SIGNED_WEBHOOKS) {
    const seconds = Number(/t=(\d+)/.exec(zitadelSignature)![1])
    const content = Buffer.from(rawBody)
    t.ok(isValid(zitadelSignature, { content, keys: [signingKey], now: seconds }))
    t.ok(isValid(zitadelSignature, { content, keys: [SIGNING_KEY, signingKey], now: seconds }))
    t.notOk(isValid(zitadelSignature, { content, keys: [SIGNING_KEY], now: seconds }))
    t.notOk(isValid(zitadelSignature, { content: Buffer.from(`${rawBody} `), keys: [signingKey], now: seconds }))
    for (let index = 0; index < content.length; index += 7) {
      const changed = Buffer.from(content)
      changed[index]! ^= 1
      if (isValid(zitadelSignature, { content: changed, keys: [signingKey], now: seconds })) t.fail(`a changed byte ${index} is not noticed`)
    }
  }
})

t.test('a signature is valid for 300 seconds before and after its time', async (t) => {
  for (const offset of [-300, -1, 0, 1, 300]) t.ok(isValid(valid, { now: NOW + offset }), `${offset} s`)
  for (const offset of [-100_000, -301, 301, 100_000]) t.notOk(isValid(valid, { now: NOW + offset }), `${offset} s`)
})

t.test('the forms that ZITADEL accepts are valid', async (t) => {
  t.ok(isValid(`t=${NOW},v1=${'0'.repeat(64)},v1=${mac}`), 'one of several signatures is right')
  t.ok(isValid(`t=${NOW},v1=zz,v1=${mac}`), 'an entry that is not hexadecimal is skipped')
  t.ok(isValid(`t=${NOW},v1=${mac.toUpperCase()}`))
  t.ok(isValid(`v1=${mac},t=${NOW}`))
  t.ok(isValid(`t=1, t=${NOW}, v1=${mac}`), 'the last time counts')
  t.ok(isValid(`t=${NOW},v0=00,v1=${mac}`))
})

const FORGED: unknown[] = [
  undefined, '', 't', `t=${NOW}`, `v1=${mac}`, `t=,v1=${mac}`, `t=${NOW},v1=`, `t=${NOW},v1=${mac.slice(1)}`, `t=${NOW},v1=${mac}0`,
  `t=${NOW},v1=${'0'.repeat(64)}`, `t=${NOW},v2=${mac}`, `t=${NOW + 1},v1=${mac}`, `t=-${NOW},v1=${mac}`, `t=+${NOW},v1=${mac}`, `t=${NOW}.0,v1=${mac}`,
  `t=0${NOW},v1=${mac}`, `t=NaN,v1=${mac}`, `t=1e9,v1=${mac}`, `t=Infinity,v1=${mac}`, `t=${NOW},t=1,v1=${mac}`, [valid], 5, {}, `${valid},${'v1=0,'.repeat(300)}`
]
t.test('a time that is no number is not valid, although its signature is right', async (t) => {
  for (const time of [`x${NOW}`, `${NOW}x`, 'undefined']) t.notOk(isValid(sign(body, time as never)), time)
  t.ok(isValid(`${valid},${'v0=0,'.repeat(300)}`.slice(0, 1024)), 'the longest header')
})

t.test('other forms of signatures are not valid', async (t) => {
  for (const header of FORGED) t.notOk(isValid(header), String(header).slice(0, 60))
  t.notOk(isValid(valid, { keys: [] }))
  t.notOk(isValid(valid, { content: Buffer.alloc(0) }))
  t.notOk(isValid(sign(body, NOW, `${SIGNING_KEY}k`)))
})
