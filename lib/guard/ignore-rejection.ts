/**
 * For what a user's function gave in place of an answer. It may be a promise, and one that is rejected while nobody waits
 * for it would end the process.
 */
export function ignoreRejection (value: unknown): void {
  Promise.resolve(value).catch(() => {})
}
