import { randomBytes, type KeyObject } from 'node:crypto'
import type { Api, ApiOptions, ApplicationKey } from './api.ts'
import { getKeyPair } from './key-pairs.ts'

/** The project of an application that names no other. */
export const DEFAULT_PROJECT_ID = '280000000000000001'

/** The part of a key that ZITADEL keeps. */
interface PublicKey { readonly publicKey: KeyObject, expiresAt: number }

/** A registered application. Times are in milliseconds since 1970. */
export interface Application {
  readonly kind: 'api' | 'oidc'
  readonly clientId: string
  readonly projectId: string
  readonly secret: string | undefined
  readonly keys: Map<string, PublicKey>
  isActive: boolean
}

export interface Project {
  readonly id: string
  readonly roles: Set<string>
  assertRoles: boolean
}

/** Of all instances: they share key pairs, and a key of another instance must be unknown. */
let lastKeyId = 280000000000002000n

/** The applications and the projects of an instance. */
export class ApplicationStore {
  readonly #applications = new Map<string, Application>()
  readonly #projects = new Map<string, Project>()
  readonly #clock: () => number
  #lastId = 280000000000000100n
  #lastKey = 0

  constructor (clock: () => number) {
    this.#clock = clock
  }

  /** The active application with this client id, undefined if there is none. */
  find (clientId: string): Application | undefined {
    const application = this.#applications.get(clientId)
    return application?.isActive === true ? application : undefined
  }

  getClientIds (projectId: string): string[] {
    return [...this.#applications.values()].filter((application) => application.projectId === projectId).map(({ clientId }) => clientId)
  }

  getProject (id: string): Project {
    const project = this.#projects.get(id) ?? { id, roles: new Set(), assertRoles: false }
    this.#projects.set(id, project)
    return project
  }

  /** Registers an application without credentials, such as a single-page application. */
  registerPublic (clientId: string, projectId: string): void {
    this.#applications.set(clientId, { kind: 'oidc', clientId, projectId, secret: undefined, keys: new Map(), isActive: true })
  }

  async register (options: ApiOptions): Promise<Api> {
    const clientId = String(++this.#lastId)
    const { projectId = DEFAULT_PROJECT_ID } = options
    const secret = options.secret === false ? undefined : randomBytes(48).toString('base64url')
    const application: Application = { kind: options.kind ?? 'api', clientId, projectId, secret, keys: new Map(), isActive: true }
    this.#applications.set(clientId, application)
    const project = this.getProject(projectId)
    for (const role of options.projectRoles ?? []) project.roles.add(role)
    project.assertRoles = options.assertRoles ?? project.assertRoles

    const addKey = (): Promise<ApplicationKey> => this.#addKey(application)
    return {
      clientId,
      clientSecret: secret ?? '',
      projectId,
      key: await addKey(),
      addKey,
      removeKey: (keyId) => {
        getKey(application, keyId)
        application.keys.delete(keyId)
      },
      expireKey: (keyId) => { getKey(application, keyId).expiresAt = this.#clock() },
      deactivate: () => { application.isActive = false },
      activate: () => { application.isActive = true }
    }
  }

  async #addKey ({ clientId, keys }: Application): Promise<ApplicationKey> {
    const number = ++this.#lastKey
    const { publicKey, privateKey } = await getKeyPair(number)
    const keyId = String(++lastKeyId)
    keys.set(keyId, { publicKey, expiresAt: Infinity })
    return { type: 'application', keyId, key: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), appId: String(BigInt(clientId) + 50n), clientId }
  }
}

function getKey ({ keys }: Application, keyId: string): PublicKey {
  const key = keys.get(keyId)
  if (key === undefined) throw new TypeError('"keyId" must be that of a key of this application, and not of a removed one')
  return key
}
