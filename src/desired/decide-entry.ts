// What of one entry of spec.hostnames is published, the floor counted over all its names together.
import type { AddressFamily } from '../model/address.ts'
import type { RecordType } from '../model/record-set.ts'
import { formatCount } from '../model/text.ts'
import { applyFloor, type Floored, type Offer } from './apply-floor.ts'
import type { ChosenSet } from './build-updates.ts'
import type { GroupChoice } from './choose-group.ts'
import type { Hold } from './hold.ts'
import { typeOfFamily, type AddressOffer, type NameLayout } from './routing-sets.ts'

export interface EntryInput {
  readonly entry: string
  /** Of those of its names that have a place. */
  readonly layouts: readonly NameLayout[]
  readonly families: readonly AddressFamily[]
  readonly minAddresses: number
  /** Undefined unless Failover chooses. */
  readonly choice: Pick<GroupChoice, 'publish'> | undefined
  /** Why a target might give more of a family than is known. */
  readonly doubts: ReadonlyMap<AddressFamily, Hold>
}

export interface EntryDecision extends Pick<EntryInput, 'entry' | 'layouts'> {
  readonly chosen: readonly ChosenSet[]
  /** Types that the spec asks for and of which the entry has nothing to publish. */
  readonly holds: ReadonlyMap<RecordType, Hold>
  /** The same for every other type: undefined as soon as something is published in its place. */
  readonly holdOthers: Hold | undefined
  readonly shortfalls: readonly string[]
}

export function decideEntry(input: EntryInput): EntryDecision {
  const { entry, layouts, families, choice } = input
  if (choice?.publish === 'kept') return keepAll(input)
  const pointers = layouts.flatMap((layout) => layout.pointers)
  const floors = families.map((family) => floorFamily(family, pointers.length, input))
  const addresses = floors.flatMap((floor) => floor.chosen)
  const chosen = [...addresses, ...pointers.map(({ place, target, value }) => ({ place, target, values: [value] }))]
  const short = floors.filter((floor) => isShort(floor, floors))
  const empty = floors.filter((floor) => floor.chosen.length === 0 && pointers.length === 0)
  const holds = new Map<RecordType, Hold>()
  for (const floor of empty) {
    const hold = input.doubts.get(floor.family) ?? (short.includes(floor) ? holdBelow(entry, floor) : undefined)
    if (hold !== undefined) holds.set(typeOfFamily(floor.family), hold)
  }
  const [holdOthers] = chosen.length === 0 ? holds.values() : []
  // Where a doubt is the reason, the unknown target says so itself.
  const explained = empty.filter(({ family }) => input.doubts.has(family))
  const shortfalls = short.filter((floor) => !explained.includes(floor)).map((floor) => describeShortfall(entry, floor))
  return { entry, layouts, chosen, holds, holdOthers, shortfalls }
}

function keepAll({ entry, layouts, families }: EntryInput): EntryDecision {
  const message = `no priority is known to be usable, so what is published of ${entry} stays as it is`
  const hold = { reason: 'BelowMinimum', message }
  const holds = new Map(families.map((family) => [typeOfFamily(family), hold]))
  return { entry, layouts, chosen: [], holds, holdOthers: hold, shortfalls: [message] }
}

interface FamilyFloor extends Omit<Floored<Offer>, 'chosen'> {
  readonly family: AddressFamily
  readonly chosen: readonly ChosenSet[]
  readonly isMemberless: boolean
  readonly minimum: number
  readonly isMet: boolean
}

/** With Failover a group that is smaller than the floor is enough when it is whole. A name that is followed counts as one address. */
function floorFamily(
  family: AddressFamily,
  followed: number,
  { layouts, minAddresses, choice }: EntryInput,
): FamilyFloor {
  const ofFamily = layouts.flatMap((layout) => layout.offers.filter((offer) => offer.family === family))
  const offers = choice?.publish === 'all' ? ofFamily.map(allFit) : ofFamily
  const isMemberless = offers.length === 0
  // Without Failover nobody has to count.
  const minimum = choice === undefined ? minAddresses : atMostAll(minAddresses, countValues(offers) + followed)
  const { chosen, live, kept } = applyFloor(offers, minimum - followed)
  return {
    family,
    chosen: chosen.flatMap(({ offer: { place, target }, values }) =>
      values.length === 0 ? [] : [{ place, target, values }],
    ),
    live,
    kept,
    isMemberless,
    minimum,
    isMet: live + followed >= minimum,
  }
}

function atMostAll(minAddresses: number, size: number): number {
  return size === 0 ? minAddresses : Math.min(minAddresses, size)
}

function countValues(offers: readonly AddressOffer[]): number {
  return new Set(offers.flatMap(listAll)).size
}

function allFit(offer: AddressOffer): AddressOffer {
  return { ...offer, fit: [...new Set(listAll(offer))], unfit: [] }
}

function listAll({ fit, unfit }: Offer): readonly string[] {
  return [...fit, ...unfit.map(({ value }) => value)]
}

/** A family that is known to have no member may go while another meets the floor. */
function isShort({ isMet, isMemberless }: FamilyFloor, floors: readonly FamilyFloor[]): boolean {
  return !isMet && !(isMemberless && floors.some((other) => other.isMet))
}

function holdBelow(entry: string, floor: FamilyFloor): Hold {
  return { reason: 'BelowMinimum', message: describeShortfall(entry, floor) }
}

function describeShortfall(entry: string, { family, live, kept, minimum }: FamilyFloor): string {
  const found = `${entry} has ${formatCount(live)} of the ${formatCount(minimum)} ${family} addresses that minAddresses asks for`
  if (kept > 0)
    return `${found}; ${formatCount(kept)} that should leave ${kept === 1 ? 'stays' : 'stay'} published meanwhile`
  return live === 0 ? `${found}; what is published stays as it is` : found
}
