import { createHmac } from 'node:crypto'
import { TTL } from './settings.js'

const ACTIVE_COUNT = 40
/** Milliseconds for which an inactive token is still used. */
const TRIED_AFTER = TTL + 8000
/** Characters of the metadata of some users. */
const HEAVY = 60_000

/** The tokens of a soak test. They are issued, changed, revoked, forgotten, named by events, and expire, all the time. */
export class TokenPool {
  /** @type {import('./oracle.js').Known[]} */
  active = []
  dead = []
  events = {}
  #standIn
  #apis
  #origins
  #signingKey
  #random
  #users = 0
  #sequence = 0

  constructor (standIn, apis, origins, signingKey, random) {
    this.#standIn = standIn
    this.#apis = apis
    this.#origins = origins
    this.#signingKey = signingKey
    this.#random = random
  }

  async fill () {
    while (this.active.length < ACTIVE_COUNT) await this.#issue()
  }

  /** Applies one random change to the tokens. */
  async turn () {
    this.#moveDead()
    await this.fill()
    const known = this.active[Math.floor(this.#random() * this.active.length)]
    const { token, sub } = known
    const lot = this.#random()
    if (lot < 0.2) await this.#changeRole(known)
    else if (lot < 0.3) await this.#changeRole(known, async () => await this.#forget({ token }))
    else if (lot < 0.4) await this.#changeRole(known, async () => await this.#deliver('user.grant.changed', 'usergrant', `grant-${sub}`, { userId: sub }))
    else if (lot < 0.5) await this.#revoke(known)
    else if (lot < 0.6) await this.#revoke(known, async () => await this.#forget({ token }))
    else if (lot < 0.7) await this.#revoke(known, async () => await this.#forget({ sub }))
    else if (lot < 0.8) await this.#revoke(known, async () => await this.#deliver('user.locked', 'user', sub), 'lock')
    else if (lot < 0.85) await this.#forget({ token })
  }

  async #issue () {
    const sub = `user-${++this.#users}`
    const admin = this.#random() < 0.5
    const lifetime = this.#random() < 0.3 ? 3 + Math.floor(this.#random() * 20) : 3600
    const format = this.#random() < 0.2 ? 'jwt' : 'opaque'
    const heavy = this.#random() < 0.05 ? { metadata: { note: 'x'.repeat(HEAVY) }, scopes: ['openid', 'urn:zitadel:iam:user:metadata'] } : {}
    const earliest = Date.now()
    const token = await this.#standIn.call('issue', { sub, lifetime, format, roles: admin ? ['admin'] : [], ...heavy })
    const now = Date.now()
    // The stand-in counts whole seconds, from a moment between the two.
    this.active.push({ token, sub, liveUntil: earliest + (lifetime - 1) * 1000, expiresAt: now + lifetime * 1000, admin, adminChanging: now, adminChanged: now - TTL })
    this.#increment('issued')
  }

  async #changeRole (known, forget) {
    known.adminForgotten = undefined
    // During the change, both results are right. A loss and a gain count from their confirmation.
    const admin = !known.admin
    known.adminChanged = Infinity
    await this.#standIn.call('setRoles', known.token, admin ? ['admin'] : [])
    known.admin = admin
    known.adminChanged = Date.now()
    known.adminForgotten = await forget?.()
    this.#increment(admin ? 'given the role' : 'lost the role')
  }

  async #revoke (known, forget, how = 'revoke') {
    known.revoking = Date.now()
    this.active.splice(this.active.indexOf(known), 1)
    this.dead.push(known)
    await this.#standIn.call(how, how === 'lock' ? known.sub : known.token)
    known.revoked = Date.now()
    known.forgotten = await forget?.()
    this.#increment('revoked')
  }

  /** @returns {Promise<import('./oracle.js').Forgotten>} */
  async #forget (what) {
    const { by, from } = this.#pickApi()
    await this.#apis[by].call('forget', what)
    this.#increment('forgotten')
    return { by, from, to: Date.now() }
  }

  /** Sends an event as ZITADEL does. */
  async #deliver (type, aggregateType, aggregateID, payload) {
    const { by, from } = this.#pickApi()
    const body = JSON.stringify({ aggregateID, aggregateType, resourceOwner: '1', instanceID: '1', version: 'v2', sequence: ++this.#sequence, event_type: type, userID: '2', event_payload: payload })
    const seconds = Math.floor(Date.now() / 1000)
    const signature = createHmac('sha256', this.#signingKey).update(`${seconds}.${body}`).digest('hex')
    const { status } = await fetch(`${this.#origins[by]}/events`, { method: 'POST', headers: { 'content-type': 'application/json', 'zitadel-signature': `t=${seconds},v1=${signature}` }, body })
    this.#increment(`${type}: ${status}`)
    if (status !== 204) return undefined
    return { by, from, to: Date.now() }
  }

  #pickApi () {
    return { by: Math.floor(this.#random() * this.#apis.length), from: Date.now() }
  }

  #moveDead () {
    const now = Date.now()
    for (const known of this.active.filter(({ expiresAt }) => expiresAt < now)) {
      this.active.splice(this.active.indexOf(known), 1)
      this.dead.push(known)
      this.#increment('expired')
    }
    this.dead = this.dead.filter(({ expiresAt, revoked = Infinity }) => Math.min(expiresAt, revoked) > now - TRIED_AFTER)
  }

  #increment (what) { this.events[what] = (this.events[what] ?? 0) + 1 }
}
