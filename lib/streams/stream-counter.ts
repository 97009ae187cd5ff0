import type { StreamCount } from '../registration.ts'
import type { EndReason } from './end-reason.ts'

/** The streams of one route. */
export class RouteStreams implements StreamCount {
  readonly route: string | undefined
  open = 0
  // Zeros from the start: Prometheus records no increase in a series whose first value is 1.
  readonly ended: Record<EndReason, number> = { expired: 0, revoked: 0, forbidden: 0 }

  constructor (route: string | undefined) {
    this.route = route
  }

  recordOpen (): void {
    this.open++
  }

  recordClose (): void {
    this.open--
  }

  /** Counts a stream whose token has ended. {@link RouteStreams.recordClose} counts that it is closed. */
  recordEnd (reason: EndReason): void {
    this.ended[reason]++
  }
}

/** Counts streams by the pattern of their route. A stream is one call of `onEnd`, also if its request has several tokens. */
export class StreamCounter {
  readonly #routes = new Map<string | undefined, RouteStreams>()

  get (route: string | undefined): RouteStreams {
    let streams = this.#routes.get(route)
    if (streams === undefined) this.#routes.set(route, streams = new RouteStreams(route))
    return streams
  }

  list (): Iterable<StreamCount> {
    return this.#routes.values()
  }
}
