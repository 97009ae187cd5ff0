import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyApp } from '../guard/routes/served-routes.ts'
import { CommandError, UsageError } from './command.ts'
import { toPrintable } from './printable.ts'

/**
 * Loads a server file, and makes its app ready. The file exports by default a Fastify instance, or a function that returns one or
 * a promise of one. From then on the app logs nothing, because a command may print JSON to the same output.
 *
 * @param path relative to the working directory
 * @throws UsageError if the file does not exist, or exports neither
 * @throws CommandError if the code of the app throws: one line with the place of the error. An error of an option is thrown as it is
 */
export async function loadApp (path: string): Promise<AnyApp> {
  if (!existsSync(path)) throw new UsageError('the server file does not exist')
  const file = resolve(path)
  const { exported } = await runUserCode(file, START, async () => await importDefault(file))
  const what = typeof exported === 'function' && exported.length > 0 ? `${START}, and its function is called without arguments` : START
  const { app } = await runUserCode(file, what, async () => await createApp(exported))
  if (!isApp(app)) throw new UsageError('the file must export a Fastify instance by default, or a function that returns one')
  // A logger of the user can be frozen.
  Reflect.set(app.log, 'level', 'silent')
  await runUserCode(file, START, async () => { await app.ready() })
  return app
}

/**
 * Closes the app of a server file.
 *
 * @param path of the file
 * @throws CommandError if the code of the app throws
 */
export async function closeApp (path: string, app: AnyApp): Promise<void> {
  await runUserCode(resolve(path), 'the app does not close', async () => { await app.close() })
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

/** @param what the part of the message that names what has failed */
async function runUserCode<T> (file: string, what: string, code: () => Promise<T>): Promise<T> {
  try {
    return await code()
  } catch (error) {
    // By its code, because the app can have another copy of this package.
    if ((error as { code?: unknown } | null)?.code === 'FST_ZITADEL_OPTION') throw error
    throw new CommandError(toPrintable(`${what}: ${describeError(error)} (${findPlace(error) ?? file})`))
  }
}

function describeError (error: unknown): string {
  const [first] = String(error).split('\n')
  return first!
}

/** A line of a stack. The place is in parentheses if the function has a name. A URL of Windows has a slash before the drive. */
const FRAME = /^ +at (?:async )?(?:.*\((?=.*\)$))?(?:file:\/\/(?:\/(?=[A-Z]:))?)?(.+:\d+:\d+)\)?$/

/** The first file of the stack that is neither of Node.js nor of a package, with line and column. */
function findPlace (error: unknown): string | undefined {
  const places = String((error as Error | null)?.stack).split('\n').map((line) => FRAME.exec(line)?.[1])
  return places.find((place) => place !== undefined && !/\bnode:|\bnode_modules\b/.test(place))
}

function isApp (value: unknown): value is AnyApp {
  return typeof value === 'object' && value !== null && 'inject' in value && 'ready' in value && 'server' in value
}
