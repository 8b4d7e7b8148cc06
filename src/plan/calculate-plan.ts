import type { Fqdn } from '../model/name.ts'
import type { ClearIntent, HoldIntent, Intent, Refusal } from '../model/intent.ts'
import {
  compareKeys,
  compareText,
  describeHandover,
  describeResource,
  describeSuccession,
  excludesKey,
  keyText,
  type OwnerId,
  type StoredSet,
} from '../model/record-set.ts'
import type { ZoneCapabilities, ZoneRef, ZoneView } from '../model/zone.ts'
import { decideClear } from './decide-clear.ts'
import { decideUpdate } from './decide-update.ts'
import type { Decision, DecisionContext } from './decision.ts'
import type { Change, Plan, PlanNote } from './plan.ts'

export interface PlanInput {
  readonly zone: ZoneRef
  /** At most one per key: claims of several resources are settled before. */
  readonly intents: readonly Intent[]
  readonly observed: ZoneView
  readonly ownerId: OwnerId
  readonly capabilities: Pick<ZoneCapabilities, 'ownership' | 'apexAlias'>
  readonly cutAbove?: DecisionContext['cutAbove']
}

/** What has to change so that the zone is as wanted, as far as what is there is ours to change. */
export function calculatePlan(input: PlanInput): Plan {
  const changes: Change[] = []
  const refusals: Refusal[] = []
  const notes: PlanNote[] = []
  let unchanged = 0
  const decided = decideAll(input)
  for (const { intent, decision } of decided) {
    const { key, resource } = intent
    if (decision.kind === 'refused') refusals.push(decision.refusal)
    if (decision.kind === 'none' || decision.kind === 'refused') continue
    if (decision.kind === 'change') changes.push(decision.change)
    else unchanged += 1
    notes.push(...decision.notes.map((message) => ({ key, resource, message })))
  }
  return {
    zone: input.zone,
    changes: changes.sort(compareChanges),
    refusals: refusals.sort(compareRefusals),
    holds: decided
      .map(({ intent }) => intent)
      .filter((intent) => intent.kind === 'hold')
      .sort((a, b) => compareKeys(a.key, b.key)),
    notes: notes.sort((a, b) => compareKeys(a.key, b.key) || compareText(a.message, b.message)),
    unchanged,
  }
}

interface Decided {
  readonly intent: Intent
  readonly decision: Decision
}

type Decisions = ReadonlyMap<string, Decision>

const NONE: Decisions = new Map()

/**
 * What makes room stays where what is to take its place is refused: a name keeps the answer it has. Then the rest is decided beside it,
 * while what was refused stays refused for its own reason.
 */
function decideAll(input: PlanInput, refused = NONE): readonly Decided[] {
  const decided = decideOnce(input, refused)
  const refusedNow: Decisions = new Map(
    decided
      .filter(({ decision }) => decision.kind === 'refused')
      .map(({ intent, decision }) => [keyText(intent.key), decision]),
  )
  const intents = input.intents.map((intent) => waitForSuccessor(intent, refusedNow))
  const isSettled = intents.every((intent, index) => intent === input.intents[index])
  return isSettled ? decided : decideAll({ ...input, intents }, refusedNow)
}

function waitForSuccessor(intent: Intent, refused: Decisions): Intent {
  if (intent.kind !== 'clear' || intent.successor === undefined) return intent
  return refused.has(keyText(intent.successor.key)) ? holdFor(intent.successor, intent) : intent
}

function holdFor(successor: NonNullable<ClearIntent['successor']>, { key, zone, resource }: ClearIntent): HoldIntent {
  const isOwn = successor.resource.uid === resource.uid
  const message = isOwn ? describeSuccession(key, successor.key) : describeHandover(key, successor.resource)
  return { kind: 'hold', key, zone, resource, reason: 'Progressing', message }
}

/** What goes is decided first: a CNAME may be created where the address set goes in the same plan. */
function decideOnce(input: PlanInput, refused: Decisions): readonly Decided[] {
  const decided: Decided[] = []
  const removed = new Map<Fqdn, readonly StoredSet[]>()
  for (const intent of input.intents.toSorted(givingUpFirst)) {
    const decision = refused.get(keyText(intent.key)) ?? decideOne(intent, input, removed)
    if (decision.kind === 'change' && decision.change.kind === 'delete') {
      const { key, previous } = decision.change
      removed.set(key.name, [...(removed.get(key.name) ?? []), previous])
    }
    decided.push({ intent, decision })
  }
  return decided
}

function decideOne(intent: Intent, input: PlanInput, removed: ReadonlyMap<Fqdn, readonly StoredSet[]>): Decision {
  const { zone, ownerId, capabilities, cutAbove = () => undefined } = input
  if (intent.kind === 'hold') return { kind: 'none' }
  const observed = input.observed.get(intent.key)
  if (intent.kind === 'clear') return decideClear(intent, observed, ownerId)
  const gone = removed.get(intent.key.name) ?? []
  const isGone = (set: StoredSet): boolean => gone.some(({ key }) => keyText(key) === keyText(set.key))
  const neighbours = () => input.observed.atName(intent.key.name).filter((set) => !isGone(set))
  const predecessors = () => gone.filter(({ key }) => excludesKey(key, intent.key))
  return decideUpdate(intent, observed, { zone, ownerId, capabilities, cutAbove, neighbours, predecessors })
}

function givingUpFirst(a: Intent, b: Intent): number {
  return Number(wantsValues(a)) - Number(wantsValues(b))
}

function wantsValues(intent: Intent): boolean {
  return intent.kind === 'update' && intent.values.length > 0
}

const RANK: Readonly<Record<Change['kind'], number>> = { delete: 0, release: 1, update: 1, create: 2 }

/** By name; within a name what makes room comes before what needs it. */
function compareChanges(a: Change, b: Change): number {
  return compareText(a.key.name, b.key.name) || RANK[a.kind] - RANK[b.kind] || compareKeys(a.key, b.key)
}

function compareRefusals(a: Refusal, b: Refusal): number {
  return compareText(sortTextOf(a), sortTextOf(b))
}

function sortTextOf({ name, resource, message }: Refusal): string {
  return `${name} ${describeResource(resource)} ${message}`
}
