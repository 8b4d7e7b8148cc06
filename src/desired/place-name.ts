// Where a name lives: the zone the spec leads to, unless the name is published elsewhere already.
import { shortHash } from '../model/hash.ts'
import type { Fqdn } from '../model/name.ts'
import { compareText } from '../model/record-set.ts'
import { zoneText, type ZoneRef } from '../model/zone.ts'
import {
  chooseZone,
  holdForNamespace,
  holdForProvider,
  isSameZone,
  judgeTenancy,
  refuseTenant,
  type ChosenZone,
  type HeldName,
  type RefusedName,
  type ZoneChoice,
  type ZoneWish,
} from './choose-zone.ts'
import type { ProviderFacts } from './provider-index.ts'

export interface Move {
  readonly from: ZoneRef
  readonly to: ZoneRef
  /** What approves every move between these two zones. */
  readonly hash: string
}

export interface PlacedName {
  readonly kind: 'placed'
  readonly zone: ZoneRef
  readonly provider: ProviderFacts
}

export type Placement = (PlacedName | RefusedName | HeldName) & {
  /** The spec leads to another zone than the one the name is published in. */
  readonly move: { readonly kind: 'held' | 'approved'; readonly of: Move } | undefined
}

export interface PlaceWish extends ZoneWish {
  readonly approvedMoves: readonly string[]
}

/**
 * | the spec leads to        | the name is published in | it is placed                                                      |
 * |--------------------------|--------------------------|-------------------------------------------------------------------|
 * | a zone                   | no zone, or that one     | there                                                             |
 * | a zone                   | another                  | where it is published; there, once the move is approved           |
 * | nowhere (refused)        | any                      | nowhere: what is published stays as it is                         |
 * | no one knows where       | no zone                  | nowhere yet                                                       |
 * | no one knows where       | a zone                   | where it is published                                             |
 */
export function placeName(name: Fqdn, published: readonly ZoneRef[], wish: PlaceWish): Placement {
  const choice = chooseZone(name, wish)
  const [present] = published.toSorted((a, b) => b.zone.length - a.zone.length || compareText(zoneText(a), zoneText(b)))
  if (present === undefined || choice.kind === 'refused') return placed(choice)
  if (choice.kind === 'held') return placed(judgeZone(name, present, wish))
  if (published.some((zone) => isSameZone(zone, choice.zone))) return placed(choice)
  const move = describeMove(present, choice.zone)
  if (wish.approvedMoves.includes(move.hash)) return placed(choice, { kind: 'approved', of: move })
  return placed(judgeZone(name, present, wish), { kind: 'held', of: move })
}

export function describeMove(from: ZoneRef, to: ZoneRef): Move {
  return { from, to, hash: shortHash(`move ${zoneText(from)} ${zoneText(to)}`) }
}

/** Whether a provider has the zone; unknown while its zones are. */
export function isServed({ provider, zone }: ZoneRef, { byRef }: ZoneWish['providers']): boolean | undefined {
  const facts = byRef.get(provider)
  return facts === undefined ? false : facts.zones?.includes(zone)
}

function placed(choice: ZoneChoice, move: Placement['move'] = undefined): Placement {
  return choice.kind === 'chosen'
    ? { kind: 'placed', zone: choice.zone, provider: choice.provider, move }
    : { ...choice, move }
}

/** Whether the name may go on where it is. */
function judgeZone(name: Fqdn, zone: ZoneRef, { providers, tenant }: ZoneWish): ZoneChoice {
  const provider = providers.byRef.get(zone.provider)
  if (provider === undefined) return holdForLoss(zone, 'is gone')
  const served = isServed(zone, providers)
  if (served === undefined) return holdForProvider(provider.ref)
  if (!served) return holdForLoss(zone, 'no longer has it')
  const here: ChosenZone = { kind: 'chosen', zone, provider }
  const permission = judgeTenancy(provider, tenant, name)
  if (permission === undefined) return holdForNamespace(here, tenant)
  return permission ? here : refuseTenant(name, here, tenant)
}

function holdForLoss({ provider, zone }: ZoneRef, loss: string): HeldName {
  const message = `published in zone ${zone} of DNSProvider ${provider}, which ${loss}: it stays as it is there`
  return { kind: 'held', reason: 'ProviderNotFound', message }
}
