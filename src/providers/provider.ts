// The port to where records live. A provider opens zones; a zone session lists and applies, and keeps to itself whatever the
// provider's own protocol needs in between (record ids, ETags, serials), so that nothing above ever sees a handle.
import type { ReconcileError } from '../model/errors.ts'
import type { Refusal } from '../model/intent.ts'
import type { Fqdn } from '../model/name.ts'
import type { RecordKey, StoredSet } from '../model/record-set.ts'
import type { ZoneCapabilities, ZoneCut } from '../model/zone.ts'
import type { Change, DeleteChange } from '../plan/plan.ts'

export interface Provider {
  /** The type as the DNSProvider resource spells it. */
  readonly type: string
  /** The zones these credentials reach. Providers that cannot list return the configured ones. */
  listZones(signal: AbortSignal): Promise<readonly Fqdn[]>
  /** Reads what it must to serve the zone (its id, its plan); rejects with a terminal error when there is no such zone. */
  openZone(zone: Fqdn, signal: AbortSignal): Promise<ZoneSession>
  /** Ends idle connections. Safe to call twice. */
  close(): Promise<void>
}

export interface ZoneSession {
  readonly zone: Fqdn
  readonly capabilities: ZoneCapabilities
  /** Whether a write fails by itself when the set is no longer what it was. Where not, names are read again before a delete. */
  readonly comparesAndSwaps: boolean
  /** Every record set of the zone of a type we know, in pages, normalised. A page that cannot be read rejects: never a part. */
  list(signal: AbortSignal): AsyncIterable<readonly StoredSet[]>
  /** The sets of a few names, read afresh: to settle a lost answer or a failed compare-and-swap. */
  reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly StoredSet[]>
  /**
   * A text that changes whenever anything in the zone does, for one cheap call. Undefined where the provider has none that is
   * proven: the zone is listed again instead. Where a write does not fail by itself, our own must leave the text as it is: what
   * somebody else does beside one would go unseen, and be written over.
   */
  readonly probe: ((signal: AbortSignal) => Promise<string>) | undefined
  /** What hides a key from all resolvers, as far as the last look has shown. Absent where the zone's other types are not shown. */
  cutAbove?(key: RecordKey): ZoneCut | undefined
  /** Cuts changes into batches, each one call; deletes stand before creates of the same name and never in a later batch. Pure. */
  batch(changes: readonly Change[]): readonly (readonly Change[])[]
  /** Why these changes cannot be made, as far as the last look has shown: what `apply` would say without asking anybody. Absent where nothing is known beforehand. Pure. */
  obstacles?(changes: readonly Change[]): ReadonlyMap<Change, Obstacle>
  /** Carries out one batch of `batch()` with one call, and answers for each of its changes, in order. Rejects only on abort. */
  apply(batch: readonly Change[], signal: AbortSignal): Promise<readonly ChangeOutcome[]>
  /**
   * Takes away marks of our own whose set is gone, as far as is known: what somebody makes there later must not pass for ours. What is
   * `pending` may get its set yet. Marks alone, which no resolver sees: no brake counts them. Absent where no mark can be without its set.
   */
  strayMarks?(pending: readonly RecordKey[]): readonly DeleteChange[]
  /** How the set would read after being written: clamps, quoting, case. A wanted set is compared in this form, so no diff is endless. */
  normalise(set: StoredSet): StoredSet
}

export type Obstacle = Pick<Refusal, 'reason' | 'message'>

export type ChangeOutcome =
  /** `stored` is what the zone now holds at the key, undefined when nothing. */
  | { readonly kind: 'applied'; readonly change: Change; readonly stored: StoredSet | undefined }
  /** Certainly not done. `scope: 'Batch'` means another change of the batch may be to blame; bisecting finds it. */
  | {
      readonly kind: 'failed'
      readonly change: Change
      readonly error: ReconcileError
      readonly scope: 'Change' | 'Batch'
    }
  /** Not done because what we knew of the key is no longer true: read again, plan again. */
  | { readonly kind: 'outdated'; readonly change: Change; readonly error: ReconcileError }
  /** It may have been done: the answer was lost. Reading again settles it. */
  | { readonly kind: 'unconfirmed'; readonly change: Change; readonly error: ReconcileError }
  /** Not attempted. */
  | { readonly kind: 'skipped'; readonly change: Change; readonly reason: string }

/** What a change comes to that is left out because of how an earlier call ended. */
export function skipped(change: Change): ChangeOutcome {
  return { kind: 'skipped', change, reason: 'not attempted: an earlier call has to be settled first' }
}
