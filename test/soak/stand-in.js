// The stand-in ZITADEL in a process of its own, as the real one is.
import { writeFile } from 'node:fs/promises'
import { startStandIn } from '../../dist/testing/index.js'
import { serve } from './process.js'

const standIn = await startStandIn()
let { key } = standIn.api

serve({
  echo: () => {},
  start: (file) => { writeKey(file, key); return standIn.issuer },
  issue: async (options) => await standIn.issueToken(options),
  revoke: (token) => standIn.revoke(token),
  lock: (sub) => standIn.deactivateUser(sub),
  setRoles: (token, roles) => standIn.setRoles(token, roles),
  fail: (fault) => standIn.fail(fault),
  /** A new key, and the file that the API reads it from. */
  addKey: async (file) => {
    const old = key
    key = await standIn.api.addKey()
    await writeKey(file, key)
    return old.keyId
  },
  removeKey: (keyId) => standIn.api.removeKey(keyId),
  close: async () => await standIn.close()
})

async function writeKey (file, key) {
  await writeFile(file, JSON.stringify(key), { mode: 0o600 })
}
