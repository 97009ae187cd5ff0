/** Finds one of Fastify's symbols by its description, on an instance or on its parents. */
export function findSymbol (app: object, description: string): symbol | undefined {
  for (let each: object | null = app; each !== null; each = Object.getPrototypeOf(each)) {
    const found = Object.getOwnPropertySymbols(each).find((symbol) => symbol.description === description)
    if (found !== undefined) return found
  }
  return undefined
}
