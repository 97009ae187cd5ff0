import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyApp } from '../guard/served-routes.ts'
import { UsageError } from './command.ts'

/**
 * Loads a server file. It exports by default a Fastify instance, or a function that returns one or a promise of one. From then on
 * the app logs nothing, because a command may print JSON to the same output.
 *
 * @param path relative to the working directory
 * @throws UsageError if the file does not exist, or exports neither
 */
export async function loadApp (path: string): Promise<AnyApp> {
  if (!existsSync(path)) throw new UsageError('the server file does not exist')
  const { default: exported } = await import(pathToFileURL(resolve(path)).href) as { default?: unknown }
  // A Fastify instance has a `then` until it is ready, so it must not be awaited here.
  const app: unknown = typeof exported === 'function' ? await callFactory(exported as () => unknown) : exported
  if (!isApp(app)) throw new UsageError('the file must export a Fastify instance by default, or a function that returns one')
  app.log.level = 'silent'
  return app
}

async function callFactory (create: () => unknown): Promise<unknown> {
  const created = create()
  return isApp(created) ? created : await created
}

function isApp (value: unknown): value is AnyApp {
  return typeof value === 'object' && value !== null && 'inject' in value && 'ready' in value && 'server' in value
}
