import type { IncomingHttpHeaders } from 'node:http'
import { createTextResponse, type StandInResponse } from '../http/response.ts'

/** The hosts of an instance, and how the origin of a request is computed. */
export interface InstanceDomains {
  /** `ExternalDomain` in error messages. */
  readonly external: string
  /** Hosts without port. */
  readonly instance: ReadonlySet<string>
  readonly trusted: ReadonlySet<string>
  /** `ExternalSecure` of the server: if true, the origin is https and the headers of a proxy are not read for it. */
  readonly isSecure: boolean
}

/** Creates the hosts of an instance with the public origin `issuer`. */
export function createDomains (issuer: string, options: { domains?: string[], trustedDomains?: string[], externalSecure?: boolean }): InstanceDomains {
  const { hostname, protocol } = new URL(issuer)
  return {
    external: hostname,
    instance: new Set([hostname, ...options.domains ?? []]),
    trusted: new Set(options.trustedDomains),
    isSecure: options.externalSecure ?? protocol === 'https:'
  }
}

/** The origin of one request. ZITADEL uses it as the issuer during this request. */
export interface RequestOrigin {
  instanceHost: string
  publicHost: string
  protocol: string
}

/** Reads the origin from the request headers, in ZITADEL's order of precedence. */
export function parseRequestOrigin (headers: IncomingHttpHeaders, { isSecure }: InstanceDomains): RequestOrigin {
  const header = (name: string): string => String(headers[name] ?? '')
  const hosts = [
    header('x-zitadel-instance-host'),
    getForwardedParameter(header('forwarded'), 'host'),
    getForwardedParameter(header('x-zitadel-forwarded'), 'host'),
    getForwardedParameter(header('x-forwarded-for'), 'host'),
    header('x-forwarded-host'),
    header('host')
  ]
  return {
    instanceHost: hosts.find((host) => host !== '' && hasValidPort(host)) ?? '',
    publicHost: header('x-zitadel-public-host'),
    protocol: isSecure ? 'https' : getForwardedParameter(header('forwarded'), 'proto') || header('x-forwarded-proto') || 'http'
  }
}

/** Returns the error response if no instance has this origin, else undefined. */
export function findOriginError (origin: RequestOrigin, domains: InstanceDomains): StandInResponse | undefined {
  if (!domains.instance.has(removePort(origin.instanceHost))) return createUnknownInstanceResponse(origin, domains)
  const { publicHost, instanceHost } = origin
  if (publicHost === '' || publicHost === instanceHost || domains.trusted.has(removePort(publicHost))) return undefined
  return createOriginErrorResponse(origin, domains, `ID=QUERY-IuGh1 ${NOT_FOUND_MESSAGE} Parent=(public domain "${removePort(publicHost)}" not trusted)`, 404)
}

const NOT_FOUND_MESSAGE = 'Message=Instance not found. Make sure you got the domain right. Check out https://zitadel.com/docs/apis/introduction#domains'

export function createUnknownInstanceResponse (origin: RequestOrigin, domains: InstanceDomains): StandInResponse {
  return createOriginErrorResponse(origin, domains, `ID=QUERY-1kIjX ${NOT_FOUND_MESSAGE}`, 404)
}

export function createOriginErrorResponse ({ instanceHost, publicHost, protocol }: RequestOrigin, { external }: InstanceDomains, error: string, status: number): StandInResponse {
  return createTextResponse(`unable to set instance using origin &{${instanceHost} ${publicHost} ${protocol}} (ExternalDomain is ${external}): ${error}`, status)
}

export function getIssuer ({ instanceHost, publicHost, protocol }: RequestOrigin): string {
  return `${protocol}://${publicHost || instanceHost}`
}

/** Returns a parameter of the first element of a `Forwarded` header (RFC 7239 section 4). */
function getForwardedParameter (header: string, parameter: string): string {
  const [first = ''] = header.split(',')
  for (const pair of first.split(';')) {
    const [name = '', value = ''] = pair.split('=')
    if (name.trim().toLowerCase() === parameter) return value.trim().replace(/^"(.*)"$/, '$1')
  }
  return ''
}

function removePort (host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}

function hasValidPort (host: string): boolean {
  const [, port] = /:([^\]]*)$/.exec(host) ?? []
  return port === undefined || (/^\d+$/.test(port) && Number(port) <= 65535)
}
