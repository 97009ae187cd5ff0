import type { Answered } from './serialization.ts'
import { Doorbells, type Bell } from './notifiers.ts'
import type { Commands } from './redis-commands.ts'
import type { SharedEntry } from './entry.ts'

/** Milliseconds after which a peer that is waited for is looked after, should what he said have been lost. */
const LOOK = 250

/** The answer that the fleet has or was about to have; or the word that this process is the one to ask, for all or for itself. */
export type Found = Answered | 'claimed' | undefined

/** Who of a fleet asks, and who waits for that. */
export class Claims {
  readonly #commands: Commands
  readonly #wait: number
  readonly #look: number
  readonly #doorbells = new Doorbells()
  /** Where it is said that somebody waits no longer in vain: by the name of the claim, which tells strangers nothing. */
  readonly channel: string

  /**
   * @param wait milliseconds that a peer who asks is waited for
   * @param look milliseconds
   */
  constructor (commands: Commands, channel: string, wait: number, look: number = LOOK) {
    this.#commands = commands
    this.#wait = wait
    this.#look = look
    this.channel = channel
  }

  /**
   * @param maxAge milliseconds
   * @throws RedisFailure
   */
  async find (entry: SharedEntry, maxAge: number): Promise<Found> {
    const known = await entry.load(maxAge)
    if (known !== undefined || this.#wait === 0) return known
    return await this.#doorbells.listen(entry.claim, async (bell) => {
      // In this order on one connection: the answer of a peer who gave it between the look above and this claim is seen now.
      const [claimed, found] = await Promise.allSettled([
        this.#commands.send('SET', entry.claim, '1', 'NX', 'PX', String(this.#wait)),
        entry.load(maxAge)
      ])
      const isOurs = claimed.status === 'fulfilled' && claimed.value === 'OK'
      if (found.status === 'fulfilled' && found.value !== undefined) {
        if (isOurs) this.release(entry)
        return found.value
      }
      if (isOurs) return 'claimed'
      return claimed.status === 'fulfilled' ? await this.#follow(entry, maxAge, bell) : undefined
    })
  }

  /** Lets the others go on. Sent after the answer: who hears of it finds the answer, or knows that there will be none. */
  release (entry: SharedEntry): void {
    this.#commands.post('DEL', entry.claim)
    this.#commands.post('PUBLISH', this.channel, entry.claim)
  }

  /** Somebody has released a claim. */
  released (claim: string): void {
    this.#doorbells.ring(claim)
  }

  /** Waits for a peer until he has answered, has given up, or has taken too long. */
  async #follow (entry: SharedEntry, maxAge: number, bell: Bell): Promise<Answered | undefined> {
    const end = performance.now() + this.#wait
    for (let left = this.#wait; left > 0; left = end - performance.now()) {
      await bell.heard(Math.min(this.#look, left))
      // The claim is looked at first: once it has gone, the answer is there, or none will come.
      const [claims, found] = await Promise.all([this.#commands.send('EXISTS', entry.claim), entry.load(maxAge)])
      if (found !== undefined || claims === 0) return found
    }
    return undefined
  }
}
