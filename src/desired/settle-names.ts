// Each name of the expansion: where it lives and what it gets there, or why not.
import type { DynamicDNSRecordSpec } from '../api/generated/dynamic-dns-record.ts'
import { APPROVE_ANNOTATION } from '../api/kinds.ts'
import { isWithin, type Fqdn } from '../model/name.ts'
import type { ProviderOptions } from '../model/record-set.ts'
import type { ZoneRef } from '../model/zone.ts'
import type { DeriveInput } from './derivation.ts'
import type { ExpandedName } from './expand-hostname.ts'
import type { Hold } from './hold.ts'
import { isServed, placeName, type Move, type PlacedName, type Placement, type PlaceWish } from './place-name.ts'
import type { ProviderFacts } from './provider-index.ts'
import type { Published } from './published.ts'
import { layOutName, type LayoutContext, type NameLayout, type NameRefusal } from './routing-sets.ts'
import type { Source } from './sources.ts'

export interface SettledName {
  readonly name: Fqdn
  /** Where it is meant to live, whether that zone has been read or not. */
  readonly zone: ZoneRef | undefined
  readonly move: Placement['move']
  readonly outcome: NameLayout | HeldOutcome
  readonly refusals: readonly NameRefusal[]
}

/** Nothing is decided about the name, and what is published of it stays. */
export interface HeldOutcome extends Hold {
  readonly kind: 'held'
}

export interface NamesContext {
  readonly input: DeriveInput
  readonly published: Published
  /** Of those that are published. */
  readonly sources: readonly Source[]
}

export function settleNames(names: readonly ExpandedName[], context: NamesContext): ReadonlyMap<Fqdn, SettledName> {
  const wish = describeWish(context.input, context.published)
  const unseen = listUnseen(context)
  return new Map(names.map((name) => [name.name, settleName(name, { ...context, wish, unseen })]))
}

interface NameContext extends NamesContext, Pick<LayoutContext, 'unseen'> {
  readonly wish: PlaceWish
}

/** What has certainly given nothing so far is not waited for. */
function listUnseen({ input: { memory }, published, sources }: NamesContext): ReadonlySet<string> {
  const mayGive = (target: string): boolean => memory.targets?.has(target) ?? published.sets.length > 0
  const unseen = sources.filter(({ target, spec, content }) => {
    return content === undefined && spec.weight !== 0 && mayGive(target)
  })
  return new Set(unseen.map(({ target }) => target))
}

function describeWish(input: DeriveInput, published: Published): PlaceWish {
  const { metadata, spec } = input.record
  const { providerRef } = spec
  return {
    tenant: { namespace: metadata.namespace, labels: input.namespaceLabels },
    providerRef: providerRef && `${providerRef.namespace ?? metadata.namespace}/${providerRef.name}`,
    pinned: [...input.memory.zones, ...published.sets.map(({ zone }) => zone)],
    providers: input.providers,
    approvedMoves: input.approvedMoves,
  }
}

function settleName(expanded: ExpandedName, context: NameContext): SettledName {
  const { name } = expanded
  const unread = listUnreadPins(name, context)
  const awaited = unread.find((pin) => isServed(pin, context.wish.providers) !== false)
  if (awaited !== undefined) return { name, zone: awaited, move: undefined, outcome: holdUnread(awaited), refusals: [] }
  const present = context.published.atName(name).map(({ zone }) => zone)
  const placement = placeName(name, [...present, ...unread], context.wish)
  const { move } = placement
  const moveRefusals = move?.kind === 'held' ? [refuseMove(name, move.of)] : []
  if (placement.kind !== 'placed') {
    const { reason, message } = placement
    const refusals = placement.kind === 'refused' ? [...moveRefusals, placement] : moveRefusals
    return { name, zone: undefined, move, outcome: { kind: 'held', reason, message }, refusals }
  }
  const { outcome, refusals } = layOut(expanded, placement, context)
  return { name, zone: placement.zone, move, outcome, refusals: [...moveRefusals, ...refusals] }
}

/** Zones in use of which it is not known whether they have the name. Where it is known to be elsewhere, they do not matter. */
function listUnreadPins(name: Fqdn, { input, published }: NameContext): readonly ZoneRef[] {
  if (published.atName(name).length > 0) return []
  return input.memory.zones.filter((pin) => isWithin(name, pin.zone) && published.zone(pin) === undefined)
}

function layOut(
  name: ExpandedName,
  { zone: ref, provider }: PlacedName,
  { input: { record }, published, unseen }: NameContext,
): Pick<SettledName, 'outcome' | 'refusals'> {
  const { providerOptions, routing, addressFamilies: families } = record.spec
  const zone = published.zone(ref)
  if (zone === undefined) return { outcome: holdUnread(ref), refusals: [] }
  const mismatch = refuseOptions(name.name, provider, providerOptions)
  if (mismatch !== undefined) return refused(mismatch)
  const options = mergeOptions(providerOptions)
  const layout = layOutName(name, { zone, options, routing, families, published, unseen })
  return layout.kind === 'refused' ? refused(layout) : { outcome: layout, refusals: layout.refusals }
}

type OptionBlocks = DynamicDNSRecordSpec['providerOptions']

function refuseOptions(name: Fqdn, { ref, type }: ProviderFacts, blocks: OptionBlocks = {}): NameRefusal | undefined {
  const block = Object.keys(blocks).find((key) => key.toLowerCase() !== type.toLowerCase())
  if (block === undefined) return undefined
  const message = `spec.providerOptions has ${block}, but ${name} goes to DNSProvider ${ref} of type ${type}: remove the block`
  return { reason: 'ProviderOptionsMismatch', message }
}

/** The only block left is that of the provider's own type. An empty one asks for nothing. */
function mergeOptions(blocks: OptionBlocks = {}): ProviderOptions | undefined {
  const options = Object.fromEntries(Object.values(blocks).flatMap((block) => Object.entries(block)))
  return Object.keys(options).length === 0 ? undefined : options
}

function refused({ reason, message }: NameRefusal): Pick<SettledName, 'outcome' | 'refusals'> {
  return { outcome: { kind: 'held', reason, message }, refusals: [{ reason, message }] }
}

function holdUnread({ provider, zone }: ZoneRef): HeldOutcome {
  const message = `zone ${zone} of DNSProvider ${provider} has not been read yet`
  return { kind: 'held', reason: 'ProviderUnavailable', message }
}

function refuseMove(name: Fqdn, { from, to, hash }: Move): NameRefusal {
  const message =
    `${name} stays in zone ${from.zone} of DNSProvider ${from.provider}, although it now belongs into zone ${to.zone} of ` +
    `${to.provider}: to move it, annotate DNSProvider ${to.provider} with ${APPROVE_ANNOTATION}: ${hash}`
  return { reason: 'MoveHeld', message }
}
