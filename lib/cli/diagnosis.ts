import { CAUSES, type Cause } from './checks/causes.ts'
import type { Terminal } from './command.ts'
import { resolveDocument } from './document-path.ts'
import { MCP_CAUSES, type McpCause } from './mcp/mcp-causes.ts'
import { toPrintable } from './printable.ts'

/** A line of the doctor. */
export interface Diagnosis {
  /** What was checked. Stable, for scripts. */
  readonly id: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly message: string
  /** What was found, in one word. Stable, for scripts; '' if nothing is wrong. */
  readonly cause: string
  /** What to do; '' if nothing needs to be done. */
  readonly cure: string
  /** The document and its section, relative to the folder of this package; '' if there is none. */
  readonly see: string
}

const CURES = { ...CAUSES, ...MCP_CAUSES }

export function createSuccess (id: string, message: string): Diagnosis {
  return { id, status: 'ok', message, cause: '', cure: '', see: '' }
}

export function createFailureWithCure (id: string, message: string, cure: string, see: string, cause: string): Diagnosis {
  return { id, status: 'failed', message, cause, cure, see }
}

/** Creates the line of a known cause, with its cure. */
export function createWarning (id: string, cause: Cause | McpCause, message: string): Diagnosis {
  const [cure, see] = CURES[cause]
  return { id, status: 'warning', message, cause, cure, see }
}

/** Creates the line of a known cause, with its cure. */
export function createFailure (id: string, cause: Cause | McpCause, message: string): Diagnosis {
  const [cure, see] = CURES[cause]
  return createFailureWithCure(id, message, cure, see, cause)
}

/** The exit status: 0, 1 if something failed, 2 if there are only warnings. */
export function getExitStatus (diagnoses: readonly Diagnosis[]): number {
  if (diagnoses.some(({ status }) => status === 'failed')) return 1
  return diagnoses.some(({ status }) => status === 'warning') ? 2 : 0
}

const COLORS = { ok: 32, warning: 33, failed: 31 }

/** Formats one line for each diagnosis, with what to do and the document below it. */
export function formatDiagnoses (diagnoses: readonly Diagnosis[], { isColored, packageFolder }: Pick<Terminal, 'isColored' | 'packageFolder'>): string {
  const format = (status: Diagnosis['status']): string => isColored ? `\u001B[${COLORS[status]}m${status.padEnd(7)}\u001B[0m` : status.padEnd(7)
  return diagnoses.map(({ status, message, cure, see }) => {
    const lines = [cure, see === '' ? '' : `See ${resolveDocument(see, packageFolder)}`].filter((line) => line !== '')
    return `${format(status)}  ${toPrintable(message)}\n${lines.map((line) => `         ${toPrintable(line)}\n`).join('')}`
  }).join('')
}
