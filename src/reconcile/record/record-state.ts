// What an engine knows of one record beside what the store has: the last derivation and the memory between two of them.
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import { lastContributionFromStatus } from '../../desired/contribution-status.ts'
import { targetKey, type Contribution, type TargetContent } from '../../desired/contribution.ts'
import type { Derivation, RecordMemory } from '../../desired/derivation.ts'
import type { Footing } from '../../desired/describe-footing.ts'
import { recordMemoryFromStatus } from '../../desired/record-memory.ts'
import type { Gate } from '../../plan/gate-changes.ts'

export class RecordState {
  readonly ref: string
  readonly uid: string
  resource: DynamicDNSRecord
  derivation: Derivation | undefined
  /** The plan of each zone, as its mode last judged it. */
  readonly gates = new Map<string, Gate>()
  /** What was written since the status was, in words, by key text. */
  readonly applied = new Map<string, string>()
  /** The approval that was used up since the status was written. */
  consumedHash: string | undefined
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

  /** What the targets brought, and what was made of it, is what the next derivation remembers. */
  remember(contributions: readonly Contribution[], derivation: Derivation): void {
    for (const contribution of contributions) {
      if (contribution.kind === 'known') this.#last.set(contribution.target, contribution.content)
    }
    this.derivation = derivation
    const { zones, failover, targets } = derivation
    this.#memory = { zones, failover, targets: new Set(targets.map(({ name }) => name)) }
  }
}

/** A person did something to it: edited the spec, approved, or asked. Our own status writes are no reason to look at anything. */
export function isOtherVersion({ metadata: before }: DynamicDNSRecord, { metadata: after }: DynamicDNSRecord): boolean {
  return (
    before.generation !== after.generation ||
    before.deletionTimestamp !== after.deletionTimestamp ||
    JSON.stringify(before.annotations) !== JSON.stringify(after.annotations)
  )
}
