// The CEL rules of the CRDs, in process: the same expressions the apiserver evaluates, with the functions they use.
import { Environment } from '@marcbachmann/cel-js'
import { familyOf, parseCidr, parseIpAddress, type IpAddress } from '../model/address.ts'
import { isObject } from './is-object.ts'
import type { FieldPath, Problem } from './problem.ts'
import type { CelRule, Schema } from './schema.ts'

/** The part of a schema that bears rules, compiled. */
export interface RuleTree {
  readonly schema: Schema
  readonly rules: readonly CompiledRule[]
  readonly properties: ReadonlyMap<string, RuleTree>
  /** For the items of a list, or the values of a map. */
  readonly items: RuleTree | undefined
}

interface CompiledRule {
  readonly holds: (self: unknown) => boolean
  readonly message: string
  readonly about: FieldPath
}

/** Undefined where neither the schema nor anything inside it has a rule. */
export function compileRules(schema: Schema): RuleTree | undefined {
  const rules = (schema['x-kubernetes-validations'] ?? []).map(compileRule)
  const properties = new Map<string, RuleTree>()
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const tree = compileRules(child)
    if (tree !== undefined) properties.set(key, tree)
  }
  const inside = schema.items ?? schema.additionalProperties
  const items = inside === undefined ? undefined : compileRules(inside)
  return rules.length + properties.size === 0 && items === undefined ? undefined : { schema, rules, properties, items }
}

/** The value must fit the schema: rules read fields without asking for their type. */
export function checkRules(value: unknown, tree: RuleTree, path: FieldPath): readonly Problem[] {
  const problems: Problem[] = []
  visit(toCel(value, tree.schema), tree, path, problems)
  return problems
}

function visit(value: unknown, tree: RuleTree, path: FieldPath, problems: Problem[]): void {
  for (const { holds, message, about } of tree.rules) {
    if (!holds(value)) problems.push({ path: [...path, ...about], message, rule: 'cel' })
  }
  const { properties, items } = tree
  if (Array.isArray(value)) {
    if (items !== undefined) value.forEach((item, index) => visit(item, items, [...path, index], problems))
  } else if (isObject(value)) {
    for (const key of items === undefined ? properties.keys() : Object.keys(value)) {
      const child = items ?? properties.get(key)
      if (child !== undefined && Object.hasOwn(value, key)) visit(value[key], child, [...path, key], problems)
    }
  }
}

class CelIp {
  readonly address: IpAddress
  constructor(address: IpAddress) {
    this.address = address
  }
}

const environment = new Environment()
  .registerVariable('self', 'dyn')
  .registerType('IP', CelIp)
  .registerFunction('isIP(string): bool', (text: string) => parseUnmapped(text) !== undefined)
  .registerFunction('ip(string): IP', (text: string) => {
    const address = parseUnmapped(text)
    if (address === undefined) throw new Error(`not an IP address: ${text}`)
    return new CelIp(address)
  })
  .registerFunction('IP.family(): int', ({ address }: CelIp) => (familyOf(address) === 'IPv4' ? 4n : 6n))
  .registerFunction('isCIDR(string): bool', (text: string) => isCidr(text))

const IPV4_MAPPED = /^::ffff:[0-9a-f]+:[0-9a-f]+$/

/** Kubernetes takes no IPv4-mapped IPv6 address for an address. */
function parseUnmapped(text: string): IpAddress | undefined {
  const address = parseIpAddress(text)
  return address === undefined || IPV4_MAPPED.test(address) ? undefined : address
}

function isCidr(text: string): boolean {
  return parseCidr(text) !== undefined && parseUnmapped(text.slice(0, text.indexOf('/'))) !== undefined
}

function compileRule({ rule, message, fieldPath = '' }: CelRule): CompiledRule {
  const evaluate = environment.parse(rule)
  return {
    holds: (self) => {
      try {
        return evaluate({ self }) === true
      } catch {
        return false // As in the apiserver: what cannot be evaluated does not hold.
      }
    },
    message,
    about: fieldPath.split('.').slice(1),
  }
}

/**
 * The value as rules see it: without fields the schema does not know, and with integers as CEL wants them. JavaScript's number is a
 * double to CEL.
 */
function toCel(value: unknown, schema: Schema): unknown {
  if (schema.type === 'integer') return BigInt(Number(value))
  const inside = schema.items ?? schema.additionalProperties
  if (Array.isArray(value)) return inside === undefined ? value : value.map((item: unknown) => toCel(item, inside))
  if (!isObject(value)) return value
  const entries: [string, unknown][] = []
  for (const [key, child] of Object.entries(value)) {
    const known = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : inside
    if (known !== undefined) entries.push([key, toCel(child, known)])
  }
  return Object.fromEntries(entries)
}
