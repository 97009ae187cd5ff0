import type { HttpRequest, StreamedResponse, RequestSender } from './http-request.ts'

/** Sends requests through a user's dispatcher. It gets an AbortSignal, because undici 8 accepts no other object with `aborted`. */
export function createDispatcherSender (dispatcher: { readonly request: (options: HttpRequest & { readonly signal: AbortSignal }) => Promise<StreamedResponse> }): RequestSender {
  return { request: async (options) => await dispatcher.request({ ...options, signal: options.signal.toAbortSignal() }) }
}
