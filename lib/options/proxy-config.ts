import { createOptionError } from '../errors.ts'

/** The proxy that the environment names for the connections to ZITADEL. */
export interface ProxyConfig {
  /** The variable that names it. */
  readonly variable: string
  /** Undefined if the variable is set, but the environment does not say that Node.js should use it. */
  readonly server: { readonly origin: string, readonly authorization: string | undefined } | undefined
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/**
 * Finds the proxy for an origin by the same variables as `fetch` of Node.js.
 *
 * @param env environment variables
 * @param execArgv the options of Node.js, as in `process.execArgv`
 * @returns undefined if no variable names a proxy for this origin
 * @throws ZitadelError `FST_ZITADEL_OPTION` if the proxy is used and its URL is invalid. The message contains no part of the URL
 * @see {@link https://nodejs.org/api/cli.html#node_use_env_proxy1 NODE_USE_ENV_PROXY}
 */
export function resolveProxy (origin: string, env: NodeJS.ProcessEnv, execArgv: readonly string[] = process.execArgv): ProxyConfig | undefined {
  const { protocol, host, port } = new URL(origin)
  const names = protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY']
  // An empty variable in lower case hides the one in upper case, and HTTP_PROXY is also used for https.
  const variable = findVariable(env, names) ?? findVariable(env, ['http_proxy', 'HTTP_PROXY'])
  if (variable === undefined || isExcluded(host.replace(/:\d*$/, ''), port || DEFAULT_PORTS[protocol]!, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined
  return { variable, server: isEnabled(env, execArgv) ? parseProxy(env[variable]!, variable) : undefined }
}

function findVariable (env: NodeJS.ProcessEnv, names: readonly string[]): string | undefined {
  const name = names.find((each) => env[each] !== undefined)
  return name === undefined || env[name] === '' ? undefined : name
}

function isEnabled (env: NodeJS.ProcessEnv, execArgv: readonly string[]): boolean {
  return env['NODE_USE_ENV_PROXY'] === '1' || [...execArgv, ...(env['NODE_OPTIONS'] ?? '').split(' ')].includes('--use-env-proxy')
}

/** Whether NO_PROXY names the host, a domain above it, or `*`. An entry with a port is valid for this port only; an IPv6 address needs brackets for it. */
function isExcluded (hostname: string, port: string, list: string): boolean {
  return list.toLowerCase().split(/[,\s]/).filter((entry) => entry !== '').some((entry) => {
    if (/^[\da-f]*:[\da-f:.]*:/.test(entry)) return hostname === `[${entry}]`
    const [, domain, entryPort] = /^(.+):(\d+)$/.exec(entry) ?? [undefined, entry, port]
    const name = domain!.replace(/^\*?\./, '')
    return entry === '*' || (entryPort === port && (hostname === name || hostname.endsWith(`.${name}`)))
  })
}

function parseProxy (text: string, variable: string): ProxyConfig['server'] {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw createOptionError(`the variable "${variable}" must be the http or https URL of a proxy, such as http://proxy.example:3128 (NODE_USE_ENV_PROXY is set)`, 'proxy_malformed')
  }
  if (url.username === '' && url.password === '') return { origin: url.origin, authorization: undefined }
  try {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    return { origin: url.origin, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
  } catch {
    throw createOptionError(`the variable "${variable}" has a user or password that is not percent-encoded: write a % as %25`, 'proxy_malformed')
  }
}
