import type { Readable } from 'node:stream'
import type { FastifyRequest, RouteOptions } from 'fastify'
import type { Sign, SigningClient } from '../oauth/private-key-jwt.ts'
import type { EventsOptions } from './events-options.ts'
import type { BackChannelLogoutOptions } from './logout-options.ts'
import type { ResourceOptions } from './resource-options.ts'
import type { ZitadelRouteOptions } from './route-options.ts'
import type { SharedCacheOptions } from './shared-cache-options.ts'
import type { ApplicationKey } from '../zitadel/application-key.ts'

/**
 * How this API authenticates at ZITADEL. One of: the JSON key of an application of type API (as a file, or as the object,
 * its JSON or base64 of that), client id and secret, or a signer for a key that never leaves a key management system.
 */
export type Credentials =
  | { readonly keyFile: string }
  | { readonly key: ApplicationKey | string }
  | { readonly clientId: string, readonly clientSecret: string }
  | { readonly clientId: string, readonly keyId: string, readonly alg: SigningClient['alg'], readonly sign: Sign }

/** How long verdicts are used, and how many are kept. */
export interface CacheOptions {
  /** Seconds for which an active verdict is used, at most until the token expires. Default 30. A revocation takes effect after that time at the latest. */
  readonly ttl?: number | undefined
  /** Seconds for which an inactive verdict is used. Default 5, because ZITADEL also responds inactive after an internal error. */
  readonly inactiveTtl?: number | undefined
  /** How many active verdicts are kept; the least recently used one is evicted first. Default 10,000. Inactive verdicts have a bound of their own, a tenth of it. */
  readonly max?: number | undefined
  /**
   * How many bytes the verdicts take, estimated; the least recently used one is evicted first. A quarter is for active verdicts of more than
   * 16 KiB, such as those with much metadata, and a sixteenth for inactive ones. Default 96 MiB, or 8 KiB for each of `max`
   * if that is more. A verdict that is larger than its part is not kept: each request causes an introspection.
   */
  readonly maxBytes?: number | undefined
  /** Whether a verdict that is used often is renewed shortly before its ttl ends, so that no caller waits. Default true. */
  readonly refreshAhead?: boolean | undefined
  /** A cache that several processes share, on Redis or Valkey. Default none. */
  readonly shared?: SharedCacheOptions | undefined
}

/**
 * Bounds on the introspections that callers can cause. A known token was granted by its last introspection, and has neither
 * expired nor been forgotten since; any other is unknown. A quarter of each limit is kept for known tokens, and a quarter of the queue for unknown ones. If
 * both wait, every third introspection that starts is for an unknown token. The users of known tokens are served alternately, and
 * one of them can occupy a quarter of the queue. If the queue is full, the user with the most introspections in it makes room for
 * the others.
 */
export interface LimitOptions {
  /** Concurrent introspections, and connections to ZITADEL. Default 32: with more, unknown tokens would delay the known ones inside a slow ZITADEL. */
  readonly concurrent?: number | undefined
  /**
   * Introspections that wait until they can start. Default 4000, which bounds memory; one more is answered 503. If an
   * introspection has waited for half of `timeout` when it could start, or cannot start within `timeout`, it is answered 503 too.
   */
  readonly queue?: number | undefined
  /** Introspections per second. Default none. ZITADEL Cloud allows about 50 per IP address, for all processes behind it together. */
  readonly perSecond?: number | undefined
}

/** What the option `dispatcher` needs: the method `request` of a dispatcher of undici 6, 7 or 8, or one that works alike. */
export interface DispatcherLike {
  readonly request: (options: {
    readonly origin: string
    readonly path: string
    /** `'GET'` for the public keys of the issuer, which the option `backChannelLogout` needs. */
    readonly method: 'GET' | 'POST'
    readonly headers: Record<string, string>
    /** Null if the method is `'GET'`. */
    readonly body: string | null
    /** Aborts when `timeout` is over. */
    readonly signal: AbortSignal
    /** Always 0, which means none: `signal` replaces it. */
    readonly headersTimeout: number
    /** Always 0, which means none: `signal` replaces it. */
    readonly bodyTimeout: number
  }) => Promise<{ readonly statusCode: number, readonly headers: Readonly<Record<string, string | string[] | undefined>>, readonly body: Readable }>
}

/** How a route without a declaration is guarded; see {@link ZitadelOptions.undeclaredRoutes}. */
export type Undeclared = 'protected' | 'public' | 'refused'

/** The part of a route that the function form of `undeclaredRoutes` receives. */
export type UndeclaredRoute = Pick<RouteOptions, 'method' | 'url' | 'config' | 'schema'>

/** The options of the plugin. Each is checked at registration. A wrong, missing or unknown one stops the start. */
export interface ZitadelOptions {
  /** ZITADEL's public origin, written as ZITADEL writes it; https unless on loopback. Default: `ZITADEL_ISSUER`. */
  readonly issuer?: string | undefined
  /** How this API authenticates at ZITADEL. Default: `ZITADEL_KEY_FILE`, `ZITADEL_KEY`, or `ZITADEL_CLIENT_ID` with `ZITADEL_CLIENT_SECRET`. */
  readonly credentials?: Credentials | undefined
  /** The origin to connect to, if it is not the issuer (inside a cluster). Plain http is allowed, and logged as a warning except on loopback. */
  readonly address?: string | undefined
  /** Path of the introspection endpoint. Default `/oauth/v2/introspect`. */
  readonly introspectionEndpoint?: string | undefined
  /** A dispatcher of undici 6, 7 or 8, for a private CA, a proxy or mutual TLS. The plugin does not close it. Default: a pool of the
   * plugin, which connects through the proxy of the environment if `NODE_USE_ENV_PROXY=1` is set. */
  readonly dispatcher?: DispatcherLike | undefined
  /** How responses are cached. `false`: each request causes an introspection. Default: the defaults of {@link CacheOptions}. */
  readonly cache?: false | CacheOptions | undefined
  /** Milliseconds for the whole of one introspection: queue, signature and retries included. Default 3000. */
  readonly timeout?: number | undefined
  /** Whether a request is retried once within `timeout`: after a broken connection, a 502 to 504, and "inactive" for a known token. Default true. */
  readonly retry?: boolean | undefined
  /** Whether callers get a 503 at once while ZITADEL fails repeatedly (circuit breaker). Default true. */
  readonly breaker?: boolean | undefined
  /** Seconds past its ttl for which an active verdict may be used while ZITADEL cannot be reached; never past the token's expiry, nor
   * on routes with `freshness`, nor with `cache: false`, nor while `cache.shared` cannot show that it was not forgotten. Default 0. */
  readonly staleIfError?: number | undefined
  /** Bounds on introspections. Default `{ concurrent: 32, queue: 4000 }`. */
  readonly limits?: LimitOptions | undefined
  /**
   * Whether the credentials of this API are checked at the start, by one introspection. `true`: the start fails if ZITADEL does not accept them within `timeout`, with an error that has the reason.
   * `false`: no check. Default: the check runs in the background once the server listens, and a failure is one log line.
   */
  readonly verifyOnStart?: boolean | undefined
  /** Where a required scope that is not one of ZITADEL's own is looked for. Default `'roles'`; `'scope'` trusts what clients choose. */
  readonly customScopes?: 'roles' | 'scope' | undefined
  /**
   * How a route without scopes, roles and access is guarded: `'protected'` (any active token), `'public'`, `'refused'` (the server
   * does not start), or a function of the route that returns one of these words or a route config. Default `'protected'`.
   */
  readonly undeclaredRoutes?: Undeclared | ((route: UndeclaredRoute) => Undeclared | ZitadelRouteOptions) | undefined
  /**
   * Whether a request that no route serves needs an active token: `'open'` or `'protected'`. Middleware and not-found handlers
   * serve such requests. Default `'open'`: an unknown URL is a 404 without a token.
   */
  readonly unmatched?: 'open' | 'protected' | undefined
  /** `false` denies personal access tokens: each of them is active for every API of the instance. Default true. */
  readonly personalAccessTokens?: boolean | undefined
  /** Whether messages of the channels of node:diagnostics_channel contain `sub`, the id of the user. Default false. */
  readonly publishSub?: boolean | undefined
  /** Reads the token from another place than the `Authorization` header. It returns undefined, null or '' if there is none. Default: only the header is read. */
  readonly tokenFrom?: ((request: FastifyRequest) => string | null | undefined) | undefined
  /** Client ids that may call. It restricts, and proves nothing: the client id of a service account is its user name. Default any. */
  readonly clients?: readonly string[] | undefined
  /** The project that must be in the token's audience, and whose roles count. Default: any audience, and the roles of the API's own project. */
  readonly projectId?: string | undefined
  /**
   * The protected resources that this server is (RFC 9728), such as an MCP server: a URL, `{ url, scopes, name, documentation,
   * personalAccessTokens }`, or an array of them. Their metadata is served, and the challenges of their routes point to it.
   * Default none. If ZITADEL is replaced by `introspect`, `issuer` must be given too.
   */
  readonly resource?: string | ResourceOptions | ReadonlyArray<string | ResourceOptions> | undefined
  /**
   * A route that receives events of ZITADEL (Actions v2), so that a revocation arrives before `cache.ttl` ends. Default none.
   */
  readonly events?: EventsOptions | undefined
  /**
   * A route that receives logout tokens of ZITADEL, so that a logout arrives before `cache.ttl` ends. Default none. It needs the
   * keys of the issuer, so it cannot be given with `introspect`.
   */
  readonly backChannelLogout?: BackChannelLogoutOptions | undefined
  /** The realm of challenges, printable ASCII. Default none. */
  readonly realm?: string | undefined
  /**
   * Called instead of ZITADEL. Credentials and network are then not used, and the issuer only by the option `resource` and by `app.zitadel.openapi()`. If it throws, that is an outage
   * (503). `timeout` and `limits` apply to it, `retry` and `breaker` do not.
   */
  readonly introspect?: ((token: string) => Promise<object> | object) | undefined
}
