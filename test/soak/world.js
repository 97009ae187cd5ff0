import { TTL } from './settings.js'

const LIVING = 40
/** Milliseconds for which a dead token is still tried. */
const MOURNING = 10_000

/** The tokens of a soak: issued, changed, revoked, forgotten and expiring, all the time. */
export class World {
  /** @type {import('./oracle.js').Known[]} */
  living = []
  dead = []
  events = {}
  #standIn
  #api
  #random
  #users = 0

  constructor (standIn, api, random) {
    this.#standIn = standIn
    this.#api = api
    this.#random = random
  }

  async fill () {
    while (this.living.length < LIVING) await this.#issue()
  }

  /** One more thing that happens to tokens. */
  async turn () {
    this.#bury()
    await this.fill()
    const known = this.living[Math.floor(this.#random() * this.living.length)]
    const lot = this.#random()
    if (lot < 0.4) await this.#changeRole(known, lot < 0.2)
    else if (lot < 0.5) await this.#revoke(known)
    else if (lot < 0.65) await this.#revoke(known, { token: known.token })
    else if (lot < 0.75) await this.#revoke(known, { sub: known.sub })
    else if (lot < 0.85) await this.#forget({ token: known.token })
  }

  async #issue () {
    const sub = `user-${++this.#users}`
    const admin = this.#random() < 0.5
    const lifetime = this.#random() < 0.3 ? 3 + Math.floor(this.#random() * 8) : 3600
    const format = this.#random() < 0.2 ? 'jwt' : 'opaque'
    const earliest = Date.now()
    const token = await this.#standIn.call('issue', { sub, lifetime, format, roles: admin ? ['admin'] : [] })
    const now = Date.now()
    // The stand-in counts whole seconds, from a moment between the two.
    this.living.push({ token, sub, liveUntil: earliest + (lifetime - 1) * 1000, expiresAt: now + lifetime * 1000, admin, adminChanging: now, adminChanged: now - TTL })
    this.#count('issued')
  }

  async #changeRole (known, forgets) {
    known.adminForgotten = undefined
    // While it changes, both are right: the loss counts from its confirmation, and so does the gain.
    const admin = !known.admin
    known.adminChanged = Infinity
    await this.#standIn.call('setRoles', known.token, admin ? ['admin'] : [])
    known.admin = admin
    known.adminChanged = Date.now()
    if (forgets) {
      await this.#forget({ token: known.token })
      known.adminForgotten = Date.now()
    }
    this.#count(admin ? 'given the role' : 'lost the role')
  }

  async #revoke (known, forgettable) {
    known.revoking = Date.now()
    this.living.splice(this.living.indexOf(known), 1)
    this.dead.push(known)
    await this.#standIn.call('revoke', known.token)
    known.revoked = Date.now()
    if (forgettable !== undefined) {
      await this.#forget(forgettable)
      known.forgotten = Date.now()
    }
    this.#count('revoked')
  }

  async #forget (what) {
    await this.#api.call('forget', what)
    this.#count('forgotten')
  }

  #bury () {
    const now = Date.now()
    for (const known of this.living.filter(({ expiresAt }) => expiresAt < now)) {
      this.living.splice(this.living.indexOf(known), 1)
      this.dead.push(known)
      this.#count('expired')
    }
    this.dead = this.dead.filter(({ expiresAt, revoked = Infinity }) => Math.min(expiresAt, revoked) > now - MOURNING)
  }

  #count (what) { this.events[what] = (this.events[what] ?? 0) + 1 }
}
