import { createServer } from 'node:http'

/**
 * Opens a contestant by its name: a file of contestants/, and the kind of token where it can take either.
 *
 * @returns undefined where a package that it needs is not installed
 */
export async function open (name, authority) {
  const [file, token = 'jwt', variant] = name.split(':')
  const { start } = await import(`../contestants/${file}.js`).catch(notInstalled)
  const app = await start?.(authority, variant)
  if (app === undefined) return undefined
  const tokens = authority.tokens[token]
  if (typeof app === 'function') return { handle: app, server: createServer(app), tokens, isExpress: true }
  await app.ready()
  return { handle: app.routing, server: app.server, tokens, isExpress: false, setMetrics: app.setMetrics }
}

function notInstalled (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  return {}
}
