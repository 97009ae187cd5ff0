/** The option `limits`, complete. */
export interface Limits {
  /** Maximum number of concurrent introspections. */
  readonly concurrent: number
  /** Maximum number of introspections in the queue. */
  readonly queue: number
  /** Maximum number of introspections per second, in bursts of at most one second's worth; undefined for no such limit. */
  readonly perSecond?: number | undefined
}
