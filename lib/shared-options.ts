import type { Check } from './option-checks.ts'

interface Connection {
  readonly duplicate: (...args: never[]) => unknown
  readonly on: (event: never, listener: never) => unknown
}

/** A client of ioredis or iovalkey. */
export interface CallingClient extends Connection {
  readonly call: (command: string, ...args: string[]) => Promise<unknown>
  readonly status: string
}

/** A client of node-redis. */
export interface SendingClient extends Connection {
  readonly sendCommand: (args: string[]) => Promise<unknown>
  readonly isReady: boolean
}

/** A connected client of ioredis, iovalkey or node-redis; it stays yours to configure and to close. No cluster and no pool. */
export type RedisLike = CallingClient | SendingClient

/** What a fleet of processes shares on Redis or Valkey. */
export interface SharedCacheOptions {
  readonly client: RedisLike
  /**
   * The fleet's key, at least 32 random characters; two of them during a rotation: the first encrypts, both decrypt. Default:
   * derived from this API's own credential, which every process must then have the same of.
   */
  readonly key?: string | readonly string[] | undefined
  /** What every name on Redis starts with. Default `fastify-zitadel`. */
  readonly prefix?: string | undefined
  /** Milliseconds that Redis has for one command until a request goes on without it. Default 25: paid once, then Redis is left alone until it is back. */
  readonly deadline?: number | undefined
  /** Milliseconds that a process waits for another that asks for the same token. Default 1000. */
  readonly wait?: number | undefined
}

const isKey = (value: unknown): boolean => typeof value === 'string' && value.length >= 32
const isWhole = (least: number, most: number) => (value: unknown): boolean => Number.isInteger(value) && (value as number) >= least && (value as number) <= most

export const SHARED_CHECKS: Readonly<Record<keyof SharedCacheOptions, Check>> = {
  client: [isClient, 'a client of ioredis, iovalkey or node-redis (no cluster, no pool)'],
  key: [(value) => isKey(value) || (Array.isArray(value) && (value.length === 1 || value.length === 2) && Array.from(value).every(isKey)), 'one or two strings of at least 32 random characters'],
  prefix: [(value) => typeof value === 'string' && /^[\x21-\x7E]{1,100}$/.test(value), '1 to 100 printable ASCII characters without spaces'],
  deadline: [isWhole(1, 10_000), 'a whole number of milliseconds, from 1 to 10,000'],
  wait: [isWhole(0, 60_000), 'a whole number of milliseconds, from 0 to 60,000']
}

/** By what they can do, as no client is a dependency. A pool lacks `isReady`, and clusters are told by what only they have. */
function isClient (value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { duplicate, on, call, status, isCluster, sendCommand, isReady } = value as Record<string, unknown>
  if (typeof duplicate !== 'function' || typeof on !== 'function' || isCluster === true || 'masters' in value) return false
  return (typeof call === 'function' && typeof status === 'string') || (typeof sendCommand === 'function' && typeof isReady === 'boolean')
}
