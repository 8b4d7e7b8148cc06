// The words of a derivation: what it stands on, and what comes out of it.
import type { TargetStatus } from '../api/generated/dynamic-dns-record.ts'
import type { DynamicDNSRecord } from '../api/kinds.ts'
import type { Labels } from '../api/label-selector.ts'
import type { Footing } from '../model/footing.ts'
import type { Intent, Refusal } from '../model/intent.ts'
import type { ZoneRef } from '../model/zone.ts'
import type { CutSet, KeyNote } from './build-updates.ts'
import type { FailoverMemory } from './choose-group.ts'
import type { Contribution } from './contribution.ts'
import type { Hold } from './hold.ts'
import type { Move } from './place-name.ts'
import type { ProviderIndex } from './provider-index.ts'
import type { ReadZone } from './published.ts'

export interface DeriveInput {
  readonly record: DynamicDNSRecord
  /** One for each of spec.targets. Their order is that of the report, and matters nowhere else. */
  readonly contributions: readonly Contribution[]
  readonly providers: ProviderIndex
  /** Of the record's namespace; undefined while they are not known. */
  readonly namespaceLabels: Labels | undefined
  /** The zones that have been read, as far as a name may live there or the record holds something there. */
  readonly zones: readonly ReadZone[]
  readonly memory: RecordMemory
  /** Hashes. Each stays here for as long as the derivation reports its move. */
  readonly approvedMoves: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What must outlive a restart; status keeps it. */
export interface RecordMemory {
  /** The zones in use. */
  readonly zones: readonly ZoneRef[]
  readonly failover: FailoverMemory | undefined
  /** The targets that status speaks of. Undefined: nothing is remembered of any. */
  readonly targets: ReadonlySet<string> | undefined
}

export interface Derivation {
  /** At most one per zone and key, sorted. Every key the record holds is among them. */
  readonly intents: readonly Intent[]
  readonly refusals: readonly Refusal[]
  /** Names of which nothing is published and nothing can be yet. */
  readonly waiting: readonly WaitingName[]
  /** Nothing is wrong with these keys, but a person should know. */
  readonly notes: readonly KeyNote[]
  readonly cuts: readonly CutSet[]
  /** Why fewer addresses are fit than the floor asks for. */
  readonly shortfalls: readonly string[]
  /** To be pinned, and to be read where they have not been. */
  readonly zones: readonly ZoneRef[]
  readonly moves: readonly ReportedMove[]
  readonly targets: readonly TargetStatus[]
  readonly unknownTargets: readonly Hold[]
  /** The next memory of it. */
  readonly failover: FailoverMemory | undefined
  readonly failoverMessage: string | undefined
  /** What plan modes ask about. */
  readonly footing: Footing
  /** When time alone may change the outcome. */
  readonly nextChangeAt: number | undefined
}

export interface WaitingName extends Hold {
  readonly name: string
}

export interface ReportedMove extends Move {
  readonly kind: 'held' | 'approved'
  /** Sorted. */
  readonly names: readonly string[]
}
