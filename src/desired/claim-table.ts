// What every resource wants, by zone and name, so that a change costs as much as it touches.
import type { Intent } from '../model/intent.ts'
import type { Fqdn } from '../model/name.ts'
import { compareText, keyText, type RecordKey, type ResourceRef } from '../model/record-set.ts'
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

type NamesOfZone = Map<Fqdn, Map<string, NameClaim>>

export class ClaimTable {
  readonly #zones = new Map<string, NamesOfZone>()
  readonly #byUid = new Map<string, ReadonlyMap<string, PlacedClaim>>()

  /** Puts what a resource wants now in the place of what it wanted before; nothing when it is gone. */
  replace(resource: ResourceRef, createdAt: number, intents: readonly Intent[]): readonly TouchedName[] {
    const { uid } = resource
    const before = this.#byUid.get(uid) ?? new Map<string, PlacedClaim>()
    const after = placeClaims(resource, createdAt, intents)
    const gone = [...before].filter(([text]) => !after.has(text)).map(([, placed]) => placed)
    const changed = [...after]
      .filter(([text, placed]) => !isEqual(placed, before.get(text)))
      .map(([, placed]) => placed)
    for (const { zone, name } of gone) this.#remove(zone, name, uid)
    // Equal ones too: else the table would keep another copy of what the resource's derivation has already.
    for (const placed of after.values()) this.#put(placed)
    if (after.size === 0) this.#byUid.delete(uid)
    else this.#byUid.set(uid, after)
    return [...gone, ...changed].map(({ zone, name }) => ({ zone, name }))
  }

  /** What is left to do at these names of a zone, or at all of them. */
  settle(zone: ZoneRef, names: Iterable<Fqdn> | undefined, holderOf: HolderOf): SettledClaims {
    const ofZone = this.#namesOf(zone)
    const settled = [...new Set(names ?? ofZone.keys())]
      .sort(compareText)
      .map((name) => settleClaims([...(ofZone.get(name)?.values() ?? [])], holderOf))
    return {
      intents: settled.flatMap(({ intents }) => intents),
      refusals: settled.flatMap(({ refusals }) => refusals),
    }
  }

  /** Who wants anything of these names of a zone, or of any: their uids. */
  claimants(zone: ZoneRef, names: Iterable<Fqdn> | undefined): ReadonlySet<string> {
    const ofZone = this.#namesOf(zone)
    return new Set([...(names ?? ofZone.keys())].flatMap((name) => [...(ofZone.get(name)?.keys() ?? [])]))
  }

  /** Whether the resource has anything to say about the key. Whatever is marked for it and it does not speak of is an orphan. */
  isClaimed(zone: ZoneRef, key: RecordKey, uid: string): boolean {
    const claim = this.#namesOf(zone).get(key.name)?.get(uid)
    return claim?.intents.some((intent) => keyText(intent.key) === keyText(key)) ?? false
  }

  #namesOf(zone: ZoneRef): NamesOfZone {
    return this.#zones.get(zoneText(zone)) ?? new Map<Fqdn, Map<string, NameClaim>>()
  }

  #put({ zone, name, claim }: PlacedClaim): void {
    const names = this.#namesOf(zone)
    const claims = names.get(name) ?? new Map<string, NameClaim>()
    this.#zones.set(zoneText(zone), names.set(name, claims.set(claim.resource.uid, claim)))
  }

  #remove(zone: ZoneRef, name: Fqdn, uid: string): void {
    const names = this.#namesOf(zone)
    const claims = names.get(name)
    claims?.delete(uid)
    if (claims?.size === 0) names.delete(name)
  }
}

function placeClaims(
  resource: ResourceRef,
  createdAt: number,
  intents: readonly Intent[],
): ReadonlyMap<string, PlacedClaim> {
  const placed = new Map<string, PlacedClaim>()
  for (const intent of intents) {
    const { zone, key } = intent
    const text = `${zoneText(zone)} ${key.name}`
    const others = placed.get(text)?.claim.intents ?? []
    placed.set(text, { zone, name: key.name, claim: { resource, createdAt, intents: [...others, intent] } })
  }
  return placed
}

/** Intents are plain values, built in one place: equal ones read equal. */
function isEqual(a: PlacedClaim, b: PlacedClaim | undefined): boolean {
  return JSON.stringify(a.claim) === JSON.stringify(b?.claim)
}
