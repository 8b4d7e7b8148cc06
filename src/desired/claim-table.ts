// What every resource wants, by zone and name, so that a change costs as much as it touches.
import type { Intent } from '../model/intent.ts'
import type { Fqdn } from '../model/name.ts'
import { compareText, keyText, type RecordKey, type ResourceRef } from '../model/record-set.ts'
import { isSameValue } from '../model/same-value.ts'
import { zoneText, type ZoneRef } from '../model/zone.ts'
import { settleClaims, type HolderOf, type NameClaim, type SettledClaims } from './settle-claims.ts'

/** A name that wants settling again. */
export interface TouchedName {
  readonly zone: ZoneRef
  readonly name: Fqdn
}

interface PlacedClaim extends TouchedName {
  readonly claim: NameClaim
}

/** Nearly always one claim has a name: lists, because a map takes more room than what it holds. */
type NamesOfZone = Map<Fqdn, readonly NameClaim[]>

const NONE: readonly never[] = []

export class ClaimTable {
  readonly #zones = new Map<string, NamesOfZone>()
  readonly #byUid = new Map<string, readonly PlacedClaim[]>()

  /** Puts what a resource wants now in the place of what it wanted before; nothing when it is gone. */
  replace(resource: ResourceRef, createdAt: number, intents: readonly Intent[]): readonly TouchedName[] {
    const { uid } = resource
    const before = new Map((this.#byUid.get(uid) ?? NONE).map((placed) => [placeText(placed), placed]))
    const after = placeClaims(resource, createdAt, intents)
    const gone = [...before].filter(([text]) => !after.has(text)).map(([, placed]) => placed)
    const changed = [...after]
      .filter(([text, placed]) => !isEqual(placed, before.get(text)))
      .map(([, placed]) => placed)
    for (const { zone, name } of gone) this.#remove(zone, name, uid)
    // Equal ones too: else the table would keep another copy of what the resource's derivation has already.
    for (const placed of after.values()) this.#put(placed)
    if (after.size === 0) this.#byUid.delete(uid)
    else this.#byUid.set(uid, [...after.values()])
    return [...gone, ...changed].map(({ zone, name }) => ({ zone, name }))
  }

  /** What is left to do at these names of a zone, or at all of them. Claims by other ways to the same zone count; what they do is theirs. */
  settle(
    zone: ZoneRef,
    names: Iterable<Fqdn> | undefined,
    holderOf: HolderOf,
    twins: readonly ZoneRef[] = NONE,
  ): SettledClaims {
    const ofZone = this.#namesOf(zone)
    const ofTwins = twins.map((twin) => this.#namesOf(twin))
    const settled = [...new Set(names ?? ofZone.keys())].sort(compareText).map((name) => {
      const own = ofZone.get(name) ?? NONE
      if (ofTwins.length === 0) return settleClaims(own, holderOf)
      const others = ofTwins.flatMap((names) => names.get(name) ?? NONE)
      return narrow(settleClaims([...own, ...others], holderOf), zone, own)
    })
    return {
      intents: settled.flatMap(({ intents }) => intents),
      refusals: settled.flatMap(({ refusals }) => refusals),
    }
  }

  /** What is wanted of the name in all other zones. */
  elsewhere(zone: ZoneRef, name: Fqdn): readonly NameClaim[] {
    const here = zoneText(zone)
    return [...this.#zones].flatMap(([text, names]) => (text === here ? NONE : (names.get(name) ?? NONE)))
  }

  /** Who wants anything of these names of a zone, or of any: their uids. */
  claimants(zone: ZoneRef, names: Iterable<Fqdn> | undefined): ReadonlySet<string> {
    const ofZone = this.#namesOf(zone)
    return new Set([...(names ?? ofZone.keys())].flatMap((name) => (ofZone.get(name) ?? NONE).map(uidOf)))
  }

  /** Whether the resource has anything to say about the key. Whatever is marked for it and it does not speak of is an orphan. */
  isClaimed(zone: ZoneRef, key: RecordKey, uid: string): boolean {
    const claim = this.#namesOf(zone)
      .get(key.name)
      ?.find((one) => uidOf(one) === uid)
    return claim?.intents.some((intent) => keyText(intent.key) === keyText(key)) ?? false
  }

  #namesOf(zone: ZoneRef): NamesOfZone {
    return this.#zones.get(zoneText(zone)) ?? new Map<Fqdn, readonly NameClaim[]>()
  }

  #put({ zone, name, claim }: PlacedClaim): void {
    const names = this.#namesOf(zone)
    const others = listOthers(names.get(name), uidOf(claim))
    this.#zones.set(zoneText(zone), names.set(name, others.concat(claim)))
  }

  #remove(zone: ZoneRef, name: Fqdn, uid: string): void {
    const names = this.#namesOf(zone)
    const others = listOthers(names.get(name), uid)
    if (others.length === 0) names.delete(name)
    else names.set(name, others)
  }
}

/** The part that is about one zone and those who have claims there. */
function narrow({ intents, refusals }: SettledClaims, zone: ZoneRef, own: readonly NameClaim[]): SettledClaims {
  const uids = new Set(own.map(uidOf))
  return {
    intents: intents.filter((intent) => zoneText(intent.zone) === zoneText(zone)),
    refusals: refusals.filter(({ resource }) => uids.has(resource.uid)),
  }
}

function listOthers(claims: readonly NameClaim[] = NONE, uid: string): readonly NameClaim[] {
  return claims.filter((claim) => uidOf(claim) !== uid)
}

function uidOf({ resource }: NameClaim): string {
  return resource.uid
}

function placeText({ zone, name }: TouchedName): string {
  return `${zoneText(zone)} ${name}`
}

function placeClaims(
  resource: ResourceRef,
  createdAt: number,
  intents: readonly Intent[],
): ReadonlyMap<string, PlacedClaim> {
  const placed = new Map<string, PlacedClaim>()
  for (const intent of intents) {
    const { zone, key } = intent
    const { name } = key
    const text = placeText({ zone, name })
    const others: readonly Intent[] = placed.get(text)?.claim.intents ?? NONE
    placed.set(text, { zone, name, claim: { resource, createdAt, intents: others.concat(intent) } })
  }
  return placed
}

function isEqual(a: PlacedClaim, b: PlacedClaim | undefined): boolean {
  return isSameValue(a.claim, b?.claim)
}
