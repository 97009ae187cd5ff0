import { randomUUID } from 'node:crypto'
import { systemClock } from '../../clock.ts'
import type { ZitadelError } from '../../errors.ts'
import { createConfig, type Config } from '../../options/config.ts'
import { isPlainHttp } from '../../plain-http.ts'
import { Registration } from '../../registration.ts'
import { Reporter } from '../../reporter.ts'
import { openIntrospectionSource } from '../../source/open-introspection-source.ts'
import type { CommandLine, Terminal } from '../command.ts'
import { createSuccess, createWarning, type Diagnosis } from '../diagnosis.ts'
import { getFlag, nameFlags } from '../flags.ts'
import { diagnoseCredentials } from './credentials-diagnosis.ts'
import { diagnoseDiscovery } from './discovery-document.ts'
import { diagnoseToken } from './introspected-token.ts'
import { diagnoseKeyExpiry } from './key-expiry.ts'
import { diagnoseOptions } from './options-diagnosis.ts'
import { diagnoseProxy } from './proxy-diagnosis.ts'
import { diagnoseTokenForm } from './token-form.ts'

const ignore = (): void => {}
/** Each failure is a line of the doctor already. */
const SILENT = { info: ignore, warn: ignore, error: ignore }

/**
 * Checks the options, the credentials, the way to ZITADEL, the clock, and a token.
 *
 * @param timeout milliseconds; undefined for the default of the plugin
 */
export async function diagnoseSetup (values: CommandLine['values'], variables: Terminal['env'], token: string | undefined, timeout: number | undefined): Promise<Diagnosis[]> {
  const env = getEnvironment(values, variables)
  let config: Config
  let client: { readonly clientId: string, readonly expiresAt?: number }
  let expiry: Diagnosis | undefined
  try {
    config = createConfig({ issuer: getFlag(values, 'issuer'), address: getFlag(values, 'address'), projectId: getFlag(values, 'project-id'), timeout }, env)
    const { credentials } = config.authorizationServer!
    client = await credentials.read()
    expiry = diagnoseKeyExpiry(client.expiresAt, systemClock.wall())
  } catch (error) {
    return [diagnoseOptions(error as Error, (message) => nameFlags(message, values))]
  }
  const way = await diagnoseWay(config)
  return [
    expiry ?? createSuccess('options', 'The options are complete, and the credentials can be read'),
    ...way,
    // A second failure for the same reason has no use.
    ...way.some(({ id, status }) => id === 'connection' && status === 'failed') ? diagnoseFormOnly(token, config) : await diagnoseApi(config, client, token, way)
  ]
}

async function diagnoseWay ({ authorizationServer, timeout }: Config): Promise<Diagnosis[]> {
  return [
    ...isPlainHttp(authorizationServer!.endpoint.origin) ? [createWarning('connection', 'plain_http', 'Tokens and credentials go to ZITADEL over plain http')] : [],
    ...diagnoseProxy(authorizationServer!.proxy),
    ...await diagnoseDiscovery(authorizationServer!, timeout, systemClock.wall)
  ]
}

async function diagnoseApi (config: Config, client: { readonly clientId: string }, token: string | undefined, way: readonly Diagnosis[]): Promise<Diagnosis[]> {
  const source = await openIntrospectionSource(config, systemClock, new Reporter(SILENT, systemClock), new Registration())
  try {
    // Any response to a random token means that ZITADEL accepts this API.
    const failure = await source.introspect(randomUUID(), { onSend () {} }).then(() => undefined, (error: ZitadelError) => error.cause as Error)
    const credentials = diagnoseCredentials(failure, !('alg' in client), way.some(({ cause }) => cause === 'clock_ahead'))
    if (failure !== undefined || token === undefined) return [credentials, ...diagnoseFormOnly(token, config)]
    return [credentials, ...await diagnoseToken(token, config, client.clientId, source.introspect, systemClock.wall())]
  } finally {
    await source.close()
  }
}

/** What a token shows without ZITADEL. */
function diagnoseFormOnly (token: string | undefined, config: Config): Diagnosis[] {
  return token === undefined ? [] : [diagnoseTokenForm(token, config, systemClock.wall()).diagnosis]
}

/** The flags of the credentials replace their variables. A secret is no flag, because other users see the arguments of a process. */
function getEnvironment (values: CommandLine['values'], env: Terminal['env']): NodeJS.ProcessEnv {
  const [keyFile, clientId] = [getFlag(values, 'key-file'), getFlag(values, 'client-id')]
  if (keyFile !== undefined) return { ...env, ZITADEL_KEY: '', ZITADEL_CLIENT_ID: '', ZITADEL_CLIENT_SECRET: '', ZITADEL_KEY_FILE: keyFile }
  return clientId === undefined ? env : { ...env, ZITADEL_CLIENT_ID: clientId }
}
