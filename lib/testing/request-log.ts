import type { RecordedRequest } from './exchange.ts'

const maximum = 1000

/** The last requests, oldest first. */
export class RequestLog {
  readonly requests: RecordedRequest[] = []

  add (request: RecordedRequest): void {
    this.requests.push(request)
    if (this.requests.length > maximum) this.requests.shift()
  }
}
