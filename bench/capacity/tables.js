const round = (value) => value >= 1000 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(3)).toLocaleString('en')
const bytes = (value) => value >= 1e9 ? `${round(value / 1e9)} GB` : value >= 1e6 ? `${round(value / 1e6)} MB` : `${round(value / 1e3)} kB`
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** Bytes of a verdict in memory, with a response of 1.1 kB, as measured with 9,000. */
const VERDICT = 2600

export function formatEstimates (results) {
  const column = (describe) => results.map(({ fleet, estimated }) => describe(fleet, estimated))
  const rows = [
    ['processes', column(({ processes }) => round(processes))],
    ['tokens in use', column(({ tokens }) => round(tokens))],
    ['requests a second', column(({ requests }) => round(requests))],
    ['`ttl`, seconds', column(({ ttl }) => round(ttl))],
    ['a token always at one process', column(({ sticky }) => sticky ? 'yes' : 'no')],
    ['users forgotten a second', column(({ forgets = 0 }) => round(forgets))],
    ['**introspections a second at ZITADEL**', column((_, { introspections }) => `**${round(introspections)}**`)],
    ['answered from memory', column((_, { memoryHitRatio }) => `${(memoryHitRatio * 100).toFixed(1)} %`)],
    ['Redis commands a second', column((_, { commandsInAll }) => round(commandsInAll))],
    ['Redis receives, a second', column((_, { bytesIn }) => bytes(bytesIn))],
    ['Redis sends, a second', column((_, { bytesOut }) => bytes(bytesOut))],
    ['messages delivered a second', column((_, { deliveries }) => round(deliveries))],
    ['memory of Redis', column((_, { redisMemory }) => bytes(redisMemory))],
    ['verdicts in use at a process', column((_, { verdicts }) => round(verdicts))],
    ['memory of these', column((_, { verdicts }) => bytes(verdicts * VERDICT))]
  ]
  return table(['', ...results.map((_, index) => String.fromCharCode(65 + index))], rows.map(([name, cells]) => [name, ...cells]))
}

export function formatComparison (results) {
  const quantities = [
    ['introspections', (each) => each.introspections],
    ['GETRANGE', ({ commands }) => commands.getrange],
    ['EXISTS', ({ commands }) => commands.exists],
    ['SET', ({ commands }) => commands.set],
    ['DEL', ({ commands }) => commands.del],
    ['PUBLISH', ({ commands }) => commands.publish],
    ['bytes in', ({ bytesIn }) => bytesIn],
    ['bytes out', ({ bytesOut }) => bytesOut],
    ['memory of Redis', ({ redisMemory }) => redisMemory]
  ]
  const rows = results.map(({ scenario, predicted, measured }) => [
    `${scenario.name}: ${round(scenario.tokens)} tokens`, scenario.processes,
    ...quantities.map(([, get]) => `${round(get(predicted))} / ${round(get(measured))} (${deviation(get(predicted), get(measured))})`)
  ])
  const more = results.map(({ scenario, measured }) => `${scenario.name}, ${scenario.processes}: ${round(measured.requests)} requests/s, ${measured.failures} failures, Redis CPU ${(measured.redisCpu * 100).toFixed(1)} %, ${(measured.redisCpu * 1e6 / Object.values(measured.commands).reduce((sum, rate) => sum + rate)).toFixed(1)} us a command, heap +${bytes(measured.heap)}`)
  return `${table(['', 'processes', ...quantities.map(([name]) => name)], rows)}\n\n${more.join('\n')}`
}

function deviation (predicted, measured) {
  if (measured === 0) return predicted === 0 ? '0 %' : 'none measured'
  const percent = Math.round((measured / predicted - 1) * 100)
  return `${percent > 0 ? '+' : ''}${percent} %`
}

export function formatCommands (rows) {
  return table(['', 'CPU of Redis'], rows.map(({ name, cpu }) => [name, `${cpu.toFixed(1)} us`]))
}

export function formatMessages (rows) {
  return table(['subscribers', 'the last one has it, p50', 'p99', 'Redis CPU for one delivery'], rows.map(({ subscribers, p50, p99, cpu }) => [round(subscribers), `${p50.toFixed(1)} ms`, `${p99.toFixed(1)} ms`, `${cpu.toFixed(2)} us`]))
}

export function formatRevocations (rows) {
  return table(['', 'revocations', 'the last allowed request, p50', 'p99', 'most', 'allowed after a 401', 'answered 503', 'background requests'], rows.map(({ name, count, p50, p99, most, after, others, load }) => [name, count, `${p50.toFixed(0)} ms`, `${p99.toFixed(0)} ms`, `${most.toFixed(0)} ms`, after, others, load]))
}
