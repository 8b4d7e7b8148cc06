// What an engine knows of one record beside what the store has: the last derivation and the memory between two of them.
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import { lastContributionFromStatus, MOST_STATUS_ADDRESSES } from '../../desired/contribution-status.ts'
import { targetKey, type Contribution, type TargetContent } from '../../desired/contribution.ts'
import type { Derivation, RecordMemory } from '../../desired/derivation.ts'
import { footingFromStatus } from '../../desired/describe-footing.ts'
import { parseAddresses } from '../../desired/parse-addresses.ts'
import { recordMemoryFromStatus } from '../../desired/record-memory.ts'
import type { IpAddress } from '../../model/address.ts'
import { continueFooting, type Footing } from '../../model/footing.ts'
import type { ApprovedChanges, Gate } from '../../plan/gate-changes.ts'

export interface RecordNews {
  readonly applied: ReadonlyMap<string, string>
  readonly consumed: ReadonlySet<string>
}

export interface ApprovedPlan {
  readonly hash: string
  /** Hashes of those that are not done yet. */
  readonly open: readonly string[]
}

/** Shared by the many records of which there is nothing to say. */
const NOTHING: ReadonlyMap<string, never> = new Map<string, never>()
const NONE: ReadonlySet<string> = new Set()

export class RecordState {
  readonly ref: string
  readonly uid: string
  /** It came while Stoa was running: nothing of it is anywhere that is not known here. */
  readonly isNew: boolean
  resource: DynamicDNSRecord
  derivation: Derivation | undefined
  /** Its own health check has had its say, or it has none: `derivation` is all that it wants. */
  isProbed = false
  /** The plan of each zone, as its mode last judged it. */
  gates: ReadonlyMap<string, Gate> = NOTHING
  /** What an approval has let through in a zone and is not wholly done. */
  unfinished: ReadonlyMap<string, ApprovedChanges> = NOTHING
  /** What was written since the status was, in words, by key text. */
  applied: ReadonlyMap<string, string> = NOTHING
  /** An approval of the plans of several zones that is being carried out. */
  approvedPlan: ApprovedPlan | undefined
  /** The approvals that were used up since the status was written. */
  consumed: ReadonlySet<string> = NONE
  /** What the record sets rested on when the spec was last carried out in full. */
  footing: Footing | undefined
  /** When time alone may change what is wanted, by the monotonic clock. */
  nextChangeAt: number | undefined
  /** Until then, by the monotonic clock, it may be in DNS with what its spec no longer names: Infinity while that is not carried out, undefined where it never was. */
  movingUntil: number | undefined
  /** Since when it waits for a zone to be looked at, by the monotonic clock. */
  waitingSince: number | undefined
  /** As the status told it at the start, until the first derivation. */
  #remembered: RecordMemory | undefined
  #last: readonly LastGiven[]

  constructor(ref: string, resource: DynamicDNSRecord, isNew: boolean, now: number) {
    this.ref = ref
    this.isNew = isNew
    this.uid = resource.metadata.uid
    this.resource = resource
    this.#remembered = recordMemoryFromStatus(resource.status, now)
    this.footing = footingFromStatus(resource.status)
    this.#last = listLastGiven(resource)
  }

  get memory(): RecordMemory {
    if (this.#remembered !== undefined) return this.#remembered
    const { zones = [], failover, targets = [] } = this.derivation ?? {}
    return { zones, failover, targets: new Set(targets.map(({ name }) => name)) }
  }

  lastOf(target: string): TargetContent | undefined {
    return this.#last.find((last) => last.target === target)?.content
  }

  /** The addresses that its targets give to DNS. Undefined where that is not known wholly. */
  get given(): ReadonlySet<IpAddress> | undefined {
    return listGiven(this.resource, (target) => this.lastOf(target))
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

  isMoving(now: number): boolean {
    return this.movingUntil !== undefined && now < this.movingUntil
  }

  /** Nothing is left to do for the spec: what it gave before goes on only where resolvers still know it. */
  hasCarriedOut(now: number): void {
    this.footing = this.derivation?.footing
    if (this.movingUntil === Infinity) this.movingUntil = now + this.resource.spec.ttlSeconds * 1000
  }

  /** What the targets brought, and what was made of it, is what the next derivation remembers. */
  remember(contributions: readonly Contribution[], derivation: Derivation): void {
    const given = contributions.filter((contribution) => contribution.kind === 'known')
    const kept = this.#last.filter(({ target }) => !given.some((one) => one.target === target))
    this.#last = kept.concat(given.map(({ target, content }) => ({ target, content })))
    this.derivation = derivation
    this.#remembered = undefined
    // While an edit waits, members that come are members all the same: they must be able to leave again.
    const { spec, metadata } = this.resource
    const stands = spec.suspend === true || metadata.deletionTimestamp !== undefined
    if (this.footing !== undefined && !stands) this.footing = continueFooting(this.footing, derivation.footing)
  }
}

/** What a target gave when it was last known. */
interface LastGiven {
  readonly target: string
  readonly content: TargetContent
}

function listLastGiven({ spec: { targets, hostnames }, status, metadata }: DynamicDNSRecord): readonly LastGiven[] {
  return targets.flatMap((target) => {
    const key = targetKey(target, metadata.namespace)
    const said = status?.targets?.find(({ name }) => name === key)
    const content = said && lastContributionFromStatus(said, target, hostnames)
    return content === undefined ? [] : [{ target: key, content }]
  })
}

/** A status tells of all that is fit, unless its list may have been cut. */
function listGiven(
  { spec: { targets }, status, metadata }: DynamicDNSRecord,
  lastOf: (target: string) => TargetContent | undefined,
): ReadonlySet<IpAddress> | undefined {
  const given: IpAddress[] = []
  for (const target of targets) {
    const key = targetKey(target, metadata.namespace)
    const last = lastOf(key)
    if (last !== undefined) given.push(...listFit(last))
    else {
      const { addresses = [] } = status?.targets?.find(({ name }) => name === key) ?? {}
      if (addresses.length >= MOST_STATUS_ADDRESSES) return undefined
      given.push(...parseAddresses(addresses).addresses)
    }
  }
  return new Set(given)
}

function listFit(content: TargetContent): readonly IpAddress[] {
  if (content.kind === 'hostname') return []
  return content.members.flatMap(({ standing, addresses }) => (standing === 'active' ? addresses : []))
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
