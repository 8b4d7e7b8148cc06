// TypeScript types of an object as the apiserver stores it: defaults filled in, everything readonly.
import { compile, type JSONSchema } from 'json-schema-to-typescript'
import type { KindName } from '../../src/api/kinds.ts'
import type { KindDefinition, Schema } from '../../src/api/schema.ts'
import { GENERATED_BANNER } from './banner.ts'

/** Objects that deserve a name of their own. `[]` is an item of a list. Everything else is written where it stands. */
const TYPE_NAMES: Readonly<Record<KindName, Readonly<Record<string, string>>>> = {
  DynamicDNSRecord: {
    'spec.targets[]': 'Target',
    'spec.targets[].geo': 'Geo',
    'spec.routing': 'RoutingSpec',
    'spec.healthCheck': 'HealthCheck',
    'spec.healthCheck.httpGet': 'HttpGet',
    'spec.healthCheck.httpGet.httpHeaders[]': 'HttpHeader',
    'status.conditions[]': 'StatusCondition',
    'status.zones[]': 'PinnedZone',
    'status.recordSets[]': 'RecordSetStatus',
    'status.targets[]': 'TargetStatus',
    'status.failover': 'FailoverStatus',
    'status.plan': 'PlanStatus',
  },
  NodePool: {
    'spec.selector': 'LabelSelector',
    'spec.selector.matchExpressions[]': 'LabelRequirement',
    'spec.addressSources[]': 'AddressSource',
    'spec.hosts[]': 'Host',
    'spec.drain': 'Drain',
    'spec.drain.rules[]': 'DrainRule',
    'spec.healthCheck': 'HealthCheck',
    'spec.healthCheck.httpGet': 'HttpGet',
    'spec.healthCheck.httpGet.httpHeaders[]': 'HttpHeader',
    'spec.allowedNamespaces': 'AllowedNamespaces',
    'spec.allowedNamespaces.matchExpressions[]': 'NamespaceRequirement',
    'status.conditions[]': 'StatusCondition',
    'status.members': 'MemberCounts',
    'status.inactive[]': 'InactiveMember',
  },
  WANAddress: {
    'spec.stun': 'Stun',
    'spec.http': 'Http',
    'spec.interface': 'Interface',
    'spec.allowedNamespaces': 'AllowedNamespaces',
    'spec.allowedNamespaces.matchExpressions[]': 'NamespaceRequirement',
    'status.conditions[]': 'StatusCondition',
    'status.sources[]': 'SourceStatus',
  },
  DNSProvider: {
    'spec.ownership': 'Ownership',
    'spec.guard': 'Guard',
    'spec.allowedRecords[]': 'AllowedRecords',
    'spec.allowedRecords[].namespaces': 'AllowedNamespaces',
    'spec.allowedRecords[].namespaces.matchExpressions[]': 'NamespaceRequirement',
    'status.conditions[]': 'StatusCondition',
    'status.zones[]': 'ZoneStatus',
    'status.zones[].orphans': 'OrphanStatus',
    'status.zones[].heldPlan': 'HeldPlan',
    'status.zones[].recentDeletions': 'RecentDeletions',
  },
}

export async function renderTypes({ kind, schema }: KindDefinition): Promise<string> {
  const parts = (['spec', 'status'] as const).map((part) => {
    const own = schema.properties?.[part]
    if (own === undefined) throw new Error(`${kind} has no ${part}`)
    return { ...toJsonSchema(own, part, kind), title: `${kind}${part === 'spec' ? 'Spec' : 'Status'}` }
  })
  // The compiler wants one root; a union of the two parts makes it write both, and is then thrown away.
  const text = await compile({ title: 'Root', anyOf: parts }, 'Root', {
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    bannerComment: `// ${GENERATED_BANNER}\n`,
    style: { semi: false, singleQuote: true, printWidth: 120 },
  })
  return shortenComments(makeReadonly(text.replace(/^export type Root = .*\n\n?/m, '')))
}

function toJsonSchema(schema: Schema, path: string, kind: KindName): JSONSchema {
  const name = TYPE_NAMES[kind][path]
  const { type, properties, additionalProperties, items } = schema
  return {
    type,
    ...(name !== undefined && { title: name }),
    ...(!path.endsWith('[]') || name !== undefined ? { description: describe(schema) } : {}),
    ...(schema.enum !== undefined && { enum: [...schema.enum] }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, child]) => [key, toJsonSchema(child, `${path}.${key}`, kind)]),
      ),
      required: listRequired(schema),
    }),
    ...(additionalProperties !== undefined && { additionalProperties: { type: additionalProperties.type } }),
    ...(items !== undefined && { items: toJsonSchema(items, `${path}[]`, kind) }),
  }
}

function defaultOf(schema: Schema | undefined): unknown {
  return schema?.default ?? schema?.blockDefault
}

/** What the schema requires, and what defaulting adds. */
function listRequired({ properties = {}, required = [] }: Schema): string[] {
  return Object.keys(properties).filter((key) => required.includes(key) || defaultOf(properties[key]) !== undefined)
}

function describe(schema: Schema): string {
  const { description = '', type } = schema
  const value = defaultOf(schema)
  return value === undefined || type === 'object' ? description : `${description} Default: ${JSON.stringify(value)}.`
}

const PROPERTY = /^( +)((?:\[k: string\]|[\w$]+\??): )(.*)$/

/** The compiler has no option for it: every property gets `readonly`, and so does every list. */
function makeReadonly(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line.replace(PROPERTY, (_, indent: string, key: string, type: string) => {
        return `${indent}readonly ${key}${type.endsWith('[]') ? 'readonly ' : ''}${type}`
      }),
    )
    .join('\n')
}

function shortenComments(text: string): string {
  return text.replaceAll(/\/\*\*\n +\* (.*)\n +\*\//g, '/** $1 */')
}
