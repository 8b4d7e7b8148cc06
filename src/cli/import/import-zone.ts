// A zone's record sets as DynamicDNSRecords, with what applying them would do, as the planner itself says.
import { parseObject } from '../../api/parse-object.ts'
import { API_VERSION, type DNSProvider } from '../../api/kinds.ts'
import type { Problem } from '../../api/problem.ts'
import type { UpdateIntent } from '../../model/intent.ts'
import {
  compareKeys,
  compareText,
  describeKey,
  NO_VALUES,
  type OwnedValue,
  type OwnerId,
  type StoredSet,
} from '../../model/record-set.ts'
import { countOf, printable } from '../../model/text.ts'
import { ZoneTable } from '../../model/zone.ts'
import { calculatePlan } from '../../plan/calculate-plan.ts'
import { describeChange } from '../../plan/describe-change.ts'
import type { ZoneSession } from '../../providers/provider.ts'
import type { Migration, Place } from '../migrate/migration.ts'
import { objectNameOf, uniqueName } from '../migrate/object-name.ts'

export interface ImportInput {
  readonly session: Pick<ZoneSession, 'zone' | 'capabilities' | 'normalise' | 'cutAbove' | 'obstacles'>
  readonly sets: readonly StoredSet[]
  readonly provider: DNSProvider
  readonly namespace: string
  readonly place: Place
}

/** What one manifest speaks of: sets of one name with the same settings. */
interface Draft {
  readonly name: string
  readonly sets: readonly StoredSet[]
  readonly spec: Readonly<Record<string, unknown>>
}

const USUAL_TTL = 300
const USUAL_MOST = 100
/** A resource that is not there yet has no uid. */
const NO_UID = ''

export function importZone(input: ImportInput, migration: Migration): void {
  const { sets, session, provider, namespace, place } = input
  const leftOut: string[] = []
  const candidates = sets
    .filter(({ key }) => key.type !== 'TXT')
    .toSorted((a, b) => compareKeys(a.key, b.key))
    .flatMap((set) => chooseValues(set, input, leftOut))
  const drafts = draftRecords(candidates, input).filter((draft) => isSayable(draft, leftOut))
  const observed = new ZoneTable(sets)
  const kept = drafts.flatMap((draft) => planDraft(draft, observed, input, leftOut))
  for (const { draft, lines } of kept) {
    const { name, spec } = draft
    migration.add({ kind: 'DynamicDNSRecord', namespace, name, spec, place, comment: lines })
  }
  const texts = sets.filter(({ key }) => key.type === 'TXT').length
  migration.header.push(
    `Zone ${session.zone} at ${provider.spec.type}, through DNSProvider ${provider.metadata.namespace}/${provider.metadata.name}.`,
    `${countOf(sets.length - texts, 'record set')} of types A, AAAA and CNAME: ${kept.length === 0 ? 'none' : countOf(kept.length, 'DynamicDNSRecord')} below, ${leftOut.length} left out.`,
    ...(texts === 0 ? [] : [`${countOf(texts, 'TXT set')} and all other types stay as they are.`]),
    ...(leftOut.length === 0 ? [] : ['', 'Left out:', ...leftOut.map((line) => `- ${line}`)]),
    '',
    'Applying a record does what stands above it, and nothing else. Read it all, stop whatever else writes these names, then apply.',
  )
  if (kept.length === 0) migration.note(`nothing in ${session.zone} is there to take over`)
}

/** Values that somebody else owns are theirs; a set without any other is left out. */
function chooseValues(set: StoredSet, { provider, session }: ImportInput, leftOut: string[]): readonly StoredSet[] {
  const { key, routing, values } = set
  if (routing !== undefined || key.setId !== '') {
    leftOut.push(`${describeKey(key)}: the provider chooses among its answers; write routing and its targets by hand`)
    return []
  }
  if (values.some(({ value }) => value === NO_VALUES)) {
    leftOut.push(`${describeKey(key)}: has no values`)
    return []
  }
  // A hostname target is a CNAME there, which cannot stand beside it.
  if (key.type === 'ALIAS' && key.name !== session.zone) {
    leftOut.push(
      `${describeKey(key)}: a manifest makes an ALIAS only at the apex; make it a CNAME at the provider first`,
    )
    return []
  }
  const id = ownerIdOf(provider)
  const free = values.filter((value) => isFree(value, id))
  if (free.length > 0) return [{ ...set, values: free }]
  const owner = values[0]?.owner
  const name = owner === undefined ? 'somebody else' : `${owner.id} (${owner.resource})`
  leftOut.push(`${describeKey(key)}: is owned by ${printable(name)}`)
  return []
}

/** Nobody's, or marked with our id by a program that marks as external-dns does: those are taken over by id. */
function isFree({ owner }: OwnedValue, id: OwnerId): boolean {
  return owner === undefined || (owner.id === id && owner.uid === undefined)
}

function ownerIdOf({ spec }: DNSProvider): OwnerId {
  // An id is any text.
  return spec.ownership.id as OwnerId
}

function draftRecords(sets: readonly StoredSet[], input: ImportInput): readonly Draft[] {
  const groups = new Map<string, StoredSet[]>()
  for (const set of sets) {
    const { key, ttl, options } = set
    const isPointer = key.type === 'CNAME' || key.type === 'ALIAS'
    const text = JSON.stringify([key.name, isPointer ? key.type : 'addresses', ttl, options ?? {}])
    groups.set(text, [...(groups.get(text) ?? []), set])
  }
  const taken = new Set<string>()
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const spec = specFor(first, group, input)
    return [{ name: uniqueName(objectNameOf(first.key.name), taken), sets: group, spec }]
  })
}

function specFor(first: StoredSet, sets: readonly StoredSet[], input: ImportInput): Draft['spec'] {
  const { provider, namespace } = input
  const { key, options } = first
  const values = sets.flatMap((set) => set.values.map(({ value }) => value))
  const isPointer = key.type === 'CNAME' || key.type === 'ALIAS'
  const families = sets.map((set) => (set.key.type === 'AAAA' ? 'IPv6' : 'IPv4'))
  const { name, namespace: home } = provider.metadata
  const most = Math.max(...sets.map((set) => set.values.length))
  return {
    hostnames: [key.name],
    ...(!isPointer && families.includes('IPv6') && { addressFamilies: families }),
    ttlSeconds: ttlOf(first, input),
    providerRef: { name, ...(home !== namespace && { namespace: home }) },
    targets: [isPointer ? { hostname: values[0] } : { addresses: values }],
    ...(most > USUAL_MOST && { maxAddresses: most }),
    adopt: true,
    ...(options?.['proxied'] === true && { providerOptions: { cloudflare: { proxied: true } } }),
  }
}

/**
 * 0 and 1 are TTLs where the provider keeps such; 1 is the least that a manifest can say. Elsewhere they are words for its usual one:
 * 1 is automatic at Cloudflare, and 0 is none given.
 */
function ttlOf({ ttl }: StoredSet, { session: { capabilities } }: ImportInput): number {
  if (ttl > 1) return ttl
  return ttl < capabilities.minTtl ? USUAL_TTL : 1
}

function isSayable({ name, sets, spec }: Draft, leftOut: string[]): boolean {
  const result = parseObject({ apiVersion: API_VERSION, kind: 'DynamicDNSRecord', metadata: { name }, spec })
  if (result.kind === 'ok') return true
  const [why = 'is not valid'] = result.problems.map(describeProblem)
  leftOut.push(...sets.map(({ key }) => `${describeKey(key)}: cannot be said in a manifest: ${why}`))
  return false
}

/** Some of the rules name the field, and the schema does not. */
function describeProblem({ path, message }: Problem): string {
  const field = path.findLast((step) => typeof step === 'string')
  return field === undefined || message.startsWith(`${field}:`) ? message : `${field} ${message}`
}

interface PlannedDraft {
  readonly draft: Draft
  readonly lines: readonly string[]
}

/** The planner and the provider's session judge, not this command: what they refuse is left out with their words. */
function planDraft(draft: Draft, observed: ZoneTable, input: ImportInput, leftOut: string[]): readonly PlannedDraft[] {
  const { session, provider } = input
  const zone = { provider: `${provider.metadata.namespace}/${provider.metadata.name}`, zone: session.zone }
  const ownerId = ownerIdOf(provider)
  const { changes, refusals, notes, unchanged } = calculatePlan({
    ...{ zone, ownerId, capabilities: session.capabilities, observed },
    intents: draft.sets.map((set) => intentFor(draft, set, input)),
    cutAbove: (key) => session.cutAbove?.(key),
  })
  const obstacles = [...(session.obstacles?.(changes).values() ?? [])]
  if (refusals.length + obstacles.length > 0) {
    leftOut.push(...[...refusals, ...obstacles].map(({ message }) => printable(message)))
    return []
  }
  const kept = unchanged === 0 ? [] : [`${countOf(unchanged, 'record set')} already as wanted`]
  return [{ draft, lines: [...changes.map(describeChange), ...notes.map(({ message }) => message), ...kept] }]
}

function intentFor({ name }: Draft, set: StoredSet, input: ImportInput): UpdateIntent {
  const { session, provider, namespace } = input
  const { minTtl, maxTtl } = session.capabilities
  const wanted = { ...set, ttl: Math.min(Math.max(ttlOf(set, input), minTtl), maxTtl) }
  const { key, values, ttl, routing, options } = session.normalise(wanted)
  return {
    ...{ kind: 'update', key, ttl, routing, options, adopt: true },
    zone: { provider: `${provider.metadata.namespace}/${provider.metadata.name}`, zone: session.zone },
    resource: { uid: NO_UID, namespace, name },
    values: values.map(({ value }) => ({ value, target: 'import' })).sort((a, b) => compareText(a.value, b.value)),
  }
}
