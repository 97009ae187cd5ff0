import type { RecordedRequest } from '../http/request.ts'

const MAX_REQUESTS = 1000

/** The last 1000 requests, oldest first. */
export class RequestLog {
  readonly requests: RecordedRequest[] = []

  add (request: RecordedRequest): void {
    this.requests.push(request)
    if (this.requests.length > MAX_REQUESTS) this.requests.shift()
  }
}
