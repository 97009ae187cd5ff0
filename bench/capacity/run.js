// `npm run capacity`: what a fleet costs. `-- --processes 1000 --tokens 1e6 --requests 1e5 --ttl 30 [--sticky] [--forgets 1]` prints the
// estimate; `-- --measure` checks the model against real processes; `-- --revocation` measures how fast a
// revocation arrives, and `-- --redis` what Redis takes for a command and for a message.
import { parseArgs } from 'node:util'
import { createProgress } from '../../test/runner/progress.js'
import { measureCommands } from './commands.js'
import { measureMessages } from './messages.js'
import { measure } from './measure.js'
import { estimate } from './model.js'
import { measureRevocations } from './revocation.js'
import { formatCommands, formatComparison, formatEstimates, formatMessages, formatRevocations } from './tables.js'
import { EXAMPLES, SCENARIOS } from './scenarios.js'

const number = { type: 'string' }
const flag = { type: 'boolean' }
const { values } = parseArgs({ options: { processes: number, tokens: number, requests: number, ttl: number, forgets: number, sticky: flag, measure: flag, revocation: flag, redis: flag, seconds: number } })

if (values.measure) console.log(formatComparison(await compare(Number(values.seconds ?? 40))))
else if (values.revocation) console.log(formatRevocations(await measureRevocations()))
else if (values.redis) console.log(`${formatCommands(await measureCommands())}\n\n${formatMessages(await measureMessages())}`)
else console.log(formatEstimates(readFleets().map((fleet) => ({ fleet, estimated: estimate(fleet) }))))

function readFleets () {
  const { processes, tokens, requests, ttl, forgets = '0', sticky = false } = values
  const given = [processes, tokens, requests, ttl]
  if (given.every((value) => value === undefined)) return EXAMPLES
  const [p, t, r, l, f] = [...given, forgets].map(Number)
  if (![p, t, r, l].every((value) => value > 0) || !(f >= 0)) {
    throw new Error('give --processes, --tokens, --requests (a second) and --ttl (seconds), each a number above 0')
  }
  return [{ processes: p, tokens: t, requests: r, ttl: l, forgets: f, sticky }]
}

async function compare (seconds) {
  const progress = createProgress('capacity')
  const results = []
  for (const scenario of SCENARIOS) {
    progress.update(results.length / SCENARIOS.length, scenario.name)
    results.push({ scenario, ...await measure({ ...scenario, seconds }) })
  }
  progress.end()
  return results
}
