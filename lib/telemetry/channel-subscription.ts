import { subscribe, unsubscribe, type Channel } from 'node:diagnostics_channel'

/**
 * Subscribes to the messages of one registration.
 *
 * @returns a function that ends the subscription
 */
export function subscribeTo<T extends { readonly registration: number }> ({ name }: Pick<Channel, 'name'>, registration: number, listener: (message: T) => void): () => void {
  const onMessage = (message: unknown): void => { if ((message as T).registration === registration) listener(message as T) }
  subscribe(name, onMessage)
  return () => { unsubscribe(name, onMessage) }
}
