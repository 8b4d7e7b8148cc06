// What an engine knows of one record beside what the store has: the last derivation and the memory between two of them.
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import { lastContributionFromStatus } from '../../desired/contribution-status.ts'
import { targetKey, type Contribution, type TargetContent } from '../../desired/contribution.ts'
import type { Derivation, RecordMemory } from '../../desired/derivation.ts'
import { footingFromStatus } from '../../desired/describe-footing.ts'
import { recordMemoryFromStatus } from '../../desired/record-memory.ts'
import { continueFooting, type Footing } from '../../model/footing.ts'
import type { ApprovedChanges, Gate } from '../../plan/gate-changes.ts'

export interface RecordNews {
  readonly applied: ReadonlyMap<string, string>
  readonly consumed: ReadonlySet<string>
}

/** Shared by the many records of which there is nothing to say. */
const NOTHING: ReadonlyMap<string, never> = new Map<string, never>()
const NONE: ReadonlySet<string> = new Set()

export class RecordState {
  readonly ref: string
  readonly uid: string
  resource: DynamicDNSRecord
  derivation: Derivation | undefined
  /** The plan of each zone, as its mode last judged it. */
  gates: ReadonlyMap<string, Gate> = NOTHING
  /** What an approval has let through in a zone and is not wholly done. */
  unfinished: ReadonlyMap<string, ApprovedChanges> = NOTHING
  /** What was written since the status was, in words, by key text. */
  applied: ReadonlyMap<string, string> = NOTHING
  /** The approvals that were used up since the status was written: each zone has one of its own. */
  consumed: ReadonlySet<string> = NONE
  /** What the record sets rested on when the spec was last carried out in full. */
  footing: Footing | undefined
  /** When time alone may change what is wanted, in milliseconds since the epoch. */
  nextChangeAt: number | undefined
  /** Since when it waits for a zone to be looked at. */
  waitingSince: number | undefined
  #memory: RecordMemory
  readonly #last = new Map<string, TargetContent>()

  constructor(ref: string, resource: DynamicDNSRecord, now: number) {
    this.ref = ref
    this.uid = resource.metadata.uid
    this.resource = resource
    this.#memory = recordMemoryFromStatus(resource.status, now)
    this.footing = footingFromStatus(resource.status)
    const { targets, hostnames } = resource.spec
    for (const target of targets) {
      const key = targetKey(target, resource.metadata.namespace)
      const status = resource.status?.targets?.find(({ name }) => name === key)
      const last = status && lastContributionFromStatus(status, target, hostnames)
      if (last !== undefined) this.#last.set(key, last)
    }
  }

  get memory(): RecordMemory {
    return this.#memory
  }

  lastOf(target: string): TargetContent | undefined {
    return this.#last.get(target)
  }

  /** What is there to tell at this moment: while it is written, more may be done. */
  news(): RecordNews {
    return { applied: this.applied, consumed: this.consumed }
  }

  hasTold({ applied, consumed }: RecordNews): void {
    this.applied = mapOf([...this.applied].filter(([key, change]) => applied.get(key) !== change))
    const untold = [...this.consumed].filter((hash) => !consumed.has(hash))
    this.consumed = untold.length === 0 ? NONE : new Set(untold)
  }

  /** What the targets brought, and what was made of it, is what the next derivation remembers. */
  remember(contributions: readonly Contribution[], derivation: Derivation): void {
    for (const contribution of contributions) {
      if (contribution.kind === 'known') this.#last.set(contribution.target, contribution.content)
    }
    this.derivation = derivation
    // While an edit waits, members that come are members all the same: they must be able to leave again.
    const { spec, metadata } = this.resource
    const stands = spec.suspend === true || metadata.deletionTimestamp !== undefined
    if (this.footing !== undefined && !stands) this.footing = continueFooting(this.footing, derivation.footing)
    const { zones, failover, targets } = derivation
    this.#memory = { zones, failover, targets: new Set(targets.map(({ name }) => name)) }
  }
}

/** With `value` under the key, or without the key. */
export function withEntry<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
  value: Value | undefined,
): ReadonlyMap<string, Value> {
  const others = [...map].filter(([other]) => other !== key)
  return mapOf(value === undefined ? others : [...others, [key, value] as const])
}

function mapOf<Value>(entries: readonly (readonly [string, Value])[]): ReadonlyMap<string, Value> {
  return entries.length === 0 ? NOTHING : new Map(entries)
}

/** A person did something to it: edited the spec, approved, or asked. Our own status writes are no reason to look at anything. */
export function isOtherVersion(previous: DynamicDNSRecord, next: DynamicDNSRecord): boolean {
  const { metadata: before } = previous
  const { metadata: after } = next
  // Once a generation was carried out in full, nothing more is adopted for it.
  const wasOpen = next.spec.adopt && previous.status?.plan?.approvedGeneration !== next.status?.plan?.approvedGeneration
  return (
    wasOpen ||
    before.generation !== after.generation ||
    before.deletionTimestamp !== after.deletionTimestamp ||
    JSON.stringify(before.annotations) !== JSON.stringify(after.annotations)
  )
}
