// What comes out of looking at one key, and what is needed to look.
import type { Refusal } from '../model/intent.ts'
import type { OwnerId, RecordKey, StoredSet } from '../model/record-set.ts'
import type { ZoneCapabilities, ZoneCut, ZoneRef } from '../model/zone.ts'
import type { Change } from './plan.ts'

export type Decision =
  | { readonly kind: 'change'; readonly change: Change; readonly notes: readonly string[] }
  | { readonly kind: 'unchanged'; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Nothing is wanted, and nothing there is ours. */
  | { readonly kind: 'none' }

export interface DecisionContext {
  readonly zone: ZoneRef
  readonly ownerId: OwnerId
  readonly capabilities: Pick<ZoneCapabilities, 'ownership' | 'apexAlias'>
  /** What hides a key from all resolvers. */
  readonly cutAbove: (key: RecordKey) => ZoneCut | undefined
  /** The sets of other keys at the name that will still be there after this plan. */
  readonly neighbours: () => readonly StoredSet[]
  /** The sets that go in this plan so that this one has room. */
  readonly predecessors: () => readonly StoredSet[]
}

export function toDecision(change: Change, notes: readonly string[] = []): Decision {
  return { kind: 'change', change, notes }
}
