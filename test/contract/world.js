import { createPrivateKey, createPublicKey } from 'node:crypto'
import { tokens } from './tokens.js'
import { send } from './wire.js'

/** @import { StandIn } from '../../dist/testing/index.js' */

/**
 * Sets up one instance twice: in the stand-in, and as the data that the Go server is given.
 *
 * @param {StandIn} standIn
 * @param {number} issuedAt seconds since the epoch, what the stand-in's clock shows
 */
export async function createWorld (standIn, issuedAt) {
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
    projectRoles: { [projectId]: ['admin', 'writer', '<b>&', '10', '9'], [foreign.projectId]: ['reader'] },
    tokens: {}
  }
  for (const [name, { options, facts }] of Object.entries(tokens({ standIn, apis, issuedAt }))) {
    const token = await standIn.issueToken(options)
    strings[name] = token
    data.tokens[token] = { ...facts, id: await idOf(token, standIn, [api, foreign]) }
  }
  strings.revoked = await standIn.issueToken()
  standIn.revoke(strings.revoked)
  return { issuer: standIn.issuer, apis, expiredKey: expired, tokens: strings, data }
}

function publicKey (pem) {
  return createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' })
}

/** The id is made up by the stand-in, and told only in an answer; a token that has none does not need it. */
async function idOf (token, standIn, apis) {
  for (const { clientId, clientSecret } of apis) {
    const body = new URLSearchParams({ token, client_id: clientId, client_secret: clientSecret })
    const answer = JSON.parse((await send(standIn.address, { body })).body)
    if (answer.active) return answer.jti
  }
  return ''
}
