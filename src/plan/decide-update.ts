import type { Refusal, UpdateIntent } from '../model/intent.ts'
import { isOwnedBy, ownerFor } from '../model/owner.ts'
import { compareText, describeKey, type OwnedValue, type StoredSet } from '../model/record-set.ts'
import { sameContent, sameSettings, type Settings } from './compare-sets.ts'
import { removeValues } from './decide-clear.ts'
import { toDecision, type Decision, type DecisionContext } from './decision.ts'
import { keysConflict } from './keys-conflict.ts'
import { describeValues, isPointer, refuseForeign, refuseNeighbour, refuseOccluded, refuseUnowned } from './refuse.ts'

/**
 * One key that a resource claims, against what the zone holds there. Claims are settled before: a value with our owner id and
 * another resource's uid is a handover, and is marked anew in the same change.
 *
 * | observed                   | wanted          | decision                                                          |
 * |----------------------------|-----------------|-------------------------------------------------------------------|
 * | anything, below a cut      | values          | refused (Occluded)                                                |
 * | nothing                    | values          | create; refused beside a set that excludes it (CNAMEConflict);    |
 * |                            |                 | adopted, if it takes the place of a set that was                  |
 * | anything                   | no values       | ours go (delete, or update where others' values stay)             |
 * | ours, as wanted            | values          | unchanged                                                         |
 * | ours, otherwise            | values          | update                                                            |
 * | unmarked                   | values, adopt   | update: marked as ours and adopted                                |
 * | unmarked, nothing of ours  | values          | refused (NotOwned)                                                |
 * | another owner's, per set   | values          | refused (NotOwned)                                                |
 * | another owner's, per value | values          | update: ours beside theirs, their settings kept                   |
 * | unmarked beside ours       | values          | the same; a value that is there already is not doubled nor marked |
 */
export function decideUpdate(
  intent: UpdateIntent,
  observed: StoredSet | undefined,
  context: DecisionContext,
): Decision {
  const cut = intent.values.length === 0 ? undefined : context.cutAbove(intent.key)
  if (cut !== undefined) return { kind: 'refused', refusal: refuseOccluded(intent, cut) }
  if (observed === undefined) return decideCreate(intent, context)
  const share = splitByOwner(observed, intent, context)
  if (intent.values.length === 0) {
    return share.ours.length === 0 ? { kind: 'none' } : toDecision(removeValues(intent, observed, share.ours))
  }
  const refusal = findRefusal(intent, share, context)
  if (refusal !== undefined) return { kind: 'refused', refusal }
  const next = joinShares(intent, observed, share, context)
  const notes = describeSharing(intent, observed, share)
  if (sameContent(observed, next)) return { kind: 'unchanged', notes }
  const { key, resource } = intent
  return toDecision({ kind: 'update', key, resource, previous: observed, next }, notes)
}

function decideCreate(intent: UpdateIntent, context: DecisionContext): Decision {
  if (intent.values.length === 0) return { kind: 'none' }
  const { key, resource } = intent
  const neighbour = context.neighbours().find((set) => keysConflict(key, set.key, context))
  if (neighbour !== undefined) {
    return { kind: 'refused', refusal: refuseNeighbour(intent, neighbour, context.ownerId) }
  }
  const isAdopted = context.predecessors().some(({ values }) => values.some(carriesOn))
  const owner = ownerFor(context.ownerId, resource, isAdopted)
  const next = storedSet(
    intent,
    intent,
    intent.values.map(({ value }) => ({ value, owner })),
  )
  return toDecision({ kind: 'create', key, resource, next })
}

interface Share {
  /** Marked with our owner id, for this resource or one that handed the key over. */
  readonly ours: readonly OwnedValue[]
  /** Unmarked, and to be taken over. */
  readonly adoptees: readonly OwnedValue[]
  /** Whatever is neither: it stays exactly as it is. */
  readonly others: readonly OwnedValue[]
}

function splitByOwner({ values }: StoredSet, { adopt }: UpdateIntent, { ownerId }: DecisionContext): Share {
  const isOurs = (value: OwnedValue): boolean => isOwnedBy(value, ownerId)
  const isAdoptee = ({ owner }: OwnedValue): boolean => adopt && owner === undefined
  return {
    ours: values.filter(isOurs),
    adoptees: values.filter(isAdoptee),
    others: values.filter((value) => !isOurs(value) && !isAdoptee(value)),
  }
}

function findRefusal(
  intent: UpdateIntent,
  { ours, others }: Share,
  { capabilities }: DecisionContext,
): Refusal | undefined {
  const shareable = capabilities.ownership === 'PerValue' && !isPointer(intent)
  const foreign = others.filter(({ owner }) => owner !== undefined)
  const unowned = others.filter(({ owner }) => owner === undefined)
  const [first] = foreign
  if (!shareable && first?.owner !== undefined) return refuseForeign(intent, foreign, first.owner)
  return unowned.length > 0 && (!shareable || ours.length === 0) ? refuseUnowned(intent, unowned) : undefined
}

function joinShares(intent: UpdateIntent, observed: StoredSet, share: Share, context: DecisionContext): StoredSet {
  const taken = new Set(share.others.map(({ value }) => value))
  const isAdopted = judgeAdopted(share, context)
  // One mark for all the values of a set, not one each: there are many sets.
  const own = ownerFor(context.ownerId, intent.resource, false)
  const adopted = ownerFor(context.ownerId, intent.resource, true)
  const wanted = intent.values
    .filter(({ value }) => !taken.has(value))
    .map(({ value }) => ({ value, owner: isAdopted(value) ? adopted : own }))
  return storedSet(intent, share.others.length > 0 ? observed : intent, [...share.others, ...wanted])
}

/**
 * Whether a value carries on what was there before us. With one mark per set, all do or none. Else a value keeps its own mark, and
 * a new one replaces what was adopted only if nothing of ours was there by our own doing.
 */
function judgeAdopted({ ours, adoptees }: Share, { capabilities }: DecisionContext): (value: string) => boolean {
  if (capabilities.ownership === 'PerSet') {
    const isAny = adoptees.length > 0 || ours.some(carriesOn)
    return () => isAny
  }
  const marks = new Map([
    ...ours.map((value) => [value.value, carriesOn(value)] as const),
    ...adoptees.map(({ value }) => [value, true] as const),
  ])
  const adopted = [...marks.values()]
  const inherited = adopted.length > 0 && !adopted.includes(false)
  return (value) => marks.get(value) ?? inherited
}

/** It was there before us, or is in the place of what was. */
function carriesOn({ owner }: OwnedValue): boolean {
  return owner?.adopted === true || owner?.uid === undefined
}

function describeSharing(intent: UpdateIntent, observed: StoredSet, { others }: Share): readonly string[] {
  if (others.length === 0) return []
  const name = describeKey(intent.key)
  const notes: string[] = []
  const wanted = new Set(intent.values.map(({ value }) => value))
  const double = others.filter(({ value }) => wanted.has(value))
  if (double.length > 0) {
    notes.push(
      `${name} already has ${describeValues(double)} from elsewhere; it is left to its owner, who may remove it`,
    )
  }
  if (!sameSettings(intent, observed)) {
    notes.push(`${name} is shared with values of others, so its TTL (${observed.ttl}) and options stay as they are`)
  }
  return notes
}

function storedSet({ key }: UpdateIntent, settings: Settings, values: readonly OwnedValue[]): StoredSet {
  const { ttl, routing, options } = settings
  return { key, ttl, routing, options, values: values.toSorted((a, b) => compareText(a.value, b.value)) }
}
