// What most providers are: a zone of record sets that know nothing of owners. `ownership/owned-session.ts` makes a ZoneSession of it.
import type { ReconcileError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import type { ProviderOptions, RecordKey, Routing } from '../model/record-set.ts'
import type { ZoneCapabilities, ZoneCut } from '../model/zone.ts'

export interface RawSet {
  readonly key: RecordKey
  /** Sorted, free of duplicates; TXT values without quotes. */
  readonly values: readonly string[]
  readonly ttl: number
  readonly routing: Routing | undefined
  readonly options: ProviderOptions | undefined
  /** Our own text beside the set (a comment, metadata), where the provider has room for one. */
  readonly note: string | undefined
}

/** One key from what was read to what it shall be; `previous` undefined creates, `next` undefined deletes. */
export interface RawChange {
  readonly key: RecordKey
  readonly previous: RawSet | undefined
  readonly next: RawSet | undefined
}

/** Raw changes that stand or fall together: a set and its marker. */
export type RawUnit = readonly RawChange[]

/** One call has one outcome; `failed` may name the key the provider complained about. */
export type RawOutcome =
  /** `stored` where the provider was read again after the call: what it holds now, which may differ from what it was asked for. */
  | { readonly kind: 'applied'; readonly stored?: (key: RecordKey) => RawSet | undefined }
  | Failed
  | { readonly kind: 'outdated'; readonly error: ReconcileError }
  | { readonly kind: 'unconfirmed'; readonly error: ReconcileError }

interface Failed {
  readonly kind: 'failed'
  readonly error: ReconcileError
  readonly culprit?: RecordKey
  /** The same in words about one unit, for when that is found to be to blame. */
  readonly errorOf?: (unit: RawUnit) => ReconcileError
}

/** What a provider answers that carries out parts of a call: each unit has an outcome of its own. */
export interface PartialOutcome {
  readonly kind: 'several'
  readonly of: (unit: RawUnit) => RawOutcome
}

export interface RawZone {
  readonly zone: Fqdn
  readonly capabilities: ZoneCapabilities
  readonly comparesAndSwaps: boolean
  list(signal: AbortSignal): AsyncIterable<readonly RawSet[]>
  /** All sets at these names. */
  reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]>
  /** The types at a name that are none of ours, as last read: a CNAME cannot stand beside them. Absent where they are not shown. */
  readonly othersAt?: (name: Fqdn) => readonly string[]
  /** What hides a key from all resolvers, as last read. Absent where the zone's other types are not shown. */
  readonly cutAbove?: (key: RecordKey) => ZoneCut | undefined
  readonly probe: ((signal: AbortSignal) => Promise<string>) | undefined
  /** Groups units into calls, keeping their order. Pure. */
  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[]
  /** One call. Rejects only on abort. `units` are the same changes, as they belong together. */
  apply(
    changes: readonly RawChange[],
    signal: AbortSignal,
    units: readonly RawUnit[],
  ): Promise<RawOutcome | PartialOutcome>
  normalise(set: RawSet): RawSet
}
