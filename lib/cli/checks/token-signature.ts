import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { parseJson } from '../../untrusted-json.ts'
import type { Config } from '../../options/config.ts'
import { KEYS_PATH } from '../../zitadel/endpoints.ts'
import { sendCall } from '../http.ts'

/**
 * Checks the signature of a JWT by the keys of the issuer.
 *
 * @param timeout milliseconds
 * @returns undefined if the keys cannot be fetched
 */
export async function isSignedByIssuer (token: string, { endpoint, proxy }: NonNullable<Config['authorizationServer']>, timeout: number): Promise<boolean | undefined> {
  const [keys] = await Promise.allSettled([sendCall({ url: `${endpoint.origin}${KEYS_PATH}`, headers: endpoint.headers, proxy: proxy?.server }, timeout)])
  const document = keys.status === 'fulfilled' && keys.value.status === 200 ? parseJson(keys.value.text) as Partial<JSONWebKeySet> | null | undefined : undefined
  if (!Array.isArray(document?.keys)) return undefined
  return await compactVerify(token, createLocalJWKSet(document as JSONWebKeySet)).then(() => true, () => false)
}
