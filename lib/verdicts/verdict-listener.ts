import type { VerdictTarget } from '../zitadel/verdict-target.ts'
import type { Verdict } from './verdict.ts'

/** Called when what is known about tokens changes. */
export interface VerdictListener {
  /** Verdicts were forgotten or doubted, or may have been forgotten by another process. */
  readonly onOutdated: (target: VerdictTarget) => void
  /** A new verdict can be used. */
  readonly onVerdict: (key: string, verdict: Verdict) => void
  /** This process is cut off from the others, and uses a verdict up to this age in milliseconds; or is no longer: Infinity. */
  readonly onCutOff: (maxAge: number) => void
}
