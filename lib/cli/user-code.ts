import { setTimeout as wait } from 'node:timers/promises'
import { CommandError } from './command.ts'
import { toPrintable } from './printable.ts'

/**
 * Runs code of the user's app. Its failure is one line with the message and the place of the error.
 *
 * @param file that has the code, for an error without a place
 * @param what the part of the message that names what has failed
 * @param timeout milliseconds. Default: no limit
 * @throws CommandError if the code throws or does not end in time. An error of an option is thrown as it is
 */
export async function runUserCode<T> (file: string, what: string, code: () => Promise<T>, timeout?: number): Promise<T> {
  try {
    return await (timeout === undefined ? code() : limitTime(code, what, timeout))
  } catch (error) {
    if (error instanceof CommandError || isOptionError(error)) throw error
    throw new CommandError(toPrintable(`${what}: ${describeError(error)} (${findPlace(error) ?? file})${getAdvice(error)}`))
  }
}

async function limitTime<T> (code: () => Promise<T>, what: string, timeout: number): Promise<T> {
  const ended = new AbortController()
  return await Promise.race([code(), rejectAfter(timeout, what, ended.signal)]).finally(() => { ended.abort() })
}

async function rejectAfter (timeout: number, what: string, signal: AbortSignal): Promise<never> {
  // It does not keep the process alive: if nothing else does, the process ends at once, and the early exit is reported.
  await wait(timeout, undefined, { ref: false, signal })
  throw new CommandError(`${what}: it has not ended after ${timeout / 1000} s. Look for a promise that nothing settles`)
}

/** By its code, because the app that a command loads can have another copy of this package. */
export function isOptionError (error: unknown): error is Error {
  return error instanceof Error && readMember(error, 'code') === 'FST_ZITADEL_OPTION'
}

/** Any value can be thrown, also one with a getter that throws. */
function readMember (error: unknown, name: 'code' | 'stack'): unknown {
  try {
    return (error as Partial<Record<string, unknown>> | null | undefined)?.[name]
  } catch {
    return undefined
  }
}

/** The first line of the text of what was thrown, and the next one if the first announces it. */
export function describeError (error: unknown): string {
  const [first, ...others] = toText(error).split('\n').map((line) => line.trim()).filter((line) => line !== '')
  return [first, ...first?.endsWith(':') ? others.slice(0, 1) : []].join(' ')
}

/** Any value can be thrown, also one that cannot be converted. */
function toText (error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'a value that is no error was thrown'
  }
}

/** What Node.js does not say. */
function getAdvice (error: unknown): string {
  const code = readMember(error, 'code')
  if (code === 'EADDRINUSE') return '. Stop the running server, or give the app another port'
  return code === 'ERR_UNKNOWN_FILE_EXTENSION' && /"\.[cm]?tsx?"/.test(toText(error)) ? '. TypeScript needs Node.js 22.18, or NODE_OPTIONS=\'--import tsx\' with the package tsx' : ''
}

/** A line of a stack. The place is in parentheses if the function has a name. A URL of Windows has a slash before the drive. */
const FRAME = /^ +at (?:async )?(?:.*\((?=.*\)$))?(?:file:\/\/(?:\/(?=[A-Z]:))?)?(.+:\d+:\d+)\)?$/

/** Characters. The time of the pattern grows with the square of the length. */
const MAX_FRAME = 2000

/** The first file of the stack that is neither of Node.js nor of a package, with line and column. */
export function findPlace (error: unknown): string | undefined {
  const stack = readMember(error, 'stack')
  const lines = typeof stack === 'string' ? stack.split('\n').filter(({ length }) => length <= MAX_FRAME) : []
  const places = lines.map((line) => FRAME.exec(line)?.[1])
  return places.find((place) => place !== undefined && !/\bnode:|\bnode_modules\b/.test(place))
}
