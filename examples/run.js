// `npm run example -- NAME`: starts an example, after `npm run build`.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const built = join(import.meta.dirname, '../build/examples')
const names = readdirSync(built).filter((name) => existsSync(join(built, name, 'server.js')))
const [name] = process.argv.slice(2)
if (!names.includes(name)) {
  console.error(`Usage: npm run example -- ${names.join(' | ')}`)
  process.exit(1)
}
await import(join(built, name, 'server.js'))
