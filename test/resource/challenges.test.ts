import t, { type Test } from 'tap'
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { ZitadelOptions } from '../../lib/index.ts'
import { readChallenges } from '../fixtures/challenge.ts'
import { activeResponse, startGuardedApp, type GuardedApp } from '../fixtures/guarded-app.ts'

const AUDIENCE = 'urn:zitadel:iam:org:project:id:42:aud'
const METADATA = 'https://api.acme.example/.well-known/oauth-protected-resource/mcp'
const SESSION = { aud: ['42'], jti: 'V2_1-at_1' }

async function start (t: Test, options: ZitadelOptions = {}, declare: (app: FastifyInstance) => void = () => {}): Promise<GuardedApp> {
  const responses = { good: activeResponse(SESSION), pat: activeResponse({ aud: ['42'], jti: '280000000000000900' }), old: activeResponse({ ...SESSION, exp: 1 }) }
  const guarded = await startGuardedApp(t, { responses, options: { issuer: 'https://auth.acme.example', projectId: '42', resource: 'https://api.acme.example/mcp', ...options } })
  const { app } = guarded
  app.get('/mcp', async () => 'served')
  app.get('/mcp/admin', { config: { roles: ['admin'] } }, async () => 'served')
  app.get('/mcp/mail', { config: { scopes: ['email'] } }, async () => 'served')
  app.get('/mcpx', { config: { roles: ['admin'] } }, async () => 'served')
  declare(app)
  return guarded
}

/** The challenge of a denial as an OAuth client, and as the client of the MCP SDK, reads it. */
async function readDenial (response: LightMyRequestResponse): Promise<{ status: number, parameters: object | undefined, sdk: object }> {
  const field = response.headers['www-authenticate'] as string
  const challenges = await readChallenges(field)
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(new Response(null, { status: 401, headers: { 'www-authenticate': field } }))
  return { status: response.statusCode, parameters: challenges?.length === 1 ? challenges[0]!.parameters : undefined, sdk: { url: resourceMetadataUrl?.href, scope, error } }
}

t.test('a challenge inside a resource names its metadata and the scopes to request', async (t) => {
  const { app, get } = await start(t)
  const scope = `openid ${AUDIENCE}`
  const cases = { 'no token': [null, undefined, 401], 'an inactive token': ['other', 'invalid_token', 401], 'an expired token': ['old', 'invalid_token', 401], 'a malformed token': ['a b', 'invalid_request', 400] } as const
  for (const [name, [token, error, status]] of Object.entries(cases)) {
    const denial = await readDenial(await get('/mcp', token))
    t.same(denial, {
      status,
      parameters: { ...(error !== undefined && { error }), scope, resource_metadata: METADATA },
      sdk: { url: METADATA, scope, error }
    }, name)
  }
  const twice = await app.inject({ url: '/mcp', headers: { authorization: 'Basic abc' } })
  t.equal((await readDenial(twice)).status, 401)
})

t.test('a missing scope is insufficient_scope with all scopes that the client must request', async (t) => {
  const { get } = await start(t)
  const { status, parameters } = await readDenial(await get('/mcp/mail'))
  t.equal(status, 403)
  t.same(parameters, { error: 'insufficient_scope', scope: `openid ${AUDIENCE} email`, resource_metadata: METADATA })
})

t.test('a missing role is a 403 without error and scope inside a resource', async (t) => {
  const { get } = await start(t, { realm: 'tools' })
  const { status, parameters } = await readDenial(await get('/mcp/admin'))
  t.equal(status, 403)
  t.same(parameters, { realm: 'tools', resource_metadata: METADATA })
})

t.test('challenges outside of a resource do not change', async (t) => {
  const { get } = await start(t)
  t.equal((await get('/mcpx', null)).headers['www-authenticate'], 'Bearer')
  t.equal((await get('/mcpx')).headers['www-authenticate'], 'Bearer error="insufficient_scope"')
})

t.test('the resource with the longest path that contains the route decides', async (t) => {
  const { get } = await start(t, { resource: ['https://api.acme.example', 'https://api.acme.example/mcp/', { url: 'https://api.acme.example/mcp/admin', scopes: ['profile'] }] })
  t.match((await readDenial(await get('/mcpx', null))).sdk, { url: 'https://api.acme.example/.well-known/oauth-protected-resource' })
  t.match((await readDenial(await get('/mcp', null))).sdk, { url: 'https://api.acme.example/.well-known/oauth-protected-resource/mcp/' })
  t.match((await readDenial(await get('/mcp/admin', null))).sdk, { url: 'https://api.acme.example/.well-known/oauth-protected-resource/mcp/admin', scope: `openid ${AUDIENCE} profile` })
})

t.test('on a route whose pattern has no fixed path, the path of the request decides', async (t) => {
  const { get } = await start(t, { resource: ['https://api.acme.example/acme/mcp', 'https://api.acme.example/mcp'] }, (app) => {
    app.get('/:tenant/mcp', async () => 'served')
    app.get('/*', async () => 'served')
  })
  const inside = { 'https://api.acme.example/.well-known/oauth-protected-resource/acme/mcp': ['/acme/mcp', '/%61cme/mcp?x=/mcp', '/acme//mcp', '/acme/mcp/more'], [METADATA]: ['/mcp/more'] }
  for (const [url, paths] of Object.entries(inside)) for (const path of paths) t.match((await readDenial(await get(path, null))).sdk, { url }, path)
  for (const path of ['/beta/mcp', '/beta?/acme/mcp']) t.equal((await get(path, null)).headers['www-authenticate'], 'Bearer', path)
})

t.test('a strategy on a route inside a resource has its challenges', async (t) => {
  const { get } = await start(t, {}, (app) => {
    app.get('/mcp/own', { config: { access: 'own' }, onRequest: app.zitadel.require({ roles: ['admin'] }) as never }, async () => 'served')
  })
  t.match((await readDenial(await get('/mcp/own', null))).sdk, { url: METADATA })
})

t.test('unmatched: \'protected\' has the challenges of the resource that the path is inside of', async (t) => {
  const { get } = await start(t, { unmatched: 'protected' })
  t.match((await readDenial(await get('/mcp/unknown', null))).sdk, { url: METADATA })
  t.equal((await get('/unknown', null)).headers['www-authenticate'], 'Bearer')
})

t.test('a personal access token is refused inside a resource, with the challenge that sends the client to a login', async (t) => {
  const { get } = await start(t, {}, (app) => {
    app.get('/mcp/own', { config: { access: 'own' }, onRequest: app.zitadel.require() as never }, async () => 'served')
    app.get('/:tenant', async () => 'served')
  })
  for (const url of ['/mcp', '/mcp/own']) {
    const { status, parameters } = await readDenial(await get(url, 'pat'))
    t.equal(status, 401, url)
    t.same(parameters, { error: 'invalid_token', scope: `openid ${AUDIENCE}`, resource_metadata: METADATA })
  }
  t.equal((await get('/beta', 'pat')).statusCode, 200, 'outside of the resource')
  t.equal((await get('/mcp', 'good')).statusCode, 200)
})

t.test('a personal access token is accepted if the option of the resource says so', async (t) => {
  const resource = { url: 'https://api.acme.example/mcp', personalAccessTokens: true }
  const { get } = await start(t, { resource })
  t.equal((await get('/mcp', 'pat')).statusCode, 200)
  const { get: never } = await start(t, { resource, personalAccessTokens: false })
  t.equal((await never('/mcp', 'pat')).statusCode, 401)
})
