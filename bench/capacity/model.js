// What a fleet costs, from the code of lib/verdicts and lib/shared-cache. Pure functions; measure.js checks them.

/** Seconds by which the clocks of processes may differ: a response of another process counts as that much older. */
const MARGIN = 5
/** A verdict with three uses is asked for again after this part of its ttl. */
const REFRESH_AFTER = 0.8
const REFRESH_USES = 3

/** The commands that reach Redis, by what happens. test/shared-cache/cost.test.ts counts them. */
export const COMMANDS = {
  /** A process loads what another has asked for. */
  sharedHit: { getrange: 1, exists: 1 },
  /** The same while any tombstone exists: by token, user, jti, session, and for all. */
  sharedHitWithTombstones: { getrange: 6, exists: 1 },
  /** A process introspects for all. */
  introspection: { getrange: 2, exists: 2, set: 2, del: 1 },
  /** The same in the five seconds after a forget: the older entry is found and refused, twice. */
  introspectionAfterForget: { getrange: 12, exists: 2, set: 2, del: 1 },
  /** A process waits for the introspection of another. Not in the estimate, because it is rare with many tokens. */
  waiting: { getrange: 4, exists: 6, set: 2, publish: 1 },
  /** All tokens of a user are forgotten. */
  forget: { set: 2, publish: 1 },
  /** Each second, by each process, to itself. */
  heartbeat: { publish: 1 }
}

/**
 * @typedef {object} Fleet
 * @property {number} processes
 * @property {number} tokens in use
 * @property {number} requests a second, by all callers, evenly over the tokens
 * @property {number} ttl seconds
 * @property {boolean} [sticky] whether a load balancer sends all requests with a token to the same process
 * @property {number} [forgets] users a second that events or `forget` name
 * @property {number} [tokensPerUser]
 * @property {number} [responseLength] characters of a response of ZITADEL
 * @property {boolean} [refreshAhead]
 */

/** @param {Fleet} fleet */
export function estimate ({ processes, tokens, requests, ttl, sticky = false, forgets = 0, tokensPerUser = 1, responseLength = 1060, refreshAhead = true }) {
  /** Processes that serve one token. */
  const sharers = sticky ? 1 : processes
  const perToken = requests / tokens
  const perPair = perToken / sharers
  const margin = sharers > 1 ? MARGIN : 0
  const expiry = ttl - margin + getGap(sharers, perToken)
  const window = (1 - REFRESH_AFTER) * ttl
  const renewal = REFRESH_AFTER * ttl - margin + getMeanWithin(window, sharers === 1 ? perToken : perToken * (sharers - 1) / sharers)
  /** The part of the verdicts of one process that get the uses for a refresh, and that of tokens for which some process does. */
  const refreshed = refreshAhead ? getRefreshed(perPair * Math.max(0, REFRESH_AFTER * ttl - margin), perPair * window) : 0
  const refreshedByAny = 1 - (1 - refreshed) ** sharers
  const interval = refreshedByAny * renewal + (1 - refreshedByAny) * expiry
  const regular = tokens / interval
  // Each other process that gets a request while a response is valid loads it once.
  const loads = refreshed * (1 - Math.exp(-perPair * renewal)) / renewal + (1 - refreshed) * (1 - Math.exp(-perPair * expiry)) / expiry
  const hits = tokens * (sharers - 1) * loads
  const tombstones = 1 - Math.exp(-forgets * (ttl + 2 * MARGIN))
  // In the five seconds after a forget, no response counts as newer than it, so each process introspects.
  const afterForget = forgets * tokensPerUser * sharers * (1 - Math.exp(-perPair * MARGIN))
  const events = [
    [COMMANDS.introspection, regular],
    [COMMANDS.sharedHit, hits * (1 - tombstones)],
    [COMMANDS.sharedHitWithTombstones, hits * tombstones],
    [COMMANDS.introspectionAfterForget, afterForget],
    [COMMANDS.forget, forgets],
    [COMMANDS.heartbeat, processes]
  ]
  const commands = {}
  for (const [counts, rate] of events) for (const [name, count] of Object.entries(counts)) commands[name] = (commands[name] ?? 0) + count * rate
  // At a refresh, and at an expiry within the margin, the entry in Redis is still there and too old.
  const leftOver = refreshedByAny + (1 - refreshedByAny) * (1 - Math.exp(-perToken * margin * (sharers - 1) / sharers))
  const bytes = sumBytes({ regular, leftOver, hits, tombstones, afterForget, forgets, processes, responseLength })
  return {
    /** Seconds from one introspection of a token to the next. */
    interval,
    introspections: regular + afterForget,
    sharedHits: hits,
    memoryHitRatio: Math.max(0, 1 - (regular + hits + afterForget) / requests),
    commands,
    commandsInAll: Object.values(commands).reduce((sum, rate) => sum + rate, 0),
    /** Messages of publish/subscribe that Redis delivers in a second. */
    deliveries: processes + forgets * processes,
    ...bytes,
    /** Verdicts in the memory of one process that are not past their ttl. */
    verdicts: tokens / (sticky ? processes : 1) * (1 - Math.exp(-perPair * ttl)),
    /** Bytes of the entries in Redis, and of its connections. */
    redisMemory: tokens * Math.min(1, ttl / interval) * entryMemory(responseLength) + processes * CONNECTIONS
  }
}

/** Seconds until a request needs the next response. The process that asked last can use its own for longer than the others. */
function getGap (sharers, perToken) {
  if (sharers === 1) return 1 / perToken
  const others = perToken * (sharers - 1) / sharers
  return (1 - Math.exp(-others * MARGIN)) / others + Math.exp(-others * MARGIN) / perToken
}

/** The mean time of the first event in a window, if there is one (Poisson). */
function getMeanWithin (window, rate) {
  return 1 / rate - window / Math.expm1(rate * window)
}

/** The probability that a use within the window is the third one or a later one. */
function getRefreshed (meanBefore, meanWithin) {
  let sum = 0
  let before = Math.exp(-meanBefore)
  let rest = 1
  for (let uses = 0; uses < REFRESH_USES - 1; uses++) {
    sum += before * atLeast(REFRESH_USES - uses, meanWithin)
    rest -= before
    before *= meanBefore / (uses + 1)
  }
  return sum + rest * atLeast(1, meanWithin)
}

/** The probability of so many events or more, of which `mean` are expected (Poisson). */
function atLeast (count, mean) {
  let term = Math.exp(-mean)
  let below = 0
  for (let i = 0; i < count; i++) {
    below += term
    term *= mean / (i + 1)
  }
  return 1 - below
}

const PREFIX = 'fastify-zitadel'
const ENTRY = `${PREFIX}:entry:${'n'.repeat(32)}`
const TOMBSTONE = `${PREFIX}:forgotten:${'n'.repeat(32)}`
const ANY = `${PREFIX}:any:${'n'.repeat(32)}`
const HEARTBEAT = `${PREFIX}:beat:${'u'.repeat(36)}`
const FORGET = `${PREFIX}:forget:${'n'.repeat(32)}`
const MOMENT = '1'.repeat(13)

/** Characters of a text that was sealed: nonce, tag and text in base64url. */
const sealedLength = (length) => Math.ceil((12 + 16 + length) * 4 / 3)
/** Bytes of a bulk string of the Redis protocol. */
const bulk = (length) => 1 + String(length).length + 2 + length + 2
/** Bytes of an array of strings: a command, or a message. */
const array = (...texts) => 1 + String(texts.length).length + 2 + texts.reduce((sum, text) => sum + bulk(typeof text === 'number' ? text : text.length), 0)
const INTEGER = 4
const OK = 5

/** Bytes a second that Redis receives and sends. */
function sumBytes ({ regular, leftOver, hits, tombstones, afterForget, forgets, processes, responseLength }) {
  // The time of asking and two brackets are around the response.
  const sealed = sealedLength(responseLength + 16)
  const message = sealedLength(36 + 2 + '["",{"sub":""}]'.length + 18)
  const look = { in: array('GETRANGE', ENTRY, '0', '65536') + array('EXISTS', ANY), found: bulk(sealed) + INTEGER, missing: bulk(0) + INTEGER }
  const tombstonesLook = { in: 5 * array('GETRANGE', TOMBSTONE, '0', '13'), out: 5 * bulk(0) }
  const claim = { in: array('SET', `${ENTRY}:claim`, '1', 'NX', 'PX', '2000') + array('DEL', `${ENTRY}:claim`, `${ENTRY}:waiting`), out: OK + INTEGER }
  const store = { in: array('SET', ENTRY, sealed, 'PX', '30000'), out: OK }
  return {
    bytesIn: regular * (2 * look.in + claim.in + store.in) +
      hits * (look.in + tombstones * tombstonesLook.in) +
      afterForget * (2 * (look.in + tombstonesLook.in) + claim.in + store.in) +
      forgets * (array('SET', TOMBSTONE, MOMENT, 'PX', '40000') + array('SET', ANY, MOMENT, 'PX', '40000') + array('PUBLISH', FORGET, message)) +
      processes * array('PUBLISH', HEARTBEAT, 36),
    bytesOut: regular * (2 * (leftOver * look.found + (1 - leftOver) * look.missing) + claim.out + store.out) +
      hits * (look.found + tombstones * tombstonesLook.out) +
      afterForget * (2 * (look.found + tombstonesLook.out) + claim.out + store.out) +
      forgets * (2 * OK + INTEGER + processes * array('message', FORGET, message)) +
      processes * (INTEGER + array('message', HEARTBEAT, 36))
  }
}

/** Bytes of Redis for the two connections of a process, as measured. */
const CONNECTIONS = 48_000

/** Bytes of one entry in Redis 7: the sealed response, its name, and about 100 for the tables that have it. */
function entryMemory (responseLength) {
  return allocated(sealedLength(responseLength + 16) + 9) + allocated(ENTRY.length + 2) + 100
}

/** Bytes that jemalloc takes for so many: four sizes to each power of two. */
function allocated (bytes) {
  const step = 2 ** Math.floor(Math.log2(bytes - 1)) / 4
  return Math.ceil(bytes / step) * step
}
