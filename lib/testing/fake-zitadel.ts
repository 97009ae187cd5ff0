import { randomBytes } from 'node:crypto'
import { ApplicationStore, DEFAULT_PROJECT_ID } from './instance/applications.ts'
import { createActiveResponse } from './endpoints/introspection.ts'
import { TEXT, checkOptionValues, omitUndefined, createChoiceCheck, type ValueChecks } from './options/option-values.ts'
import { isTestRun } from './test-run.ts'
import { TOKEN_OPTION_CHECKS, type TokenOptions } from './tokens/token-options.ts'
import { createTokenRecord, type TokenIssuer, type TokenRecord } from './tokens/token-record.ts'

/** Request headers with a token, for `app.inject`. */
export type TokenHeaders = { authorization: string } // a type, because an interface is not assignable to the headers of `app.inject`

/** The options of `fakeZitadel`. Every option has a default. */
export interface FakeZitadelOptions {
  /** The project of the API. Set it if the plugin has the option `projectId`. Default `280000000000000001`. */
  projectId?: string | undefined
}

/**
 * Creates headers with a new token. Every function takes the options of `standIn.issueToken`.
 *
 * @throws TypeError for an unknown option, or a value of a wrong type
 */
export interface FakeCallers {
  /** A person with an active token. With `kind`, another kind of caller. */
  (options?: TokenOptions): TokenHeaders
  /** The token has expired: 401. */
  expired (options?: TokenOptions): TokenHeaders
  /** The token was revoked: 401. */
  revoked (options?: TokenOptions): TokenHeaders
  /** The token is active, but not for the project of this API: 401. */
  otherProject (options?: TokenOptions): TokenHeaders
  /** A personal access token: it is active for every API, and has no client and no audience of its own. */
  personalAccessToken (options?: TokenOptions): TokenHeaders
  /** A service account. */
  serviceAccount (options?: TokenOptions): TokenHeaders
  /** ZITADEL does not answer about this token: 503. */
  outage (options?: TokenOptions): TokenHeaders
}

export interface FakeZitadel {
  /** The option `introspect` of the plugin. */
  readonly introspect: (token: string) => Record<string, unknown>
  /** Creates headers with a new token. */
  readonly as: FakeCallers
}

/** A token that `as` has created. */
interface FakeToken {
  readonly options: TokenOptions
  readonly state: 'active' | 'revoked' | 'outage'
  /** Created at the first introspection, so that a fake clock which is set after the call of `as` has its effect. */
  record?: TokenRecord
}

/** What a function of `as` sets, and which values of options it accepts beside that. */
interface CallerKind {
  readonly state?: FakeToken['state']
  readonly defaults?: TokenOptions
  readonly checks?: Partial<ValueChecks<TokenOptions>>
}

const CLIENT_IDS = { login: '280000000000000100', api: '280000000000000101' }
const OTHER_PROJECT_ID = '280000000000000002'
const ISSUER = 'https://auth.acme.example'

/**
 * Creates a ZITADEL without a server: the plugin calls `introspect` instead of ZITADEL. The responses are those of the stand-in, and the
 * whole guard runs, so 401, 403 and 503 are real. The tokens are active in this process only; any other token is inactive.
 *
 * Outside of a test it emits the warning `FST_ZITADEL_FAKE`.
 *
 * @throws TypeError for an unknown option, or a value of a wrong type
 *
 * @example
 * const { introspect, as } = fakeZitadel()
 * await app.register(zitadel, { introspect })
 * const response = await app.inject({ url: '/orders', headers: as({ roles: ['reader'] }) })
 */
export function fakeZitadel (options: FakeZitadelOptions = {}): FakeZitadel {
  checkOptionValues(options, { projectId: TEXT }, 'fakeZitadel')
  if (!isTestRun(process.env, process.argv[1])) {
    process.emitWarning('fakeZitadel() is used outside of a test: this API does not ask ZITADEL', { code: 'FST_ZITADEL_FAKE' })
  }
  const { projectId = DEFAULT_PROJECT_ID } = options
  const clock = (): number => Date.now()
  const applications = new ApplicationStore(clock)
  for (const clientId of Object.values(CLIENT_IDS)) applications.registerPublic(clientId, projectId)
  const issuer: TokenIssuer = { issuer: ISSUER, projectId, loginClientId: CLIENT_IDS.login, applications, clock }
  const tokens = new Map<string, FakeToken>()

  const createRecord = (options: TokenOptions): TokenRecord => createTokenRecord(options, createId(), createId(), issuer)

  const createCaller = (name: string, { state = 'active', defaults = {}, checks = {} }: CallerKind = {}) => (options: TokenOptions = {}): TokenHeaders => {
    checkOptionValues(options, { ...TOKEN_OPTION_CHECKS, ...checks }, name)
    const all = { ...defaults, ...omitUndefined(options) }
    // A wrong option throws here, and not during a request.
    createRecord(all)
    const token = randomBytes(24).toString('base64url')
    tokens.set(token, { options: all, state })
    return { authorization: `Bearer ${token}` }
  }

  const introspect = (text: string): Record<string, unknown> => {
    const token = tokens.get(text)
    if (token === undefined || token.state === 'revoked') return { active: false }
    if (token.state === 'outage') throw new Error('ZITADEL does not answer about this token')
    token.record ??= createRecord(token.options)
    try {
      return Object.fromEntries(createActiveResponse(token.record, { clientId: CLIENT_IDS.api, projectId }, ISSUER, applications, clock()))
    } catch {
      return { active: false }
    }
  }

  return {
    introspect,
    as: Object.assign(createCaller('as'), {
      expired: createCaller('as.expired', { defaults: { lifetime: -1 }, checks: { lifetime: [(value) => Number.isSafeInteger(value) && (value as number) < 0, 'a negative number of seconds'] } }),
      revoked: createCaller('as.revoked', { state: 'revoked' }),
      otherProject: createCaller('as.otherProject', {
        defaults: { projectId: OTHER_PROJECT_ID },
        checks: { projectId: [(value) => typeof value === 'string' && value !== projectId, 'another project than that of the API'] }
      }),
      personalAccessToken: createCaller('as.personalAccessToken', { defaults: { kind: 'pat' }, checks: { kind: createChoiceCheck('pat') } }),
      serviceAccount: createCaller('as.serviceAccount', { defaults: { kind: 'service' }, checks: { kind: createChoiceCheck('service') } }),
      outage: createCaller('as.outage', { state: 'outage' })
    })
  }
}

/** All tokens of a process have different ids, because an app may be given the fakes of several tests. */
let lastId = 280000000000000700n

function createId (): string {
  return String(++lastId)
}
