import { isNodeRedisCluster, isSentinel } from '../options/redis-kind.ts'
import type { NodeRedisClient, NodeRedisCluster, RedisLike } from '../options/shared-cache-options.ts'

/** Whether a command would be sent now. Without a connection it would wait in the client's own queue. */
export function isConnected (client: RedisLike): boolean {
  // With `lazyConnect`, an ioredis client connects at its first command.
  if ('call' in client) return client.status === 'ready' || client.status === 'wait'
  return isNodeRedisCluster(client) ? pickMaster(client) !== undefined : client.isReady
}

/**
 * Sends a command that has one key as its first argument, or PUBLISH. It goes to a master: a replica may not have the latest
 * tombstone yet.
 *
 * @returns a string, a number or null, for any configuration of the client
 */
export async function sendCommand (client: RedisLike, args: string[]): Promise<unknown> {
  return normalizeReply(args[0]!, await dispatch(client, args))
}

async function dispatch (client: RedisLike, args: string[]): Promise<unknown> {
  const [command, first, ...rest] = args as [string, string, ...string[]]
  if ('call' in client) return await client.call(command, first, ...rest)
  if (isSentinel(client)) return await client.sendCommand(false, args)
  if (!isNodeRedisCluster(client)) return await client.sendCommand(args)
  // Every node of a cluster passes a message on to all others.
  return command === 'PUBLISH' ? await pickMaster(client)!.sendCommand(args) : await client.sendCommand(first, false, args)
}

/** Commands whose reply is a number. */
const NUMERIC = ['EXISTS', 'DEL']

/** Numbers can arrive as strings (`stringNumbers` of ioredis), and strings as buffers (type mappings of node-redis). */
function normalizeReply (command: string, reply: unknown): unknown {
  const value = Buffer.isBuffer(reply) ? reply.toString() : reply
  return NUMERIC.includes(command) && typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
}

/** A master of a cluster that is connected, chosen at random; undefined if there is none. */
export function pickMaster (cluster: NodeRedisCluster): NodeRedisClient | undefined {
  return pickRandom(cluster.masters.flatMap(({ client }) => client?.isReady === true ? [client] : []))
}

export function pickRandom<T> (values: readonly T[]): T | undefined {
  return values[Math.floor(Math.random() * values.length)]
}
