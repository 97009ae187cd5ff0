import { createOptionError } from '../../errors.ts'
import { isKeyedObject } from '../../keyed-object.ts'
import { findHiddenKey, checkOwnKeys } from '../../options/own-keys.ts'
import { checkRequirementKeys, compileRequirement, type Requirement, type ToolRules } from './requirement.ts'

const MCP_KEYS = ['tools', 'otherTools']
const TOOL_KEYS = ['scopes', 'roles', 'organization']

/**
 * Checks the key `mcp` of a route's config and compiles it.
 *
 * @param label what the message of an error starts with
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function compileToolRules (given: unknown, customScopes: 'roles' | 'scope', label: string): ToolRules {
  const fail = (key: string, expected: string): never => { throw createOptionError(`${label}: "${key}" must be ${expected}`) }
  if (!isKeyedObject(given)) return fail('mcp', 'an object { tools, otherTools }')
  checkOwnKeys(given, MCP_KEYS, `${label}: mcp`)
  const unknown = Object.keys(given).find((key) => !MCP_KEYS.includes(key))
  if (unknown !== undefined) throw createOptionError(`${label}: "mcp.${unknown}" is unknown, expected one of ${MCP_KEYS.join(', ')}`)
  const { tools, otherTools } = given as { tools?: unknown, otherTools?: unknown }
  if (!isKeyedObject(tools)) return fail('mcp.tools', 'an object with a requirement for each tool: { [name]: { roles } }')
  const hidden = findHiddenKey(tools, (name) => name !== 'constructor')
  if (hidden !== undefined) fail(`mcp.tools["${hidden}"]`, 'an own, enumerable property: an inherited one, or a getter of a class, would not be enforced')
  if (otherTools !== undefined && otherTools !== 'allowed' && otherTools !== 'refused') return fail('mcp.otherTools', "'allowed' or 'refused'")
  const compiled = new Map<string, Requirement>()
  for (const [name, requirement] of Object.entries(tools)) {
    if (!/^[\x21-\x7E]{1,128}$/.test(name)) fail('mcp.tools', 'an object whose keys are names of tools: 1 to 128 printable ASCII characters without spaces')
    const tool = `${label}: mcp.tools["${name}"]`
    checkRequirementKeys(requirement, tool, TOOL_KEYS)
    compiled.set(name, compileRequirement(requirement as object, customScopes, tool))
  }
  return Object.freeze({ tools: compiled, areOthersAllowed: otherTools === 'allowed' })
}
