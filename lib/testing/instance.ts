import type { IncomingHttpHeaders } from 'node:http'
import { text, type Answer } from './answer.ts'

/** Which hosts an instance answers to, and how its origin is computed. */
export interface Domains {
  /** The host that error messages call ExternalDomain. */
  readonly external: string
  /** Hosts without port. */
  readonly instance: ReadonlySet<string>
  readonly trusted: ReadonlySet<string>
  /** The server runs with `ExternalSecure`: its origin is https, whatever a proxy says. */
  readonly secure: boolean
}

/** The hosts of an instance whose public origin is `issuer`. */
export function domains (issuer: string, options: { domains?: string[], trustedDomains?: string[], externalSecure?: boolean }): Domains {
  const { hostname, protocol } = new URL(issuer)
  return {
    external: hostname,
    instance: new Set([hostname, ...options.domains ?? []]),
    trusted: new Set(options.trustedDomains),
    secure: options.externalSecure ?? protocol === 'https:'
  }
}

/** The origin of one request: what ZITADEL calls the issuer while it answers it. */
export interface Origin {
  instanceHost: string
  publicHost: string
  protocol: string
}

/** The origin that the headers tell, by ZITADEL's order of precedence. */
export function requestOrigin (headers: IncomingHttpHeaders, { secure }: Domains): Origin {
  const header = (name: string): string => String(headers[name] ?? '')
  const hosts = [
    header('x-zitadel-instance-host'),
    forwarded(header('forwarded'), 'host'),
    forwarded(header('x-zitadel-forwarded'), 'host'),
    forwarded(header('x-forwarded-for'), 'host'),
    header('x-forwarded-host'),
    header('host')
  ]
  return {
    instanceHost: hosts.find((host) => host !== '' && hasGoodPort(host)) ?? '',
    publicHost: header('x-zitadel-public-host'),
    protocol: secure ? 'https' : forwarded(header('forwarded'), 'proto') || header('x-forwarded-proto') || 'http'
  }
}

/** The answer where no instance is found for an origin, undefined where one is. */
export function refuseOrigin (origin: Origin, domains: Domains): Answer | undefined {
  if (!domains.instance.has(hostname(origin.instanceHost))) return unknownInstance(origin, domains)
  const { publicHost, instanceHost } = origin
  if (publicHost === '' || publicHost === instanceHost || domains.trusted.has(hostname(publicHost))) return undefined
  return originError(origin, domains, `ID=QUERY-IuGh1 ${notFound} Parent=(public domain "${hostname(publicHost)}" not trusted)`, 404)
}

const notFound = 'Message=Instance not found. Make sure you got the domain right. Check out https://zitadel.com/docs/apis/introduction#domains'

export function unknownInstance (origin: Origin, domains: Domains): Answer {
  return originError(origin, domains, `ID=QUERY-1kIjX ${notFound}`, 404)
}

export function originError ({ instanceHost, publicHost, protocol }: Origin, { external }: Domains, error: string, status: number): Answer {
  return text(`unable to set instance using origin &{${instanceHost} ${publicHost} ${protocol}} (ExternalDomain is ${external}): ${error}`, status)
}

export function issuerOf ({ instanceHost, publicHost, protocol }: Origin): string {
  return `${protocol}://${publicHost || instanceHost}`
}

/** A parameter of the first element of a `Forwarded` header (RFC 7239 section 4). */
function forwarded (header: string, parameter: string): string {
  const [first = ''] = header.split(',')
  for (const pair of first.split(';')) {
    const [name = '', value = ''] = pair.split('=')
    if (name.trim().toLowerCase() === parameter) return value.trim().replace(/^"(.*)"$/, '$1')
  }
  return ''
}

function hostname (host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}

function hasGoodPort (host: string): boolean {
  const [, port] = /:([^\]]*)$/.exec(host) ?? []
  return port === undefined || (/^\d+$/.test(port) && Number(port) <= 65535)
}
