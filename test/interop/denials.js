import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startStandIn } from '../../dist/testing/index.js'

/**
 * The four kinds of denial over a socket, with their headers, and an allowed request.
 * @param {string} name
 * @param {(options: object) => Promise<{ url: string, close: () => Promise<void> }>} start starts a server on a port of its own; the route needs the role "reader"
 */
export function testDenials (name, start) {
  test(name, async (t) => {
    const standIn = await startStandIn()
    t.after(async () => await standIn.close())
    const server = await start({ issuer: standIn.issuer, credentials: standIn.credentials, retry: false })
    t.after(async () => await server.close())
    const request = async (token) => await fetch(server.url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
    const reader = await standIn.issueToken({ roles: ['reader'] })
    const other = await standIn.issueToken({ roles: ['other'] })

    await t.test('a token with the role is accepted', async () => {
      const response = await request(reader)
      assert.equal(response.status, 200)
      assert.equal(response.headers.get('www-authenticate'), null)
    })
    for (const [title, token, status, header, pattern] of [
      ['a request without a token is a 401 with a challenge', undefined, 401, 'www-authenticate', /^Bearer$/],
      ['an unknown token is a 401 with a challenge', 'unknown', 401, 'www-authenticate', /error="invalid_token"/],
      ['a malformed token is a 400 with a challenge', 'a b', 400, 'www-authenticate', /error="invalid_request"/],
      ['a token without the role is a 403 with a challenge', other, 403, 'www-authenticate', /error="insufficient_scope"/]
    ]) {
      await t.test(title, async () => {
        const response = await request(token)
        assert.equal(response.status, status)
        assert.match(response.headers.get(header) ?? '', pattern)
      })
    }
    await t.test('an outage of ZITADEL is a 503 with Retry-After', async () => {
      standIn.fail('reset')
      const response = await request(await standIn.issueToken({ roles: ['reader'] }))
      standIn.fail(null)
      assert.equal(response.status, 503)
      assert.match(response.headers.get('retry-after') ?? '', /^\d+$/)
    })
  })
}
