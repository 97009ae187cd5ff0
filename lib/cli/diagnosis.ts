/** A line of the doctor. */
export interface Diagnosis {
  /** Stable, for scripts. */
  readonly id: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly message: string
  /** What to do; '' if nothing needs to be done. */
  readonly cure: string
}

export function ok (id: string, message: string): Diagnosis {
  return { id, status: 'ok', message, cure: '' }
}

export function warning (id: string, message: string, cure: string): Diagnosis {
  return { id, status: 'warning', message, cure }
}

export function failed (id: string, message: string, cure: string): Diagnosis {
  return { id, status: 'failed', message, cure }
}

/** The exit status: 0, 1 if something failed, 2 if there are only warnings. */
export function getExitStatus (diagnoses: readonly Diagnosis[]): number {
  if (diagnoses.some(({ status }) => status === 'failed')) return 1
  return diagnoses.some(({ status }) => status === 'warning') ? 2 : 0
}

export function formatDiagnoses (diagnoses: readonly Diagnosis[]): string {
  return diagnoses.map(({ status, message, cure }) => `${status.padEnd(7)}  ${message}\n${cure === '' ? '' : `         ${cure}\n`}`).join('')
}
