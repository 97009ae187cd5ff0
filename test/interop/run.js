// `npm run test:interop`: the built package beside other frameworks. Each folder has a package.json of its own, so
// that `npm ci` stays small, and a file `*.test.js`.
// Arguments: names of folders (default: all).
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const given = process.argv.slice(2)
const folders = readdirSync(import.meta.dirname).filter((name) => existsSync(join(import.meta.dirname, name, 'package.json')))
const unknown = given.filter((name) => !folders.includes(name))
if (unknown.length > 0) throw new Error(`There is no folder ${unknown.join(', ')} in test/interop: ${folders.join(', ')}`)

const failed = (given.length > 0 ? given : folders).filter((name) => {
  const folder = join(import.meta.dirname, name)
  console.log(`# ${name}`)
  return !run('npm', ['install', '--prefix', folder, '--prefer-offline', '--no-package-lock', '--no-audit', '--no-fund', '--silent']) ||
    !run(process.execPath, ['--test', '--test-timeout=60000', ...readdirSync(folder).filter((file) => file.endsWith('.test.js')).map((file) => join(folder, file))])
})
if (failed.length > 0) throw new Error(`failed: ${failed.join(', ')}`)

function run (command, args) {
  return spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' }).status === 0
}
