import type { IntrospectionResponse } from '../oauth/introspection.ts'
import { hashToken } from '../oauth/token-hash.ts'
import { getSession } from '../zitadel/token-id.ts'
import type { VerdictTarget } from '../zitadel/verdict-target.ts'
import type { SharedForgetTarget } from './pending-forgets.ts'

/** If there were more during a load, one of them may apply. */
const MAX_RECENT = 100

/** The latest forgets of this process and of others. A shared entry that was read before one of them must not be used. */
export class RecentForgets {
  readonly #recent: VerdictTarget[] = []
  /** How many there were. */
  #count = 0

  get count (): number {
    return this.#count
  }

  add (target: SharedForgetTarget | VerdictTarget): void {
    this.#count++
    // No token is kept.
    this.#recent.push('token' in target ? { key: hashToken(target.token), jti: target.jti } : target)
    if (this.#recent.length > MAX_RECENT) this.#recent.shift()
  }

  /** @param count the value of `count` since which a forget of the response is looked for */
  canApply (count: number, token: string, response: IntrospectionResponse): boolean {
    const first = this.#recent.length - (this.#count - count)
    return first < 0 || this.#recent.slice(first).some((forgotten) => applies(forgotten, token, response))
  }
}

function applies (forgotten: VerdictTarget, token: string, { sub, jti, sid }: IntrospectionResponse): boolean {
  if ('all' in forgotten) return true
  if ('sub' in forgotten) return forgotten.sub === sub
  if ('session' in forgotten) return forgotten.session === getSession(jti) || forgotten.session === sid
  return (forgotten.jti !== undefined && forgotten.jti === jti) || ('key' in forgotten && forgotten.key === hashToken(token))
}
