import { isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this package. Its name is resolved, because compiled and source files are at different depths. */
const PACKAGE = fileURLToPath(new URL('.', import.meta.resolve('fastify-zitadel/package.json')))

/**
 * Returns the path of a document of this package that a user can open.
 *
 * @param see the path inside the package, with an anchor
 * @param from the working directory
 * @returns relative to the working directory if the package is below it, else absolute
 */
export function resolveDocument (see: string, from: string = process.cwd()): string {
  const path = relative(from, join(PACKAGE, see))
  return path.startsWith('..') || isAbsolute(path) ? join(PACKAGE, see) : path
}
