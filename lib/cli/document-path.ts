import { isAbsolute, join, relative } from 'node:path'

/**
 * Returns the path of a document of this package that a user can open.
 *
 * @param see the path inside the package, with an anchor
 * @param folder the folder of this package
 * @param from the working directory
 * @returns relative to the working directory if the package is below it, else absolute
 */
export function resolveDocument (see: string, folder: string, from: string = process.cwd()): string {
  const path = relative(from, join(folder, see))
  return path.startsWith('..') || isAbsolute(path) ? join(folder, see) : path
}
