import type { RouteRow } from '../guard/routes/route-table.ts'
import { inspectRoutes } from '../testing/guarded/inspect-routes.ts'
import { formatRequirement } from './access/requirement-text.ts'
import { closeApp, loadApp } from './load-app.ts'
import { formatJson } from './printable.ts'
import { formatTable } from './table.ts'
import { runUserCode } from './user-code.ts'
import { UsageError, type Command } from './command.ts'

/** Prints the access of each route. The order is stable, so that a diff shows a change. */
export const routes: Command = {
  usage: `  fastify-zitadel routes FILE [--json | --markdown]
      Who may call what. FILE exports a Fastify instance by default, or a function that returns one.
      Exit status 1 if a request without a token reaches a route that is not declared public.
`,
  flags: { json: { type: 'boolean' }, markdown: { type: 'boolean' } },
  run: async ({ values, positionals }, { write, writeError }) => {
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0) throw new UsageError('exactly one FILE is needed')
    if (values['json'] && values['markdown']) throw new UsageError('--json and --markdown exclude each other')
    const app = await loadApp(file)
    try {
      const { rows, problems } = await runUserCode(file, 'the routes cannot be tried', async () => await inspectRoutes(app))
      write(values['json'] ? formatJson(rows) : formatTable(['method', 'url', 'access', 'requires'], rows.map(formatRow), values['markdown'] === true))
      for (const problem of problems) writeError(`${problem}\n`)
      return problems.length > 0 ? 1 : 0
    } finally {
      await closeApp(file, app)
    }
  }
}

function formatRow (row: RouteRow): string[] {
  return [row.method, row.url, row.access, formatRequirement(row)]
}
