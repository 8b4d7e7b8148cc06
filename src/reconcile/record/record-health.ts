// What a record's own health check asks, and what follows from it: also before it has had its say.
import type { HealthCheck } from '../../api/generated/node-pool.ts'
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import { presumeHealth, type HealthReport } from '../../desired/health-verdicts.ts'
import { parseAddresses } from '../../desired/parse-addresses.ts'
import type { ReferenceTo } from '../../desired/target-context.ts'
import type { IpAddress } from '../../model/address.ts'
import { objectText, refText } from '../object-keys.ts'
import type { Boards } from './boards.ts'

export interface RecordHealth {
  /** Undefined where the record has no check of its own. */
  readonly health: HealthReport | undefined
  /** The check has not had its say: who is in DNS already is taken for well, and nobody else is. */
  readonly isPresumed: boolean
}

export interface KnownOfRecord {
  /** The addresses that it gives to DNS. Undefined where that is not known wholly. */
  readonly given: () => ReadonlySet<IpAddress> | undefined
  /** Its own health check had its say once, or it had none. */
  readonly isProbed: boolean
}

const NOBODY: ReadonlySet<IpAddress> = new Set()

/** Has probed whom the record's check is about, and tells what is known of them. */
export function openHealth(record: DynamicDNSRecord, boards: Boards, { given, isProbed }: KnownOfRecord): RecordHealth {
  const { healthCheck } = record.spec
  const addresses = healthCheck === undefined ? [] : listProbeAddresses(record, healthCheck, boards)
  boards.health.want(ownerOf(record), healthCheck, addresses)
  const isPresumed = !isProbed && !hasBeenProbed(record, boards)
  const report = (check: HealthCheck): HealthReport => {
    const { health, clock } = boards
    return isPresumed
      ? presumeHealth(check, addresses, given() ?? NOBODY, clock.now())
      : health.report(check, addresses)
  }
  return { health: healthCheck && report(healthCheck), isPresumed }
}

/** Under which the health board knows the record. */
export function ownerOf({ metadata }: DynamicDNSRecord): string {
  return objectText('DynamicDNSRecord', refText(metadata))
}

/**
 * Whether the record's own health check has had its say, or none counts. What a pool has to be probed is known once it has been judged,
 * which is a matter of moments where it and the nodes have been read.
 */
export function hasBeenProbed(record: DynamicDNSRecord, { store, pools, health }: Boards): boolean {
  const { spec, metadata } = record
  if (spec.healthCheck === undefined || metadata.deletionTimestamp !== undefined) return true
  const isUnjudged = (pool: ReferenceTo): boolean => {
    return pools.observed(refText(pool)) === undefined && store.get('NodePool', pool)?.resource !== undefined
  }
  const { namespace } = metadata
  const referred = spec.targets.flatMap(({ nodePool }) => (nodePool === undefined ? [] : { namespace, ...nodePool }))
  if (store.isSynced('Node') && referred.some(isUnjudged)) return false
  return health.isSettled(ownerOf(record))
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
