// Where a record's targets look up what they stand for: the boards and the store's cache, never the network.
import type { DynamicDNSRecord, KindName } from '../../api/kinds.ts'
import type { Sources } from '../../desired/contribute-target.ts'
import type { ObservedPool } from '../../desired/contribute-pool.ts'
import type { Lookup, ReferenceTo } from '../../desired/target-context.ts'
import type { HealthReport } from '../../desired/health-verdicts.ts'
import type { StoreReader, WatchedKind } from '../../store/store.ts'
import { objectText, refText } from '../object-keys.ts'
import type { Boards } from './boards.ts'
import { openHealth, ownerOf, type KnownOfRecord, type RecordHealth } from './record-health.ts'

/** Where the targets are looked up, and the earliest moment at which time alone may change what is found. */
export interface RecordSources extends RecordHealth {
  readonly sources: Sources
  readonly nextChangeAt: () => number | undefined
}

type SourceKind = 'NodePool' | 'WANAddress' | 'Service'

type LookUp = <Found>(kind: SourceKind, reference: ReferenceTo, find: () => Found | undefined) => Lookup<Found>

/** Nothing tells when a kind has been read at last, where the first attempts failed. */
const UNREAD_MS = 1_000

export function openSources(record: DynamicDNSRecord, boards: Boards, known: KnownOfRecord): RecordSources {
  const { store, wans, clock } = boards
  const { health, isPresumed } = openHealth(record, boards, known)
  const changes: number[] = []
  const findPool = openPools(record, boards, { health, given: known.given, onChange: (at) => changes.push(at) })
  const lookUp: LookUp = (kind, reference, find) => {
    const found = find()
    if (found !== undefined) return { kind: 'found', found }
    if (store.isSynced(kind)) return explainMiss(store, kind, reference)
    changes.push(clock.now() + UNREAD_MS)
    return { kind: 'unknown', message: `the ${pluralOf(kind)} have not been read yet` }
  }
  const sources: Sources = {
    pool: (reference) => lookUp('NodePool', reference, () => findPool(refText(reference))),
    wan: (reference) => lookUp('WANAddress', reference, () => wans.observed(refText(reference))),
    service: (reference) => lookUp('Service', reference, () => store.service(reference)),
  }
  return { sources, health, isPresumed, nextChangeAt: () => (changes.length === 0 ? undefined : Math.min(...changes)) }
}

interface PoolsInput extends Pick<KnownOfRecord, 'given'> {
  readonly health: HealthReport | undefined
  /** Time alone may change what is found, at that moment. */
  readonly onChange: (at: number) => void
}

/** The pools as the record sees them: as its own health check judges their members, where it has one. */
function openPools(
  record: DynamicDNSRecord,
  { pools, health: board, clock }: Boards,
  { health, given, onChange }: PoolsInput,
): (pool: string) => ObservedPool | undefined {
  const ref = refText(record.metadata)
  // Whoever leaves is not waited for until it is known who is well.
  const presume = (pool: string): ObservedPool | undefined => {
    const known = given()
    return known && pools.presumeFor(pool, { given: known, check: record.spec.healthCheck, now: clock.now() })
  }
  return (pool) => {
    if (health === undefined) return pools.observed(pool) ?? presume(pool)
    // Of a pool that comes anew nobody knows who is well until its members have answered.
    if (!pools.hasVariant(ref, pool) && !board.isSettled(ownerOf(record))) {
      onChange(clock.now() + UNREAD_MS)
      return presume(pool)
    }
    const variant = pools.judgeFor(pool, { record: ref, health, given, now: clock.now() })
    if (variant?.nextChangeAt !== undefined) onChange(variant.nextChangeAt)
    return variant?.observed
  }
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
