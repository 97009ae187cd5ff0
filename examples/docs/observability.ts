// #region channel
import { subscribe } from 'node:diagnostics_channel'
import type { DecisionMessage } from 'fastify-zitadel'

/** Calls a function for each denied request. */
export function watchDenials (onDenial: (route: string | undefined, reason: string | undefined) => void): void {
  subscribe('fastify-zitadel:decision', (message) => {
    const { outcome, route, reason } = message as DecisionMessage
    if (outcome === 'denied') onDenial(route, reason)
  })
}
// #endregion channel
