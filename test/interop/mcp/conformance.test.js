import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { createServer, request as sendRequest } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createMcpFastifyApp } from '@modelcontextprotocol/fastify'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { createNotesServer } from '../../../build/examples/mcp/notes-server.js'
import { startExample } from './setup.js'

const SUITE = join(dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')), 'dist/index.js')
// Those that need none of the suite's own tools. The suite has no scenario for the authorization of servers.
const SCENARIOS = ['server-initialize', 'tools-list', 'server-stateless', 'http-header-validation']
const [major] = process.versions.node.split('.').map(Number)

/** Forwards requests with a token, because the suite sends none. */
async function startProxy (t, url, token) {
  const { hostname, port } = new URL(url)
  const server = createServer((request, response) => {
    const forwarded = sendRequest({ hostname, port, path: request.url, method: request.method, headers: { ...request.headers, authorization: `Bearer ${token}` } }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders)
      answer.pipe(response)
    })
    forwarded.once('error', () => response.destroy())
    response.once('close', () => forwarded.destroy())
    request.pipe(forwarded)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${server.address().port}/mcp`
}

async function startUnguarded (t) {
  const app = createMcpFastifyApp()
  const handle = toNodeHandler(createMcpHandler(createNotesServer))
  app.all('/mcp', async (request, reply) => {
    reply.hijack()
    await handle(request.raw, reply.raw, request.body)
  })
  t.after(async () => await app.close())
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/mcp`
}

/** The results of the suite: lines `status id`. */
async function judge (t, url, scenario) {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  t.after(async () => await rm(folder, { recursive: true }))
  await promisify(execFile)(process.execPath, [SUITE, 'server', '--url', url, '--scenario', scenario, '--output-dir', folder]).catch(() => {})
  const [run] = await readdir(folder)
  const checks = JSON.parse(await readFile(join(folder, run, 'checks.json'), 'utf8'))
  return checks.map(({ status, id }) => `${status} ${id}`).sort()
}

test('the conformance suite has the same results with and without the guard', { skip: major < 22 && 'the suite needs Node.js 22' }, async (t) => {
  const { url, connect } = await startExample(t, { api: { cache: { ttl: 60 } } })
  const guarded = await startProxy(t, url, (await connect('grace')).stored.tokens().access_token)
  const unguarded = await startUnguarded(t)
  for (const scenario of SCENARIOS) {
    const [checks, expected] = await Promise.all([guarded, unguarded].map(async (server) => await judge(t, server, scenario)))
    assert.deepEqual(checks, expected, scenario)
    t.diagnostic(`${scenario}: ${checks.filter((check) => check.startsWith('SUCCESS')).length} of ${checks.length}`)
  }
})
