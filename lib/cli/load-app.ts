import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyApp } from '../guard/routes/served-routes.ts'
import { UsageError } from './command.ts'
import { runUserCode } from './user-code.ts'

/** Milliseconds for each step. Fastify gives each plugin and hook 10 seconds; a module and the closing have no limit. */
const TIMEOUT_MS = 60_000

/**
 * Loads a server file, and makes its app ready. The file exports by default a Fastify instance, or a function that returns one or
 * a promise of one. From then on the app logs nothing, because a command may print JSON to the same output.
 *
 * @param path relative to the working directory
 * @param timeout milliseconds for each step
 * @throws UsageError if the file does not exist, or exports neither
 * @throws CommandError if the code of the app throws, or does not end. An error of an option is thrown as it is
 */
export async function loadApp (path: string, timeout: number = TIMEOUT_MS): Promise<AnyApp> {
  if (!existsSync(path)) throw new UsageError(`the server file does not exist. Its path is relative to ${process.cwd()}`)
  if (statSync(path).isDirectory()) throw new UsageError('the server file is a directory: name the file in it that exports the app')
  const file = resolve(path)
  const { exported } = await runUserCode(file, START, async () => await importDefault(file), timeout)
  const what = typeof exported === 'function' && exported.length > 0 ? `${START}, and its function is called without arguments` : START
  const { app } = await runUserCode(file, what, async () => await createApp(exported), timeout)
  if (!isApp(app)) throw new UsageError(`the file must export a Fastify instance by default (export default app), or a function that returns one${typeof exported === 'function' && app === undefined ? '. Its function returns nothing' : ''}`)
  // A logger of the user can be frozen.
  Reflect.set(app.log, 'level', 'silent')
  await runUserCode(file, START, async () => { await app.ready() }, timeout)
  return app
}

/**
 * Closes the app of a server file.
 *
 * @param path of the file
 * @param timeout milliseconds
 * @throws CommandError if the code of the app throws, or does not end
 */
export async function closeApp (path: string, app: AnyApp, timeout: number = TIMEOUT_MS): Promise<void> {
  await runUserCode(resolve(path), 'the app does not close', async () => { await app.close() }, timeout)
}

/** @returns the export in an object, because a Fastify instance has a `then` until it is ready, and must not be awaited before that */
async function importDefault (file: string): Promise<{ exported: unknown }> {
  const { default: exported } = await import(pathToFileURL(file).href) as { default?: unknown }
  // `export default` that was compiled to CommonJS is a member of what the file exports.
  const isCompiled = (exported as { __esModule?: unknown } | undefined)?.__esModule === true
  return { exported: isCompiled ? (exported as { default?: unknown }).default : exported }
}

/** @returns the app in an object, as above */
async function createApp (exported: unknown): Promise<{ app: unknown }> {
  const created: unknown = typeof exported === 'function' ? (exported as () => unknown)() : exported
  return { app: isApp(created) ? created : await created }
}

const START = 'the server file does not start'

function isApp (value: unknown): value is AnyApp {
  if (typeof value !== 'object' || value === null) return false
  const { inject, ready, log } = value as Record<string, unknown>
  return typeof inject === 'function' && typeof ready === 'function' && typeof log === 'object' && log !== null
}
