// Who can say that a member which left a pool is out of DNS, too: the records that use the pool, and those that may still publish it
// although their spec does not say so.
import type { DynamicDNSRecordStatus } from '../../api/generated/dynamic-dns-record.ts'
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import type { Derivation } from '../../desired/derivation.ts'
import { isSourceOf } from '../../desired/describe-footing.ts'
import type { IpAddress } from '../../model/address.ts'
import type { Clock } from '../../model/clock.ts'
import type { Intent } from '../../model/intent.ts'
import type { Fqdn } from '../../model/name.ts'
import type { ZoneRef } from '../../model/zone.ts'
import type { StoredObject, StoreReader } from '../../store/store.ts'
import type { Dependents } from '../dependents.ts'
import { objectText, parseRef, refText } from '../object-keys.ts'
import type { RecordWitness } from '../pool/safe-removal.ts'
import { hasOurFinalizer } from './record-leave.ts'
import { areRead, isFoundOut, isSettled, type FindDesk } from './record-run.ts'
import type { RecordState } from './record-state.ts'

interface KnownRecords {
  /** Who refers to what. */
  readonly dependents: Pick<Dependents, 'of'>
  get(ref: string): RecordState | undefined
  /** Undefined until it is derived for the first time. */
  byUid(uid: string): RecordState | undefined
  /** Those that may be in DNS with what their spec no longer names. `now` is the monotonic clock's. */
  moving(now: number): readonly RecordState[]
}

export interface WitnessPorts {
  readonly store: Pick<StoreReader, 'get' | 'list'>
  readonly clock: Pick<Clock, 'monotonicNow'>
  readonly book: KnownRecords
  readonly findDesk: FindDesk
}

const UNKNOWN: RecordWitness = { testimony: 'unknown', publishes: () => false, ttlSeconds: 0 }

export class RemovalWitnesses {
  readonly #ports: WitnessPorts

  constructor(ports: WitnessPorts) {
    this.#ports = ports
  }

  /** What records say of members that left the pool. */
  of(pool: string): readonly RecordWitness[] {
    const { book, clock } = this.#ports
    const users = [...book.dependents.of(objectText('NodePool', pool))].map((ref) => book.get(ref))
    const known = new Set(users)
    return [
      ...users.map((state) => (state?.derivation === undefined ? UNKNOWN : this.#user(state, state.derivation))),
      ...book.moving(clock.monotonicNow()).flatMap((state) => (known.has(state) ? [] : this.#mover(state))),
      ...this.#unheard(pool),
    ]
  }

  /** The pools that wait for word from such a record. It is undefined where nobody knew what it wanted. */
  waitingPools(state: RecordState | undefined): readonly string[] {
    const { store, clock } = this.#ports
    const mayBeAny = state === undefined || state.isMoving(clock.monotonicNow())
    const pools = mayBeAny
      ? [...store.list('NodePool')].map(({ metadata }) => refText(metadata))
      : listPools(state.resource)
    return pools.filter((ref) => {
      const inactive = store.get('NodePool', parseRef(ref))?.status?.inactive ?? []
      return inactive.some(({ safeToRemoveAt }) => safeToRemoveAt === undefined)
    })
  }

  #user(state: RecordState, { intents, zones }: Derivation): RecordWitness {
    const { findDesk } = this.#ports
    const { resource, uid } = state
    const isQuiet = ({ zone, key, kind }: Intent): boolean =>
      kind !== 'hold' && findDesk(zone)?.ledger.troubleOf(uid, key) === undefined
    return {
      get testimony() {
        // A name of a new record that has no place yet was never anywhere.
        const isKnown = isFoundOut(state, findDesk) || (state.isNew && areRead(zones, findDesk))
        if (!isKnown) return 'unknown'
        const isFree = resource.spec.suspend !== true && state.gates.size === 0 && intents.every(isQuiet)
        if (!isFree) return 'open'
        // While its names wait to be looked at, nothing speaks against what was found before, as by the run before a restart.
        return isSettled(state, findDesk) ? 'settled' : 'unknown'
      },
      publishes: (address) => zones.some((zone) => findDesk(zone)?.publishes(uid, address)),
      ttlSeconds: longestTtl(resource),
    }
  }

  /** It wants nothing of the pool any more: all that counts is what it still has. */
  #mover({ uid, derivation, resource, movingUntil: endsAt }: RecordState): RecordWitness {
    const { status } = resource
    const zones = [...(derivation?.zones ?? []), ...listZones(status)]
    const publishes = this.#publishes(uid, zones, status)
    return { testimony: 'settled', publishes, ttlSeconds: longestTtl(resource), endsAt }
  }

  /**
   * Of those that cannot be read nothing is changed in DNS, and nobody knows what they ask for. After a start, nobody knows of the others
   * either until they are derived: those that refer to the pool count as its users.
   */
  #unheard(pool: string): readonly RecordWitness[] {
    const found: RecordWitness[] = []
    // Asked for each pool that a node leaves, and of many records hardly one is such: no copy of the list is made.
    for (const stored of this.#ports.store.list('DynamicDNSRecord')) {
      const { resource, metadata } = stored
      if (resource === undefined) {
        if (mayUse(stored, pool)) found.push(this.#lastHeardOf(stored))
      } else if (this.#ports.book.byUid(metadata.uid) === undefined && hasOurFinalizer(metadata)) {
        if (mayRestOnOthers(resource, undefined)) found.push(UNKNOWN)
      }
    }
    return found
  }

  #lastHeardOf({ metadata, status }: StoredObject<DynamicDNSRecord>): RecordWitness {
    const zones = listZones(status)
    const isRead = zones.length > 0 && areRead(zones, this.#ports.findDesk)
    const ttlSeconds = longestToldTtl(status)
    const publishes = this.#publishes(metadata.uid, zones, status)
    return { testimony: isRead ? 'settled' : 'unknown', publishes, ttlSeconds }
  }

  /** By what the zones hold, and by what the status says where one of them was not read. */
  #publishes(
    uid: string,
    zones: readonly ZoneRef[],
    status: DynamicDNSRecordStatus | undefined,
  ): (address: IpAddress) => boolean {
    const { findDesk } = this.#ports
    const isRead = zones.length > 0 && areRead(zones, findDesk)
    const told = new Set(isRead ? [] : status?.recordSets?.flatMap(({ values }) => values))
    return (address) => told.has(address) || zones.some((zone) => findDesk(zone)?.publishes(uid, address))
  }
}

/** One without our finalizer has never had anything in DNS; where its status does not say what it rests on, that may be any pool. */
function mayUse({ metadata, status }: StoredObject<DynamicDNSRecord>, pool: string): boolean {
  if (!hasOurFinalizer(metadata)) return false
  return status?.targets?.every(({ source }) => source !== undefined && !isSourceOf(source, pool)) !== true
}

function listZones(status: DynamicDNSRecordStatus | undefined): readonly ZoneRef[] {
  // Written by us, as names.
  return (status?.zones ?? []).map(({ provider, zone }) => ({ provider, zone: zone as Fqdn }))
}

/**
 * What it asks for, and what it had when that was last written down: the provider may have made more of it, or an edit less since, and
 * what was written just before a restart is remembered nowhere else.
 */
function longestTtl({ spec, status }: RecordState['resource']): number {
  return Math.max(spec.ttlSeconds, longestToldTtl(status))
}

function longestToldTtl(status: DynamicDNSRecordStatus | undefined): number {
  return Math.max(0, ...(status?.recordSets ?? []).map(({ ttl }) => ttl))
}

/** The pools that a record's spec names. */
function listPools({ spec: { targets }, metadata: { namespace } }: RecordState['resource']): readonly string[] {
  return targets.flatMap(({ nodePool }) => (nodePool === undefined ? [] : refText({ namespace, ...nodePool })))
}

/**
 * Whether what it has may rest on a pool that its spec does not name: after an edit, or by what its status says. One that was written
 * while changes were left to do no longer tells of a target that was taken out of the spec.
 */
export function mayRestOnOthers(next: RecordState['resource'], previous: RecordState['resource'] | undefined): boolean {
  const pools = listPools(next)
  if (previous !== undefined) return listPools(previous).some((pool) => !pools.includes(pool))
  const { targets = [], recordSets = [], plan, observedGeneration } = next.status ?? {}
  // What has nothing in DNS, as before its first approval, rests on nobody.
  const hasAny = recordSets.some(({ values }) => values.length > 0)
  if (hasAny && plan?.approvedGeneration !== observedGeneration) return true
  return targets.some(({ source }) => {
    return source?.startsWith('nodePool/') === true && !pools.some((pool) => isSourceOf(source, pool))
  })
}
