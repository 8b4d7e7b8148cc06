// Where a record's targets look up what they stand for: the boards and the store's cache, never the network.
import type { HealthCheck } from '../../api/generated/node-pool.ts'
import type { DynamicDNSRecord, KindName } from '../../api/kinds.ts'
import type { Sources } from '../../desired/contribute-target.ts'
import type { ObservedPool } from '../../desired/contribute-pool.ts'
import { parseAddresses } from '../../desired/parse-addresses.ts'
import type { Lookup, ReferenceTo } from '../../desired/target-context.ts'
import type { IpAddress } from '../../model/address.ts'
import { presumeHealth, type HealthReport } from '../../desired/health-verdicts.ts'
import type { StoreReader, WatchedKind } from '../../store/store.ts'
import type { Clock } from '../../model/clock.ts'
import type { HealthBoard } from '../health/health-board.ts'
import { objectText, refText } from '../object-keys.ts'
import type { PoolBoard } from '../pool/pool-board.ts'
import type { WanBoard } from '../wan/wan-board.ts'

export interface Boards {
  readonly store: StoreReader
  readonly clock: Clock
  readonly pools: PoolBoard
  readonly wans: WanBoard
  readonly health: HealthBoard
}

/** The health of a record with a check of its own, and the earliest moment at which time alone may change what its pools are. */
export interface RecordSources {
  readonly sources: Sources
  readonly health: HealthReport | undefined
  /** The check has not had its say: who is in DNS already is taken for well, and nobody else is. */
  readonly isPresumed: boolean
  readonly nextChangeAt: () => number | undefined
}

export interface KnownOfRecord {
  /** The addresses that it gives to DNS. Undefined where that is not known wholly. */
  readonly given: () => ReadonlySet<IpAddress> | undefined
  /** Its own health check had its say once, or it had none. */
  readonly isProbed: boolean
}

type SourceKind = 'NodePool' | 'WANAddress' | 'Service'

type LookUp = <Found>(kind: SourceKind, reference: ReferenceTo, find: () => Found | undefined) => Lookup<Found>

const NOBODY: ReadonlySet<IpAddress> = new Set()

/** Nothing tells when a kind has been read at last, where the first attempts failed. */
const UNREAD_MS = 1_000

export function openSources(
  record: DynamicDNSRecord,
  boards: Boards,
  { given, isProbed }: KnownOfRecord,
): RecordSources {
  const { healthCheck } = record.spec
  const owner = objectText('DynamicDNSRecord', refText(record.metadata))
  const addresses = healthCheck === undefined ? [] : listProbeAddresses(record, healthCheck, boards)
  boards.health.want(owner, healthCheck, addresses)
  const isPresumed = !isProbed && !hasBeenProbed(record, boards)
  const reportHealth = (check: HealthCheck): HealthReport => {
    const { health: board, clock } = boards
    return isPresumed ? presumeHealth(check, addresses, given() ?? NOBODY, clock.now()) : board.report(check, addresses)
  }
  const health = healthCheck && reportHealth(healthCheck)
  const changes: number[] = []
  const lookUp: LookUp = (kind, reference, find) => {
    const found = find()
    if (found !== undefined) return { kind: 'found', found }
    if (boards.store.isSynced(kind)) return explainMiss(boards.store, kind, reference)
    changes.push(boards.clock.now() + UNREAD_MS)
    return { kind: 'unknown', message: `the ${pluralOf(kind)} have not been read yet` }
  }
  const judgeFor = (pool: string, report: HealthReport): ObservedPool | undefined => {
    const { pools, health: board, clock } = boards
    const ref = refText(record.metadata)
    // Of a pool that comes anew nobody knows who is well until its members have answered.
    if (!pools.hasVariant(ref, pool) && !board.isSettled(owner)) {
      changes.push(clock.now() + UNREAD_MS)
      return presume(pool)
    }
    const variant = pools.judgeFor(pool, { record: ref, health: report, given, now: clock.now() })
    if (variant?.nextChangeAt !== undefined) changes.push(variant.nextChangeAt)
    return variant?.observed
  }
  // Whoever leaves is not waited for until it is known who is well.
  const presume = (pool: string): ObservedPool | undefined => {
    const known = given()
    return known && boards.pools.presumeFor(pool, { given: known, check: healthCheck, now: boards.clock.now() })
  }
  const sources: Sources = {
    pool: (reference) =>
      lookUp('NodePool', reference, () => {
        const pool = refText(reference)
        return health === undefined ? (boards.pools.observed(pool) ?? presume(pool)) : judgeFor(pool, health)
      }),
    wan: (reference) => lookUp('WANAddress', reference, () => boards.wans.observed(refText(reference))),
    service: (reference) => lookUp('Service', reference, () => boards.store.service(reference)),
  }
  return { sources, health, isPresumed, nextChangeAt: () => (changes.length === 0 ? undefined : Math.min(...changes)) }
}

/**
 * Whether the record's own health check has had its say, or none counts. What a pool has to be probed is known once it has been judged,
 * which is a matter of moments where it and the nodes have been read.
 */
export function hasBeenProbed({ spec, metadata }: DynamicDNSRecord, { store, pools, health }: Boards): boolean {
  if (spec.healthCheck === undefined || metadata.deletionTimestamp !== undefined) return true
  const isUnjudged = (pool: ReferenceTo): boolean => {
    return pools.observed(refText(pool)) === undefined && store.get('NodePool', pool)?.resource !== undefined
  }
  const { namespace } = metadata
  const referred = spec.targets.flatMap(({ nodePool }) => (nodePool === undefined ? [] : { namespace, ...nodePool }))
  if (store.isSynced('Node') && referred.some(isUnjudged)) return false
  return health.isSettled(objectText('DynamicDNSRecord', refText(metadata)))
}

/** Whether something that the record gives to DNS is to leave it, whatever its health check is going to say. */
export function mayLeave(record: DynamicDNSRecord, boards: Boards, given: ReadonlySet<IpAddress> | undefined): boolean {
  const { healthCheck, targets } = record.spec
  const { namespace } = record.metadata
  if (healthCheck === undefined || given === undefined) return false
  const pools = targets.flatMap(({ nodePool }) => (nodePool === undefined ? [] : refText({ namespace, ...nodePool })))
  if (pools.some((pool) => boards.pools.isDraining(pool, given))) return true
  // What a pool has is known once it has been judged.
  if (pools.some((pool) => boards.pools.observed(pool) === undefined)) return false
  const there = new Set(listProbeAddresses(record, healthCheck, boards))
  return [...given].some((address) => !there.has(address))
}

/** What the record refers to, in the words of `Dependents`. */
export function listReferences({ spec: { targets }, metadata }: DynamicDNSRecord): readonly string[] {
  const { namespace } = metadata
  const ofTargets = targets.flatMap(({ nodePool, wan, service }) => [
    ...(nodePool === undefined ? [] : [objectText('NodePool', refText({ namespace, ...nodePool }))]),
    ...(wan === undefined ? [] : [objectText('WANAddress', refText({ namespace, ...wan }))]),
    ...(service === undefined ? [] : [objectText('Service', refText({ namespace, name: service.name }))]),
  ])
  return [...ofTargets, objectText('Namespace', namespace)]
}

function explainMiss(store: StoreReader, kind: SourceKind, reference: ReferenceTo): Lookup<never> {
  const stored = kind === 'Service' ? undefined : store.get<KindName>(kind, reference)
  if (stored === undefined) return { kind: 'absent' }
  return { kind: 'unknown', message: describeUnknown(kind, stored) }
}

function describeUnknown(
  kind: WatchedKind,
  { resource, problem }: { readonly resource: unknown; readonly problem: string | undefined },
): string {
  if (resource === undefined) return problem ?? 'it cannot be read'
  return kind === 'WANAddress' ? 'nothing is detected while its spec.suspend is true' : 'its members are not known yet'
}

function pluralOf(kind: SourceKind): string {
  return kind === 'NodePool' ? 'pools' : kind === 'WANAddress' ? 'WANAddresses' : 'Services'
}

function listProbeAddresses(
  { spec, metadata: { namespace } }: DynamicDNSRecord,
  { httpGet }: HealthCheck,
  { pools, wans, store }: Boards,
): readonly IpAddress[] {
  return spec.targets.flatMap(({ nodePool, wan, service, addresses = [] }) => {
    if (nodePool !== undefined) return pools.addresses(refText({ namespace, ...nodePool }))
    if (service !== undefined) {
      const { ingress = [] } = store.service({ namespace, name: service.name }) ?? {}
      return parseAddresses(ingress.flatMap(({ ip }) => ip ?? [])).addresses
    }
    if (wan === undefined) return parseAddresses(addresses).addresses
    // From inside, our own address says little unless the probe names whom to ask.
    if (httpGet?.host === undefined) return []
    const detections = [...(wans.observed(refText({ namespace, ...wan }))?.detections.values() ?? [])]
    return detections.flatMap((detection) => (detection.kind === 'known' ? detection.address : []))
  })
}
