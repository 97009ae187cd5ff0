import { CAUSES, type Cause } from './checks/causes.ts'
import { MCP_CAUSES, type McpCause } from './mcp/mcp-causes.ts'

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
