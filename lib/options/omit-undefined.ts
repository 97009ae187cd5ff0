/** Without a prototype, so that nothing on Object.prototype counts as an option. */
export function omitUndefined<T extends object> (given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.assign(Object.create(null), Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
}
