// Several resources may want the same name of a zone. Here one intent per key is left, and whoever loses learns to whom.
import type { ClearIntent, Intent, Refusal, UpdateIntent } from '../model/intent.ts'
import {
  compareKeys,
  compareText,
  describeHandover,
  describeKey,
  describeResource,
  excludesKey,
  excludesType,
  keyText,
  type RecordKey,
  type RecordType,
  type ResourceRef,
} from '../model/record-set.ts'

/** Everything one resource wants of one name in one zone. */
export interface NameClaim {
  readonly resource: ResourceRef
  /** Of the resource, in milliseconds since the epoch. */
  readonly createdAt: number
  readonly intents: readonly Intent[]
}

/** The uid in the marker at the key, if the marker is ours. */
export type HolderOf = (key: RecordKey) => string | undefined

export interface SettledClaims {
  readonly intents: readonly Intent[]
  readonly refusals: readonly Refusal[]
}

/**
 * A name and type belong to one resource, with all their routed sets; a name that is followed (CNAME, ALIAS) excludes every other type.
 * Whoever has the marker wins while it still wants the name, then the older resource, then the first by name.
 *
 * | has, or comes first            | the other   | what is left                                                   |
 * |--------------------------------|-------------|----------------------------------------------------------------|
 * | update                         | update      | the first; the other is refused (Conflicted)                   |
 * | update                         | clear, hold | the update: a key that one gives up and another wants changes  |
 * |                                |             | hands in one change, and is never without values               |
 * | hold, and the marker           | update      | the hold: what may not change may not change hands; the other  |
 * |                                |             | is refused                                                     |
 * | clear that may not delete, and | update      | the same                                                       |
 * | the marker                     |             |                                                                |
 * | clear, and the marker          | hold        | a hold: what another is to have is there until that can say    |
 * |                                |             | with what                                                      |
 *
 * So it is where the update or the hold is of a type that excludes the one given up; what cannot change hands then goes only together
 * with what takes its place.
 */
export function settleClaims(claims: readonly NameClaim[], holderOf: HolderOf): SettledClaims {
  const bySeniority = claims.toSorted(compareSeniority)
  const winners = bySeniority.flatMap((claim) => listFixed(claim, holderOf))
  const refusals: Refusal[] = []
  for (const bid of bySeniority.flatMap((claim) => listBids(claim, holderOf)).sort(compareBids)) {
    const rival = winners.find(({ resource, type }) => resource.uid !== bid.resource.uid && exclude(type, bid.type))
    if (rival === undefined) winners.push(bid)
    else refusals.push(...bid.intents.map(({ key }) => refuse(key, bid.resource, rival)))
  }
  const won = winners.flatMap(({ intents }) => intents)
  const settled = new Map(won.map((intent) => [keyText(intent.key), intent]))
  for (const intent of listRest(bySeniority, holderOf)) {
    const text = keyText(intent.key)
    if (!settled.has(text)) settled.set(text, intent.kind === 'clear' ? makeRoom(intent, won) : intent)
  }
  return {
    intents: [...settled.values()].sort((a, b) => compareKeys(a.key, b.key)),
    refusals: refusals.sort(compareRefusals),
  }
}

/** What one resource insists on at one name and type. */
interface Bid {
  readonly resource: ResourceRef
  readonly createdAt: number
  readonly type: RecordType
  readonly intents: readonly Intent[]
  /** How firmly it has the name, and the words for it. */
  readonly grip: Grip
}

type Grip = keyof typeof GRIPS

const GRIPS = {
  none: { rank: 0, why: 'which is older' },
  /** It has a type that excludes this one. */
  name: { rank: 1, why: 'which has it already' },
  type: { rank: 2, why: 'which has it already' },
  fixed: { rank: 3, why: 'which has it and may not give it up now' },
} as const

/** What its holder may not change now, each by itself. */
function listFixed({ resource, createdAt, intents }: NameClaim, holderOf: HolderOf): readonly Bid[] {
  return intents
    .filter((intent) => isFixed(intent) && holderOf(intent.key) === resource.uid)
    .map((intent) => ({ resource, createdAt, type: intent.key.type, intents: [intent], grip: 'fixed' }))
}

function isFixed(intent: Intent): boolean {
  return intent.kind === 'hold' || (intent.kind === 'clear' && intent.disposal === 'Refuse')
}

function listBids({ resource, createdAt, intents }: NameClaim, holderOf: HolderOf): readonly Bid[] {
  const held = intents.filter(({ key }) => holderOf(key) === resource.uid).map(({ key }) => key.type)
  const updates = intents.filter(({ kind }) => kind === 'update')
  return [...new Set(updates.map(({ key }) => key.type))].map((type) => {
    const grip = held.includes(type) ? 'type' : held.some((other) => excludesType(other, type)) ? 'name' : 'none'
    return { resource, createdAt, type, intents: updates.filter(({ key }) => key.type === type), grip }
  })
}

function exclude(a: RecordType, b: RecordType): boolean {
  return a === b || excludesType(a, b)
}

function compareBids(a: Bid, b: Bid): number {
  return GRIPS[b.grip].rank - GRIPS[a.grip].rank || compareSeniority(a, b) || compareText(a.type, b.type)
}

type Senior = Pick<NameClaim, 'resource' | 'createdAt'>

function compareSeniority(a: Senior, b: Senior): number {
  return (
    a.createdAt - b.createdAt ||
    compareText(describeResource(a.resource), describeResource(b.resource)) ||
    compareText(a.resource.uid, b.resource.uid)
  )
}

/** Clears and holds, for keys that nobody won: first those of who has the key, because only they can have an effect. */
function listRest(claims: readonly NameClaim[], holderOf: HolderOf): readonly Intent[] {
  const rest = claims.flatMap(({ intents }) => intents.filter(({ kind }) => kind !== 'update'))
  const isHolders = ({ key, resource }: Intent): boolean => holderOf(key) === resource.uid
  return rest
    .sort((a, b) => Number(isHolders(b)) - Number(isHolders(a)))
    .map((intent) => (intent.kind === 'clear' ? waitForTaker(intent, rest) : intent))
}

function waitForTaker(clear: ClearIntent, rest: readonly Intent[]): Intent {
  const { key, zone, resource } = clear
  const isTaken = (other: RecordKey): boolean => keyText(other) === keyText(key) || excludesKey(other, key)
  const taker = rest.find((one) => one.kind === 'hold' && one.resource.uid !== resource.uid && isTaken(one.key))
  if (taker === undefined) return clear
  return { kind: 'hold', key, zone, resource, reason: 'Progressing', message: describeHandover(key, taker.resource) }
}

function makeRoom(clear: ClearIntent, won: readonly Intent[]): ClearIntent {
  if (clear.disposal === 'Refuse') return clear
  const successor = won.find((intent) => wantsValues(intent) && excludesKey(intent.key, clear.key))
  return successor === undefined ? clear : { ...clear, successor: { key: successor.key, resource: successor.resource } }
}

function wantsValues(intent: Intent): intent is UpdateIntent {
  return intent.kind === 'update' && intent.values.length > 0
}

function refuse(key: RecordKey, resource: ResourceRef, { resource: winner, grip }: Bid): Refusal {
  const message =
    `${describeKey(key)} belongs to DynamicDNSRecord ${describeResource(winner)}, ${GRIPS[grip].why}: ` +
    'remove the hostname from one of the two'
  return { resource, name: key.name, key, reason: 'Conflicted', message }
}

function compareRefusals(a: Refusal, b: Refusal): number {
  return compareText(`${a.message} ${a.resource.uid}`, `${b.message} ${b.resource.uid}`)
}
