import { availableParallelism, cpus } from 'node:os'
import { formatTable } from './table.js'

/** The whole of bench/README.md. */
export function formatReadme ({ answers, missing, quick, minutes }) {
  const targets = answers.flatMap(({ targets }) => targets)
  return `# The benchmark

Written by \`npm run bench\`${quick ? ' `-- --quick`' : ''}; edit the code beside this file, not the file.

![Requests per second and core, and the time of one introspection](chart.svg)

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${minutes} minutes${quick ? ', quick: few rounds, so note the spread' : ''}.

**How to read it.** Everything was measured in one run, on one machine, all contestants in turn in every round, each in a
process of its own. So compare within a table, and compare ratios: absolute figures depend on the machine. A figure is the median of
the rounds, with the least and the most of them in brackets. The guard is measured as users get it: built, with default
options, the requirement declared in \`config\`. Bare frameworks are sent the same \`Authorization\` header. The peers
verify a signature, or cache the result; the guard also checks revocations and roles.
${missing.length > 0 ? `\nNot in the registry when this was measured, so left out: ${missing.join(', ')}.\n` : ''}
## Goals and results

${formatTable(['target', 'goal', 'measured', 'reached'], targets.map(({ what, goal, measured, reached }) => [what, goal, measured, reached === undefined ? '-' : reached ? 'yes' : '**no**']))}
${explainMissedTargets(targets)}${answers.map(({ title, text, head, rows }) => `
## ${title}

${text}

${formatTable(head, rows)}
`).join('')}`
}

/** One paragraph for each reason: several targets can be missed for the same one. */
function explainMissedTargets (targets) {
  const missed = targets.filter(({ reached, why }) => reached === false && why !== undefined)
  const reasons = [...new Set(missed.map(({ why }) => why))]
  return reasons.map((reason) => {
    const names = missed.filter(({ why }) => why === reason).map(({ what }) => `**${what}**`)
    return `\nNot reached: ${names.join(' and ')}, because ${reason}.\n`
  }).join('')
}
