import type { Terminal } from './command.ts'
import type { Diagnosis } from './diagnosis.ts'
import { resolveDocument } from './document-path.ts'
import { formatJson, toPrintable } from './printable.ts'

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

/** Formats the diagnoses for scripts. */
export function formatDiagnosesAsJson (diagnoses: readonly Diagnosis[]): string {
  return formatJson({ ok: getExitStatus(diagnoses) === 0, checks: diagnoses })
}
