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
export function createDomains (issuer: string, options: { domains?: string[] | undefined, trustedDomains?: string[] | undefined, externalSecure?: boolean | undefined }): InstanceDomains {
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
  /** Whether the caller prefers German, the one other language of the stand-in's messages. */
  isGerman: boolean
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
  const protocols = [
    getForwardedParameter(header('forwarded'), 'proto'),
    getForwardedParameter(header('x-zitadel-forwarded'), 'proto'),
    getForwardedParameter(header('x-forwarded-for'), 'proto'),
    header('x-forwarded-proto')
  ]
  return {
    instanceHost: hosts.find((host) => host !== '' && hasValidPort(host)) ?? '',
    publicHost: header('x-zitadel-public-host'),
    protocol: isSecure ? 'https' : protocols.find((protocol) => protocol === 'http' || protocol === 'https') ?? 'http',
    isGerman: /^de\b/.test(header('accept-language'))
  }
}

/** Returns the error response if no instance has this origin, else undefined. */
export function findOriginError (origin: RequestOrigin, domains: InstanceDomains): StandInResponse | undefined {
  if (!domains.instance.has(removePort(origin.instanceHost))) return createUnknownInstanceResponse(origin, domains)
  const { publicHost, instanceHost } = origin
  if (publicHost === '' || removePort(publicHost) === removePort(instanceHost) || domains.trusted.has(removePort(publicHost))) return undefined
  return createOriginErrorResponse(origin, domains, `ID=QUERY-IuGh1 ${getNotFoundMessage(origin)} Parent=(public domain "${removePort(publicHost)}" not trusted)`, 404)
}

function getNotFoundMessage ({ isGerman }: RequestOrigin): string {
  const message = isGerman
    ? 'Instanz nicht gefunden. Stelle sicher, dass Du die richtige Domain hast. Schau unter'
    : 'Instance not found. Make sure you got the domain right. Check out'
  return `Message=${message} https://zitadel.com/docs/apis/introduction#domains`
}

export function createUnknownInstanceResponse (origin: RequestOrigin, domains: InstanceDomains): StandInResponse {
  return createOriginErrorResponse(origin, domains, `ID=QUERY-1kIjX ${getNotFoundMessage(origin)}`, 404)
}

export function createOriginErrorResponse ({ instanceHost, publicHost, protocol }: RequestOrigin, { external }: InstanceDomains, error: string, status: number): StandInResponse {
  const text = `unable to set instance using origin &{${instanceHost} ${publicHost} ${protocol}} (ExternalDomain is ${external}): ${error}`
  return { ...createTextResponse(text, status), hasNoCookie: true }
}

export function getIssuer ({ instanceHost, publicHost, protocol }: RequestOrigin): string {
  return `${protocol}://${publicHost || instanceHost}`
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * Returns a parameter of the first element of a `Forwarded` header that has it (RFC 7239 section 4). A value that is neither a token nor
 * quoted, such as a host with a port, makes the whole header void.
 */
function getForwardedParameter (header: string, parameter: string): string {
  const pairs = header.split(/[,;]/).filter((pair) => pair.includes('=')).map((pair) => {
    const [name, ...value] = pair.split('=')
    return { name: name!.trim().toLowerCase(), value: value.join('=').trim() }
  })
  const isQuoted = (value: string): boolean => /^"[^"]*"$/.test(value)
  if (!pairs.every(({ value }) => TOKEN.test(value) || isQuoted(value))) return ''
  const { value = '' } = pairs.find(({ name }) => name === parameter) ?? {}
  return isQuoted(value) ? value.slice(1, -1) : value
}

/** ZITADEL compares hosts with their case. */
function removePort (host: string): string {
  return host.replace(/:\d+$/, '')
}

function hasValidPort (host: string): boolean {
  const [, port] = /:([^\]]*)$/.exec(host) ?? []
  return port === undefined || (/^\d+$/.test(port) && Number(port) > 0 && Number(port) <= 65535)
}
