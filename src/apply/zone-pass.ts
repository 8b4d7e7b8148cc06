// One look at a zone: what is wanted against what is there, through every brake, to the provider, and what came of it.
import type { Refusal, Intent, UpdateIntent } from '../model/intent.ts'
import type { Fqdn } from '../model/name.ts'
import {
  describeResource,
  type OwnerId,
  type RecordKey,
  type ResourceRef,
  type StoredSet,
} from '../model/record-set.ts'
import { ownerFor } from '../model/owner.ts'
import type { ZoneCut, ZoneRef, ZoneTable } from '../model/zone.ts'
import { calculatePlan } from '../plan/calculate-plan.ts'
import type { Orphans } from '../plan/orphans.ts'
import { judgeSafety, type Guard, type PastDeletion, type SafetyVerdict } from '../plan/judge-safety.ts'
import type { Change, Plan } from '../plan/plan.ts'
import type { ChangeOutcome, Obstacle, ZoneSession } from '../providers/provider.ts'
import { groupBy } from './group-by.ts'

/** What the zone's resources want, handed in by whoever knows them. */
export interface ZoneWishes {
  /** The names, and those that can only be judged together with them. */
  together(names: readonly Fqdn[]): readonly Fqdn[]
  /** Intents for these names (all names when undefined), at most one per key, and who lost a name to whom. */
  settle(names: readonly Fqdn[] | undefined, holderOf: (key: RecordKey) => string | undefined): SettledWishes
  /** The part of a resource's changes that its mode lets pass. */
  gate(resource: ResourceRef, changes: readonly Change[]): Gated
  brakes(): Brakes
  /** Whether the resource is there and wants the key. What nobody claims is an orphan. */
  isClaimed(key: RecordKey, uid: string): boolean
}

export interface SettledWishes {
  readonly intents: readonly Intent[]
  readonly refusals: readonly Refusal[]
}

export interface Gated {
  readonly apply: readonly Change[]
  readonly held: readonly Change[]
}

export interface Brakes {
  readonly guard: Guard
  readonly approvedHashes: readonly string[]
  /** Lists of orphans that may go. */
  readonly pruneHashes: readonly string[]
  readonly dryRun: boolean
}

/** What one pass found and did. Everything that status, events and metrics say of a zone comes from here. */
export interface ZoneReport {
  readonly zone: ZoneRef
  /** The names looked at; undefined when all were. */
  readonly names: readonly Fqdn[] | undefined
  readonly plan: Plan
  readonly refusals: readonly Refusal[]
  readonly heldByMode: readonly Change[]
  readonly heldByDryRun: readonly Change[]
  readonly verdict: SafetyVerdict
  /** A change of the plan that has no outcome, and is not held, failed before and waits for its next try. */
  readonly outcomes: readonly ChangeOutcome[]
  /** What became of orphans that a person has asked to remove: no change of the plan. */
  readonly pruned: readonly ChangeOutcome[]
  /** The approvals, of held plans or of a prune, that were used up: what they let through is done. Until then they stay good for another try. */
  readonly consumedHashes: readonly string[]
  readonly recordSets: number
  readonly owned: number
  /** Counted whenever all names are looked at, or one at which there is an orphan or was one; removed only where a person has approved exactly their list. */
  readonly orphans: Orphans | undefined
  /** What the guard counts, together. */
  readonly deletions: PastDeletion | undefined
}

export interface PassInput {
  readonly zone: ZoneRef
  readonly ownerId: OwnerId
  readonly session: ZoneSession
  readonly wishes: ZoneWishes
  readonly table: ZoneTable
  readonly owned: number
  readonly history: readonly PastDeletion[]
  /** What approvals that are still good have let through and is not done. */
  readonly unfinished: readonly Change[]
  readonly names: readonly Fqdn[] | undefined
  readonly now: number
}

export interface Decided {
  readonly plan: Plan
  readonly refusals: readonly Refusal[]
  readonly heldByMode: readonly Change[]
  readonly heldByDryRun: readonly Change[]
  readonly verdict: SafetyVerdict
  /** What the modes let pass, whatever the guard and a dry run say of it. */
  readonly wanted: readonly Change[]
  /** What may go to the provider now. */
  readonly changes: readonly Change[]
}

/** Everything up to the first write. Touches nothing. */
export function decidePass(input: PassInput): Decided {
  const { zone, ownerId, session, wishes, table } = input
  const { capabilities } = session
  const settled = wishes.settle(input.names, (key) => holderAt(table, ownerId, key))
  const intents = settled.intents.map((intent) => (intent.kind === 'update' ? normaliseIntent(intent, input) : intent))
  const cutAbove = (key: RecordKey): ZoneCut | undefined => session.cutAbove?.(key)
  const plan = calculatePlan({ zone, intents, observed: table, ownerId, capabilities, cutAbove })
  const { apply, held } = gateAll(plan.changes, wishes)
  const { guard, approvedHashes, dryRun } = wishes.brakes()
  const { history, owned, now } = input
  // A dry run writes nothing, and so uses no approval up.
  const approved = dryRun ? { approvedHashes: [], unfinished: [] } : { approvedHashes, unfinished: input.unfinished }
  const verdict = judgeSafety({ zone: zone.zone, ownerId, changes: apply, history, owned, guard, ...approved, now })
  const allowed = verdict.verdict === 'safe' ? apply : verdict.allowed
  // Where changes are carried out the session is asked to, and says the same for itself.
  const obstacles = dryRun ? session.obstacles?.(plan.changes) : undefined
  const told = obstacles === undefined ? plan : tellObstacles(plan, obstacles)
  return {
    plan: told,
    refusals: [...settled.refusals, ...told.refusals],
    heldByMode: held,
    heldByDryRun: dryRun ? allowed.filter((change) => obstacles?.has(change) !== true) : [],
    verdict,
    wanted: apply,
    changes: dryRun ? [] : allowed,
  }
}

/** What is known to come to nothing is refused in a plan that nobody carries out, too. Its hash, where a mode holds it, stays what it is. */
function tellObstacles(plan: Plan, obstacles: ReadonlyMap<Change, Obstacle>): Plan {
  const refused = [...obstacles].map(([{ key, resource }, obstacle]): Refusal => {
    return { resource, name: key.name, key, ...obstacle }
  })
  const changes = plan.changes.filter((change) => !obstacles.has(change))
  return { ...plan, changes, refusals: [...plan.refusals, ...refused] }
}

/** A wish in the form the provider would give it back, so that what is settled shows no difference. */
function normaliseIntent(intent: UpdateIntent, { session, ownerId }: PassInput): UpdateIntent {
  const owner = ownerFor(ownerId, intent.resource, false)
  const values = intent.values.map(({ value }) => ({ value, owner }))
  const { key, ttl, routing, options } = intent
  const stored: StoredSet = session.normalise({ key, values, ttl, routing, options })
  return { ...intent, ttl: stored.ttl, routing: stored.routing, options: stored.options }
}

function holderAt(table: ZoneTable, ownerId: OwnerId, key: RecordKey): string | undefined {
  return table.get(key)?.values.find(({ owner }) => owner?.id === ownerId)?.owner?.uid
}

function gateAll(changes: readonly Change[], wishes: ZoneWishes): Gated {
  const gated = [...groupBy(changes, ({ resource }) => resource.uid + describeResource(resource)).values()].map(
    (own) => {
      const [first] = own
      return first === undefined ? { apply: [], held: [] } : wishes.gate(first.resource, own)
    },
  )
  const passing = new Set(gated.flatMap(({ apply }) => apply))
  const asPlanned = changes.filter((change) => passing.has(change))
  // A gate may also rewrite a change to the part that passes; such parts follow in the order of the plan.
  const planned = new Set(changes)
  const rewritten = [...passing].filter((change) => !planned.has(change))
  return { apply: [...asPlanned, ...rewritten], held: gated.flatMap(({ held }) => held) }
}
