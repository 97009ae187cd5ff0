import { createPrivateKey, sign } from 'node:crypto'
import { Pool } from 'undici'

/** The floor: one POST that is prepared in advance, and whose response is read and not parsed. */
export async function start ({ issuer, key: { key, keyId, clientId } }) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const iat = Math.floor(Date.now() / 1000)
  const input = `${encode({ alg: 'RS256', kid: keyId, typ: 'JWT' })}.${encode({ iss: clientId, sub: clientId, aud: [issuer], iat, exp: iat + 3600 })}`
  const assertion = `${input}.${sign('sha256', Buffer.from(input), createPrivateKey(key)).toString('base64url')}`
  const proof = `&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=${assertion}`
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
  const pool = new Pool(issuer, { connections: 64 })
  return async (token) => {
    const { body } = await pool.request({ path: '/oauth/v2/introspect', method: 'POST', headers, body: `token=${token}${proof}` })
    return await body.text()
  }
}
