import * as fc from 'fast-check'
import t from 'tap'
import { requireGapCheck } from '../../lib/verdicts/subscription-gap.ts'
import { VerdictCache } from '../../lib/verdicts/verdict-cache.ts'
import type { NamedTarget } from '../../lib/zitadel/verdict-target.ts'
import type { Verdict } from '../../lib/verdicts/verdict.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { createIntrospectedVerdict } from '../fixtures/verdict.ts'
import { holds } from './runs.ts'

const [TTL, INACTIVE_TTL] = [30, 5]

/** A cache in the plainest form: each forget, doubt and gap is applied to all verdicts in a loop. */
class Model {
  readonly #verdicts = new Map<string, Verdict>()
  /** The known tokens, with the time before which nothing is accepted. */
  readonly #known = new Map<string, number>()
  #lastGap: [at: number, isCutOff: boolean] | undefined

  get hadGap (): boolean { return this.#lastGap !== undefined }

  get (key: string, now: number, maxAge: number): number | undefined {
    const verdict = this.#verdicts.get(key)
    const ttl = verdict?.granted === undefined ? INACTIVE_TTL : TTL
    if (verdict === undefined || now - verdict.askedAt >= Math.min(ttl * 1000, maxAge)) return undefined
    return verdict.gapCheck === undefined || now < verdict.gapCheck.trustedUntil ? verdict.askedAt : undefined
  }

  peek (key: string): Verdict | undefined { return this.#verdicts.get(key) }

  getNotBefore (key: string): number | undefined { return this.#known.get(key) }

  set (key: string, verdict: Verdict, hadGap: boolean): void {
    if (hadGap) this.#requireCheck(key, verdict, ...this.#lastGap!)
    if (Math.max(this.#verdicts.get(key)?.askedAt ?? -Infinity, this.#known.get(key) ?? -Infinity) > verdict.askedAt) return
    if (verdict.granted === undefined) this.#known.delete(key)
    else this.#known.set(key, verdict.askedAt)
    this.#verdicts.set(key, verdict)
  }

  drop (kind: 'forget' | 'doubt', target: NamedTarget, at: number): number {
    const found = [...this.#verdicts].filter(([, verdict]) => ('sub' in target && verdict.sub === target.sub) || ('session' in target && [verdict.session, verdict.sid].includes(target.session)))
    for (const [key] of found) this.#drop(kind, key, at)
    if ('key' in target) {
      const count = this.#verdicts.has(target.key) ? 1 : 0
      this.#drop(kind, target.key, at)
      return count
    }
    return found.length
  }

  doubtAll (at: number): number {
    const { size } = this.#verdicts
    this.#verdicts.clear()
    for (const [key, notBefore] of this.#known) this.#known.set(key, Math.max(notBefore, at))
    return size
  }

  recordGap (at: number, isCutOff: boolean): number {
    this.#lastGap = [at, isCutOff]
    for (const [key, verdict] of this.#verdicts) this.#requireCheck(key, verdict, at, isCutOff)
    return this.#verdicts.size
  }

  #requireCheck (key: string, verdict: Verdict, at: number, isCutOff: boolean): void {
    requireGapCheck(verdict, key, at, TTL, isCutOff)
  }

  #drop (kind: 'forget' | 'doubt', key: string, at: number): void {
    this.#verdicts.delete(key)
    if (kind === 'forget') this.#known.delete(key)
    else if (this.#known.has(key)) this.#known.set(key, Math.max(this.#known.get(key)!, at))
  }
}

const key = fc.constantFrom('\0\0\0', '@\0\0', '\x80\0\0', '\xFF\xFF\xFF')
const name = fc.constantFrom('1', '2')
/** The session of a token, by its jti or by its claim `sid`. */
const session = fc.oneof(name, name.map((id) => `V2_${id}`))
const target = fc.oneof(fc.record({ sub: name }), fc.record({ session }), fc.record({ key }))
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('set' as const), key, sub: name, jti: name, sid: session, isActive: fc.boolean(), age: fc.constantFrom(0, 0, 500, 3000), hadGap: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('get' as const), key, maxAge: fc.constantFrom(Infinity, 10_000) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('confirm' as const), key }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('advance' as const), seconds: fc.constantFrom(0.001, 1, 4, 16) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('drop' as const), kind: fc.constantFrom('forget' as const, 'doubt' as const), target }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('all' as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('gap' as const), isCutOff: fc.boolean() }) }
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** The cache and the model together. */
class Pair {
  readonly #clock = new ManualClock()
  readonly #cache = new VerdictCache({ isEnabled: true, ttl: TTL, inactiveTtl: INACTIVE_TTL, staleIfError: 60, max: 100, maxBytes: 2 ** 26 }, this.#clock)
  readonly #model = new Model()
  #lastDoubtOfAll = -Infinity

  /** @returns whether both do the same */
  run (step: Step): boolean {
    const now = this.#clock.monotonic()
    const [cache, model] = [this.#cache, this.#model]
    switch (step.type) {
      case 'advance': return this.#clock.advance(step.seconds) === undefined
      case 'get': return cache.get(step.key, now, step.maxAge)?.askedAt === model.get(step.key, now, step.maxAge)
      case 'confirm': return this.#confirm(step.key, now)
      case 'drop': return cache[step.kind](step.target, now) === model.drop(step.kind, step.target, now)
      case 'all': {
        this.#lastDoubtOfAll = now
        return cache.doubt({ all: true }, now) === model.doubtAll(now)
      }
      case 'gap': return cache.recordGap(now, step.isCutOff) === model.recordGap(now, step.isCutOff)
      case 'set': {
        const response = { active: step.isActive, sub: step.sub, jti: `V2_${step.jti}-at_1`, sid: step.sid }
        const hadGap = step.hadGap && model.hadGap
        // The loader drops what was asked for before a doubt.
        const askedAt = Math.max(this.#lastDoubtOfAll, now - step.age)
        for (const target of [cache, model]) target.set(step.key, createIntrospectedVerdict(response, askedAt), hadGap)
        return true
      }
    }
  }

  /** The shared cache shows that a verdict was not forgotten. */
  #confirm (key: string, now: number): boolean {
    const [one, other] = [this.#cache.peek(key), this.#model.peek(key)]
    const [end, expected] = [one, other].map((verdict) => {
      if (verdict?.gapCheck !== undefined) verdict.gapCheck.trustedUntil = verdict.gapCheck.confirmableUntil
      return verdict?.gapCheck?.confirmableUntil ?? Infinity
    }) as [number, number]
    // Which time in the past it is makes no difference.
    return (end === expected || Math.max(end, expected) < now) && one?.askedAt === other?.askedAt && this.#cache.getKnown(key)?.notBefore === this.#model.getNotBefore(key)
  }
}

t.test('forgets, doubts and gaps in any order have the effect of a loop over all verdicts, and count the same', async () => {
  holds(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const pair = new Pair()
    return steps.every((step) => pair.run(step))
  }))
})
