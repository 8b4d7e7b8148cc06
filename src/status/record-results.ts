// What a reconcile of a DynamicDNSRecord came to, as its status is derived from it.
import type { FailoverStatus, PinnedZone, TargetStatus } from '../api/generated/dynamic-dns-record.ts'
import type { DynamicDNSRecord } from '../api/kinds.ts'
import type { ReconcileError } from '../model/errors.ts'
import type { Refusal } from '../model/intent.ts'
import type { RecordKey } from '../model/record-set.ts'
import type { Change } from '../plan/plan.ts'

/** What became of one record set. */
export type KeyResult =
  /** As wanted before, or because of a change just made. */
  | { readonly kind: 'insync' | 'applied' }
  /** Not attempted yet. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'failed'; readonly error: ReconcileError }
  /** The change may have been made. */
  | { readonly kind: 'unconfirmed'; readonly error: ReconcileError }
  /** Waits for an approval, the guard, or something unknown. */
  | { readonly kind: 'held'; readonly reason: string; readonly message: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export interface KeyOutcome {
  readonly key: RecordKey
  /** What the zone holds of ours at the key, after what was done. */
  readonly values: readonly string[]
  readonly ttl: number
  readonly adopted: boolean
  readonly result: KeyResult
  /** What is remarkable about the set although it is as wanted: a clamped TTL, a value shared with another owner. */
  readonly note: string | undefined
}

export interface UnknownTarget {
  readonly reason: string
  /** Stands alone: names the target. */
  readonly message: string
}

export interface WaitingPlan {
  readonly hash: string
  readonly changes: readonly Change[]
}

/** What a run learned and did, as far as it came. */
export interface RecordRun {
  readonly outcomes: readonly KeyOutcome[]
  /** Refusals that concern a name before it has a key. */
  readonly refusals: readonly Refusal[]
  readonly targets: readonly TargetStatus[]
  readonly unknownTargets: readonly UnknownTarget[]
  /** Why fewer addresses than the floor are fit; undefined when enough are. */
  readonly shortfall: string | undefined
  /** How many of how many addresses are published, where a set was cut. */
  readonly cut: { readonly published: number; readonly available: number } | undefined
  readonly zones: readonly PinnedZone[]
  /** Those of them that have not been read: what is there is not known, which is not to say that nothing is. */
  readonly unread: readonly PinnedZone[]
  readonly failover: FailoverStatus | undefined
  /** With the Failover policy, why it is not simply the first priority that is published. */
  readonly failoverMessage: string | undefined
  /** Whether anything was written since the status last was: a removal too, of which no outcome is left. */
  readonly hasWritten: boolean
  /** What waits for an approval. */
  readonly plan: WaitingPlan | undefined
  /**
   * The approval that this run used up, several separated by commas: each once all that it let through is done. While any of it failed, was skipped or could not be confirmed, the approval is still needed, and is not among them.
   */
  readonly consumedHash: string | undefined
}

export interface RecordResults {
  readonly object: DynamicDNSRecord
  /** Milliseconds since the epoch. */
  readonly now: number
  /** What kept the run from starting, or from going further. */
  readonly error: ReconcileError | undefined
  /** Undefined when it did not start: what the status already says of the records and targets then stays. */
  readonly run: RecordRun | undefined
}
