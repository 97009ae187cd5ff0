import { createPrivateKey, createPublicKey } from 'node:crypto'
import { tokens } from './tokens.js'
import { send } from './http.js'

/** @import { StandIn } from '../../dist/testing/index.js' */

/**
 * Sets up one instance twice: in the stand-in, and as the data of the Go server.
 *
 * @param {StandIn} standIn
 * @param {number} issuedAt seconds since 1970, by the clock of the stand-in
 */
export async function createSetup (standIn, issuedAt) {
  const { api, projectId } = standIn
  const expired = await api.addKey()
  api.expireKey(expired.keyId)
  const keyOnly = await standIn.addApi({ secret: false })
  const inactive = await standIn.addApi()
  inactive.deactivate()
  const foreign = await standIn.addApi({ projectId: '280000000000000002', projectRoles: ['reader'] })
  const apis = { api, keyOnly, inactive, foreign }

  const strings = {}
  const data = {
    clients: Object.fromEntries([api, keyOnly, foreign].map((one) => [one.clientId, {
      projectId: one.projectId,
      secret: one.clientSecret,
      keys: { [one.key.keyId]: publicKey(one.key.key) }
    }])),
    projectRoles: { [projectId]: ['10', '9', '<b>&', 'admin', 'writer'], [foreign.projectId]: ['reader'] },
    tokens: {}
  }
  for (const [name, { options, facts }] of Object.entries(tokens({ standIn, apis, issuedAt }))) {
    const token = await standIn.issueToken(options)
    strings[name] = token
    data.tokens[token] = { ...facts, id: await getId(token, standIn, [api, foreign]) }
  }
  strings.revoked = await standIn.issueToken()
  standIn.revoke(strings.revoked)
  return { issuer: standIn.issuer, apis, expiredKey: expired, tokens: strings, data }
}

function publicKey (pem) {
  return createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' })
}

/** Returns the id of a token, which the stand-in shows only in an active response. Empty if the token is inactive. */
async function getId (token, standIn, apis) {
  for (const { clientId, clientSecret } of apis) {
    const body = new URLSearchParams({ token, client_id: clientId, client_secret: clientSecret })
    const response = JSON.parse((await send(standIn.address, { body })).body)
    if (response.active) return response.jti
  }
  return ''
}
