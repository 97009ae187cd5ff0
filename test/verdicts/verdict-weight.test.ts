import t from 'tap'
import { weighVerdict } from '../../lib/verdicts/verdict-weight.ts'
import { MemberNames } from '../../lib/verdicts/member-names.ts'
import { VerdictPartitions } from '../../lib/verdicts/verdict-partitions.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { createIntrospectedVerdict } from '../fixtures/verdict.ts'

const weigh = (claims: object): number => weighVerdict(createIntrospectedVerdict({ active: true, ...claims }))
const EMPTY = weigh({})

/** Text in base64, as ZITADEL sends metadata. */
const encode = (text: string): string => Buffer.from(text).toString('base64url')
const metadata = (value: string): object => ({ 'urn:zitadel:iam:user:metadata': { note: encode(value) } })

t.test('a verdict without claims weighs less than a kilobyte', async (t) => {
  t.ok(EMPTY > 500 && EMPTY < 1200, String(EMPTY))
})

t.test('a character of ASCII weighs one byte, and any other two', async (t) => {
  const text = (value: string): number => weigh({ x: value }) - weigh({ x: '' })
  t.equal(text('a'.repeat(1000)), 1000)
  t.equal(text('ж'.repeat(1000)), 2000)
  t.equal(text('aж'), 4)
})

t.test('decoded metadata weighs beside the claim', async (t) => {
  t.equal(weigh(metadata('a'.repeat(3000))) - weigh(metadata('')), 4000 + 3000)
})

t.test('names weigh once, also of a verdict that is not active', async (t) => {
  const name = 'a'.repeat(1000)
  t.equal(weigh({ sub: name }) - weigh({ sub: '' }), 1000)
  const inactive = (claims: object): number => weighVerdict(createIntrospectedVerdict({ active: false, ...claims }))
  t.equal(inactive({ sub: name }) - inactive({ sub: '' }), 1000)
  t.equal(inactive({ jti: name }) - inactive({ jti: '' }), 1000)
  t.equal(inactive({ sid: name }) - inactive({ sid: '' }), 1000)
  t.equal(inactive({ other: name }), inactive({}), 'no other claim is kept')
})

t.test('responses share the names of their claims, unless there are more than a hundred', async (t) => {
  const claims = (count: number, length: number): object => Object.fromEntries(Array.from({ length: count }, (_, index) => [String(index).padStart(length, 'x'), 1]))
  // `active` is the hundredth.
  t.equal(weigh(claims(99, 50)), weigh(claims(99, 10)))
  t.equal(weigh(claims(100, 50)) - weigh(claims(100, 10)), 4000)
})

t.test('a claim that is null weighs no more than a number', async (t) => {
  t.equal(weigh({ x: null }), weigh({ x: 1 }))
})

t.test('roles, objects, arrays, numbers and names of members weigh what they take', async (t) => {
  for (const [what, claims, least, most] of [
    ['a number', { x: 1.5 }, 8, 40],
    ['an empty array', { x: [] }, 16, 100],
    ['1000 numbers', { x: Array.from({ length: 1000 }, () => 1.5) }, 16_000, 30_000],
    ['1000 empty objects', { x: Array.from({ length: 1000 }, () => ({})) }, 56_000, 100_000],
    ['an object with 1000 names', { x: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`name-${index}`, 1])) }, 80_000, 130_000],
    ['1000 claims', Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`name-${index}`, 1])), 80_000, 130_000],
    ['100 roles', { 'urn:zitadel:iam:org:project:roles': Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`role-${index}`, { '280000000000000001': 'acme.example' }])) }, 25_000, 45_000],
    ['nested arrays', { x: JSON.parse('['.repeat(5000) + ']'.repeat(5000)) }, 250_000, 500_000]
  ] as const) {
    const weight = weigh(claims) - EMPTY
    t.ok(weight >= least && weight <= most, `${what}: ${weight}`)
  }
})

t.test('a member with a name that no response had lately weighs more, in the claims and inside', async (t) => {
  const { registerName } = new MemberNames()
  const weighNext = (claims: object): number => weighVerdict(createIntrospectedVerdict({ active: true, ...claims }), registerName)
  const response = (name: string): object => ({ [`claim-${name}`]: 1, 'urn:zitadel:iam:user:metadata': { [`key-${name}`]: '' } })
  weighNext(response('a'))
  t.equal(weighNext(response('b')) - weighNext(response('b')), 2 * 140 + 'claim-b'.length, 'the decoded metadata repeats a name')
  const inside = (name: string): object => ({ x: { [name]: 1 } })
  const [long, longer] = ['a'.repeat(100), 'a'.repeat(101)]
  for (const name of [long, longer]) weighNext(inside(name))
  t.equal(weighNext(inside(long)), weigh(inside(long)))
  t.equal(weighNext(inside(longer)), weigh(inside(longer)) + 140, 'a longer name is not kept')
})

t.test('the store weighs new names', async (t) => {
  const store = new VerdictPartitions({ ttl: 30, inactiveTtl: 5, staleIfError: 0, max: 100, maxBytes: 1e6 }, new ManualClock())
  const add = (key: string, prefix: string): number => {
    const before = store.counts.activeBytes
    const names = Array.from({ length: 50 }, (_, index) => [`${prefix}-${index}`, 1])
    store.set(key, createIntrospectedVerdict({ active: true, ...Object.fromEntries(names) }))
    return store.counts.activeBytes - before
  }
  t.equal(add('first', 'a') - add('second', 'a') - (140 + 'active'.length), 50 * 140 + 10 * 'a-0'.length + 40 * 'a-00'.length)
})
