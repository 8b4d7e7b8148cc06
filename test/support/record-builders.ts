// Short ways to write what a record derives from, and to read what comes out, for tests.
import type {
  DynamicDNSRecordSpec,
  DynamicDNSRecordStatus,
  Target,
} from '../../src/api/generated/dynamic-dns-record.ts'
import type { DynamicDNSRecord, ObjectMeta } from '../../src/api/kinds.ts'
import {
  targetKey,
  type ContributedMember,
  type Contribution,
  type HostnameContent,
  type KnownContribution,
  type MembersContent,
  type Standing,
  type TargetContent,
} from '../../src/desired/contribution.ts'
import type { Derivation, DeriveInput, RecordMemory } from '../../src/desired/derivation.ts'
import { deriveIntents } from '../../src/desired/derive-intents.ts'
import { indexProviders, type ProviderFacts } from '../../src/desired/provider-index.ts'
import type { PublishedSet, ReadZone } from '../../src/desired/published.ts'
import { parseIpAddress, type IpAddress } from '../../src/model/address.ts'
import type { Intent } from '../../src/model/intent.ts'
import type { Fqdn } from '../../src/model/name.ts'
import { describeKey, type RecordKey, type RecordType } from '../../src/model/record-set.ts'
import type { ZoneCapabilities, ZoneRef } from '../../src/model/zone.ts'
import { recordObject } from './status-builders.ts'
import { capabilities, ZONE } from './zone-builders.ts'

export const NOW = Date.parse('2026-11-21T03:00:00Z')

export function record(
  spec: Partial<DynamicDNSRecordSpec> = {},
  metadata: Partial<ObjectMeta> = {},
  status?: DynamicDNSRecordStatus,
): DynamicDNSRecord {
  return recordObject({ spec, metadata, status })
}

export const EDGE: Target = { name: 'edge', nodePool: { name: 'edge' } }
export const HOME: Target = { name: 'home', wan: { name: 'home' } }
export const FRONT: Target = { name: 'front', service: { name: 'front' } }

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text)
  if (parsed === undefined) throw new Error(`${text} is no address`)
  return parsed
}

/** `n1 192.0.2.1+2001:db8::1 notReady us`: name, addresses, and if they matter standing and region. */
function member(text: string): ContributedMember {
  const [name = '', addresses = '', standing = 'active', region] = text.split(' ')
  return { name, addresses: addresses.split('+').map(address), standing: standing as Standing, region }
}

export function members(...texts: readonly string[]): MembersContent {
  return { kind: 'members', source: 'pool', members: texts.map(member) }
}

/** What is given by anything but a pool. */
export function addresses(...texts: readonly string[]): MembersContent {
  return { kind: 'members', source: 'wan', members: texts.map((text) => member(`wan ${text}`)) }
}

export function follow(hostname: string): HostnameContent {
  return { kind: 'hostname', hostname: hostname as Fqdn }
}

export function known(
  target: string,
  content: TargetContent,
  rest: Partial<Pick<KnownContribution, 'unknownFamilies' | 'message'>> = {},
): Contribution {
  return { kind: 'known', target, content, unknownFamilies: [], message: undefined, ...rest }
}

export function unknown(target: string, last?: TargetContent, reason = 'PoolNotFound'): Contribution {
  return { kind: 'unknown', target, reason, message: `${target} is not there`, last }
}

export function provider(facts: Partial<ProviderFacts> = {}): ProviderFacts {
  const ref = facts.ref ?? 'web/main'
  const namespace = ref.slice(0, ref.indexOf('/'))
  return { ref, namespace, type: 'Cloudflare', zones: [MAIN.zone], allowedRecords: undefined, ...facts }
}

export const MAIN: ZoneRef = { provider: 'web/main', zone: ZONE.zone }

export function zone(text: string): ZoneRef {
  const [ref = '', name = ''] = text.split(' ')
  return { provider: ref, zone: name as Fqdn }
}

function keyOf(text: string): RecordKey {
  const [type = '', name = '', setId = ''] = text.split(' ')
  return { name: name as Fqdn, type: type as RecordType, setId }
}

/** `A shop.example.com us = 192.0.2.1, 192.0.2.2`. */
function publishedSet(text: string): PublishedSet {
  const [key = '', values = ''] = text.split(' = ')
  return { key: keyOf(key), values: values.split(', ') }
}

export function readZone(
  texts: readonly string[] = [],
  ref: ZoneRef = MAIN,
  able: Partial<ZoneCapabilities> = {},
): ReadZone {
  return { zone: ref, capabilities: { ...capabilities('PerSet'), ...able }, published: texts.map(publishedSet) }
}

const NO_MEMORY: RecordMemory = { zones: [], failover: undefined, targets: undefined }

export interface Situation {
  readonly spec?: Partial<DynamicDNSRecordSpec>
  readonly metadata?: Partial<ObjectMeta>
  readonly status?: DynamicDNSRecordStatus | undefined
  readonly contributions?: readonly Contribution[]
  readonly providers?: readonly ProviderFacts[]
  readonly labels?: DeriveInput['namespaceLabels']
  /** What the record holds in the main zone. */
  readonly published?: readonly string[]
  readonly able?: Partial<ZoneCapabilities>
  readonly zones?: readonly ReadZone[]
  readonly memory?: Partial<RecordMemory>
  readonly approvedMoves?: readonly string[]
  readonly now?: number
}

export function inputOf(situation: Situation): DeriveInput {
  const { spec, metadata, status, published = [], able, memory } = situation
  const object = record({ targets: [EDGE], ...spec }, metadata, status)
  const remembered = new Set(object.spec.targets.map((target) => targetKey(target, object.metadata.namespace)))
  return {
    record: object,
    contributions: situation.contributions ?? [],
    providers: indexProviders(situation.providers ?? [provider()]),
    namespaceLabels: situation.labels ?? {},
    zones: situation.zones ?? [readZone(published, MAIN, able)],
    memory: { ...NO_MEMORY, zones: published.length > 0 ? [MAIN] : [], targets: remembered, ...memory },
    approvedMoves: situation.approvedMoves ?? [],
    now: situation.now ?? NOW,
  }
}

export function derive(situation: Situation): Derivation {
  return deriveIntents(inputOf(situation))
}

/** One line per intent: `update A shop.example.com = 192.0.2.1`, `clear … (Delete)`, `hold … (PoolNotFound)`. */
export function intentTexts(intents: readonly Intent[]): readonly string[] {
  return intents.map((intent) => {
    const key = describeKey(intent.key)
    const place = intent.zone.provider === MAIN.provider ? key : `${key} at ${intent.zone.provider}`
    switch (intent.kind) {
      case 'update':
        return `update ${place} = ${intent.values.map(({ value }) => value).join(', ')}`
      case 'clear':
        return `clear ${place} (${intent.disposal})`
      case 'hold':
        return `hold ${place} (${intent.reason})`
    }
  })
}

export function derivedTexts(situation: Situation): readonly string[] {
  return intentTexts(derive(situation).intents)
}

/** `MoveHeld shop.example.com`. */
export function refusalTexts({ refusals }: Pick<Derivation, 'refusals'>): readonly string[] {
  return refusals.map(({ reason, name }) => `${reason} ${name}`)
}

/** What the record holds in the main zone once its intents have been carried out. */
export function carryOut(published: readonly string[], intents: readonly Intent[]): readonly string[] {
  const sets = new Map(published.map((text) => [text.split(' = ')[0] ?? '', text]))
  for (const intent of intents) {
    const { type, name, setId } = intent.key
    const key = [type, name, ...(setId === '' ? [] : [setId])].join(' ')
    if (intent.kind === 'update') sets.set(key, `${key} = ${intent.values.map(({ value }) => value).join(', ')}`)
    if (intent.kind === 'clear') sets.delete(key)
  }
  return [...sets.values()].sort()
}
