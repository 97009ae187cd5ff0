import type { FastifyInstance } from 'fastify'

/** The options of the router that change which paths are the same. */
export interface RouterOptions {
  readonly caseSensitive?: boolean
  readonly ignoreTrailingSlash?: boolean
  readonly useSemicolonDelimiter?: boolean
}

/** Reads an option of the router. Fastify copies these options to either of two places. */
export function getRouterOption ({ initialConfig }: Pick<FastifyInstance, 'initialConfig'>, name: keyof RouterOptions): boolean | undefined {
  const { routerOptions } = initialConfig as { routerOptions?: RouterOptions }
  return routerOptions?.[name] ?? (initialConfig as RouterOptions)[name]
}
