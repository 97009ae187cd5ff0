import { setTimeout as sleep } from 'node:timers/promises'
import type { Answered } from './shared-answer.ts'
import type { Commands } from './shared-client.ts'
import type { SharedEntry } from './shared-entry.ts'

/** Milliseconds between looks at what a peer is doing: most answers come soon. */
const SHORTEST = 5
const LONGEST = 80

/** The answer that the fleet has or is about to have, or the word that this process is the one to ask, for nobody or for all. */
export type Found = Answered | 'claimed' | undefined

/**
 * @param maxAge milliseconds
 * @param wait milliseconds that a peer who asks is waited for
 * @throws RedisFailure
 */
export async function findOrClaim (entry: SharedEntry, commands: Commands, maxAge: number, wait: number): Promise<Found> {
  const known = await entry.load(maxAge)
  if (known !== undefined || wait === 0) return known
  // In this order on one connection: the answer of a peer who gave it between the look above and this claim is seen now.
  const [claimed, found] = await Promise.allSettled([
    commands.send('SET', entry.claim, '1', 'NX', 'PX', String(wait)),
    entry.load(maxAge)
  ])
  const isOurs = claimed.status === 'fulfilled' && claimed.value === 'OK'
  if (found.status === 'fulfilled' && found.value !== undefined) {
    if (isOurs) release(entry, commands)
    return found.value
  }
  if (isOurs) return 'claimed'
  return claimed.status === 'fulfilled' ? await follow(entry, commands, maxAge, wait) : undefined
}

/** Lets the others go on. Sent after the answer, so that who sees that the claim has gone sees the answer too. */
export function release (entry: SharedEntry, commands: Commands): void {
  commands.post('DEL', entry.claim)
}

/** Waits for a peer until he has answered, has given up, or has taken too long. */
async function follow (entry: SharedEntry, commands: Commands, maxAge: number, wait: number): Promise<Answered | undefined> {
  const end = performance.now() + wait
  for (let pause = SHORTEST; performance.now() < end; pause = Math.min(2 * pause, LONGEST)) {
    await sleep(Math.min(pause, end - performance.now()))
    // The claim is looked at first: once it has gone, the answer is there, or none will come.
    const [claims, found] = await Promise.all([commands.send('EXISTS', entry.claim), entry.load(maxAge)])
    if (found !== undefined || claims === 0) return found
  }
  return undefined
}
