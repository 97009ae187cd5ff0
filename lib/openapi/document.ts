import type { RouteRule } from '../guard/rules/route-rules.ts'
import { describeAccess } from './access-description.ts'
import type { DocsSettings } from './docs-settings.ts'
import { addGuardResponses } from './responses.ts'
import { LOGIN_SCHEME, ROLES_SCHEME, createLoginScheme, createRolesScheme, createSecurity, omitOurSchemes, type SecurityRequirement } from './security.ts'
import { listAlternatives } from './access-alternatives.ts'

/** The key under which an operation carries the id of its route while the document is built. */
export const ROUTE_TAG = 'x-fastify-zitadel-route'

/** Marks a document whose operations are tagged. The document loses it when it is complete. */
export const DOCUMENT_MARK = 'x-fastify-zitadel'

/** The part of an OpenAPI operation that is completed here. */
interface Operation {
  security?: SecurityRequirement[]
  description?: string
  responses: Record<string, unknown>
  [ROUTE_TAG]?: unknown
}

/** The part of an OpenAPI document that is completed here. */
export interface OpenapiDocument {
  openapi: string
  components: { securitySchemes?: Record<string, unknown> }
  paths: Record<string, Record<string, unknown>>
  [DOCUMENT_MARK]?: unknown
}

/** The methods that a path item has a field for. */
const PATH_ITEM_METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])

/**
 * Writes what the guard requires into the operations of a document, and removes their tags.
 *
 * @param getRule finds the rule by the tag of an operation
 */
export function completeDocument (document: OpenapiDocument, settings: DocsSettings, getRule: (tag: unknown) => RouteRule): void {
  const hasRoles = !document.openapi.startsWith('3.0')
  const scopes = new Set(settings.selectedScopes)
  let usesRoles = false
  for (const operation of collectOperations(document)) {
    const rule = getRule(operation[ROUTE_TAG])
    delete operation[ROUTE_TAG]
    if (rule.access === 'own') continue
    if (rule.isPublic) {
      operation.security = omitOurSchemes(operation.security ?? [])
      continue
    }
    const alternatives = listAlternatives(rule.requirement)
    for (const scope of alternatives.flatMap((each) => each.scopes)) scopes.add(scope)
    usesRoles ||= hasRoles && alternatives.some(({ roles }) => roles.length > 0)
    Object.assign(operation, createSecurity(rule, settings.baseScopes, hasRoles, operation.security))
    operation.description = [operation.description, describeAccess(rule)].filter(Boolean).join('\n\n')
    addGuardResponses(operation.responses, rule)
  }
  document.components.securitySchemes = {
    [LOGIN_SCHEME]: createLoginScheme(settings, scopes),
    ...(usesRoles && { [ROLES_SCHEME]: createRolesScheme() }),
    ...document.components.securitySchemes
  }
}

/**
 * Collects the tagged operations of a document. Routes with several methods share one operation. Before OpenAPI 3.2 a path item
 * has no field for a method such as QUERY; @fastify/swagger still writes one, and the document is invalid.
 */
function collectOperations ({ openapi, paths }: OpenapiDocument): Set<Operation> {
  const hasQuery = !/^3\.[01]\b/.test(openapi)
  const operations = new Set<Operation>()
  for (const item of Object.values(paths)) {
    for (const [field, operation] of Object.entries(item)) {
      if (!isTagged(operation)) continue
      if (PATH_ITEM_METHODS.has(field) || (hasQuery && field === 'query')) operations.add(operation)
      else delete item[field]
    }
    for (const operation of Object.values(item['additionalOperations'] ?? {})) if (isTagged(operation)) operations.add(operation)
  }
  return operations
}

function isTagged (value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, ROUTE_TAG)
}
