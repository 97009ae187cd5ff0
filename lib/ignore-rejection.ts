/** Ignores the rejection of a value that nothing waits for. If it is a promise, an unhandled rejection would end the process. */
export function ignoreRejection (value: unknown): void {
  Promise.resolve(value).catch(() => {})
}
