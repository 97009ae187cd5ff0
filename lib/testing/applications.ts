import { randomBytes, type KeyObject } from 'node:crypto'
import type { Api, ApiOptions, ApplicationKey } from './api.ts'
import { keyPair } from './keys.ts'

/** The project of an application when no other is named. */
export const defaultProjectId = '280000000000000001'

/** What the stand-in keeps about an application. Times in milliseconds since the epoch. */
export interface Application {
  readonly kind: 'api' | 'oidc'
  readonly clientId: string
  readonly projectId: string
  readonly secret: string | undefined
  readonly keys: Map<string, { publicKey: KeyObject, expiresAt: number }>
  active: boolean
}

export interface Project {
  readonly id: string
  readonly roles: Set<string>
  assertRoles: boolean
}

/** The applications of an instance, and their projects. */
export class Applications {
  readonly #applications = new Map<string, Application>()
  readonly #projects = new Map<string, Project>()
  readonly #clock: () => number
  #lastId = 280000000000000100n
  #lastKey = 0

  constructor (clock: () => number) {
    this.#clock = clock
  }

  find (clientId: string): Application | undefined {
    const application = this.#applications.get(clientId)
    return application?.active === true ? application : undefined
  }

  clientIds (projectId: string): string[] {
    return [...this.#applications.values()].filter((application) => application.projectId === projectId).map(({ clientId }) => clientId)
  }

  project (id: string): Project {
    const project = this.#projects.get(id) ?? { id, roles: new Set(), assertRoles: false }
    this.#projects.set(id, project)
    return project
  }

  /** An application without any credentials: a single-page application that people log in to. */
  registerPublic (clientId: string, projectId: string): void {
    this.#applications.set(clientId, { kind: 'oidc', clientId, projectId, secret: undefined, keys: new Map(), active: true })
  }

  async register (options: ApiOptions): Promise<Api> {
    const clientId = String(++this.#lastId)
    const { projectId = defaultProjectId } = options
    const secret = options.secret === false ? undefined : randomBytes(48).toString('base64url')
    const application: Application = { kind: options.kind ?? 'api', clientId, projectId, secret, keys: new Map(), active: true }
    this.#applications.set(clientId, application)
    const project = this.project(projectId)
    for (const role of options.projectRoles ?? []) project.roles.add(role)
    project.assertRoles = options.assertRoles ?? project.assertRoles

    const addKey = (): Promise<ApplicationKey> => this.#addKey(application)
    return {
      clientId,
      clientSecret: secret ?? '',
      projectId,
      key: await addKey(),
      addKey,
      removeKey: (keyId) => { application.keys.delete(keyId) },
      expireKey: (keyId) => {
        const key = application.keys.get(keyId)
        if (key !== undefined) key.expiresAt = this.#clock()
      },
      deactivate: () => { application.active = false },
      activate: () => { application.active = true }
    }
  }

  async #addKey ({ clientId, keys }: Application): Promise<ApplicationKey> {
    const number = ++this.#lastKey
    const { publicKey, privateKey } = await keyPair(number)
    const keyId = String(280000000000002000n + BigInt(number))
    keys.set(keyId, { publicKey, expiresAt: Infinity })
    return { type: 'application', keyId, key: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), appId: String(BigInt(clientId) + 50n), clientId }
  }
}
