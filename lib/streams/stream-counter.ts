import type { StreamCount } from '../registration.ts'
import type { EndReason } from './end-reason.ts'

/** The streams of one route. */
export interface RouteStreams extends StreamCount {
  open: number
  readonly ended: Record<EndReason, number>
}

/** Counts streams by the pattern of their route. A stream is one call of `onEnd`, also if its request has several tokens. */
export class StreamCounter {
  readonly #routes = new Map<string | undefined, RouteStreams>()

  get (route: string | undefined): RouteStreams {
    let streams = this.#routes.get(route)
    // Zeros from the start: Prometheus records no increase in a series whose first value is 1.
    if (streams === undefined) this.#routes.set(route, streams = { route, open: 0, ended: { expired: 0, revoked: 0, forbidden: 0 } })
    return streams
  }

  list (): Iterable<StreamCount> {
    return this.#routes.values()
  }
}
