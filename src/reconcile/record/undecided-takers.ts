// Records that want a name and are not there with it: nobody knows yet where it goes or with what, or it goes into another zone, to which no
// change of this one can hand it over. Whoever gives such a name up keeps it until then: a handover leaves no gap.
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import type { ClaimTable, TouchedName } from '../../desired/claim-table.ts'
import type { Derivation } from '../../desired/derivation.ts'
import { entryMatcher } from '../../desired/expand-hostname.ts'
import { resourceRefOf } from '../../desired/resource-ref.ts'
import type { ClearIntent, Intent } from '../../model/intent.ts'
import {
  describeHandover,
  excludesKey,
  type RecordKey,
  type ResourceRef,
  type StoredSet,
} from '../../model/record-set.ts'
import { zoneText } from '../../model/zone.ts'
import type { StoreReader } from '../../store/store.ts'
import { parseRef, refText } from '../object-keys.ts'
import type { FindDesk } from './record-run.ts'

interface Taker {
  readonly resource: ResourceRef
  readonly mayTake: (place: TouchedName) => boolean
}

export interface TakerPorts {
  readonly store: Pick<StoreReader, 'get'>
  readonly claims: Pick<ClaimTable, 'elsewhere'>
  readonly findDesk: FindDesk
  /** Undefined while it is not known what the record wants. */
  readonly derivationOf: (record: DynamicDNSRecord) => Derivation | undefined
}

const NOWHERE: readonly TouchedName[] = []

export class UndecidedTakers {
  readonly #ports: TakerPorts
  /** By ref: all of which it is not known, or not in full, what they take, and maybe some that are gone. */
  readonly #undecided = new Set<string>()
  /** What is kept for each, by its ref. */
  readonly #kept = new Map<string, Map<string, TouchedName>>()

  constructor(ports: TakerPorts) {
    this.#ports = ports
  }

  /** It is there, and has not been derived. */
  expect(ref: string): void {
    this.#undecided.add(ref)
  }

  /** The intents, with a hold for what is given up and may be taken over. */
  keepFor(intents: readonly Intent[]): readonly Intent[] {
    // Nearly always nothing is given up.
    if (!intents.some(isGivenUp)) return intents
    const takers = this.#list()
    return intents.map((intent) => (isGivenUp(intent) ? this.#keep(intent, takers) : intent))
  }

  /** More is known of the record, or it is gone (undefined): what was kept for it is to be looked at again. */
  settle(ref: string, derivation: Derivation | undefined): readonly TouchedName[] {
    if (derivation !== undefined && isUndecided(derivation)) this.#undecided.add(ref)
    else this.#undecided.delete(ref)
    const places = this.#kept.get(ref)
    this.#kept.delete(ref)
    return places === undefined ? NOWHERE : [...places.values()]
  }

  #note(ref: string, place: TouchedName): void {
    const places = this.#kept.get(ref) ?? new Map<string, TouchedName>()
    this.#kept.set(ref, places.set(`${zoneText(place.zone)} ${place.name}`, place))
  }

  #keep(intent: ClearIntent, takers: readonly Taker[]): Intent {
    const { key, zone, resource } = intent
    const { name } = key
    const undecided = takers.find((one) => one.resource.uid !== resource.uid && one.mayTake({ zone, name }))
    const taker = undecided?.resource ?? this.#findElsewhere(intent)
    if (taker === undefined) return intent
    this.#note(refText(taker), { zone, name })
    const message = describeHandover(key, taker)
    return { kind: 'hold', key, zone, resource, reason: 'Progressing', message }
  }

  /** Who is to have it in another zone and has it nowhere yet. What stays in DNS without its mark leaves no gap. */
  #findElsewhere({ key, zone, resource, disposal, successor }: ClearIntent): ResourceRef | undefined {
    if (disposal === 'Retain' || successor !== undefined) return undefined
    const others = this.#ports.claims.elsewhere(zone, key.name).filter((claim) => claim.resource.uid !== resource.uid)
    const taker = others
      .flatMap(({ intents }) => intents)
      .find((intent) => isWanted(intent) && isInPlaceOf(intent.key, key) && this.#isAwaited(intent))
    return taker?.resource
  }

  /** It is not there with it, and nothing says that it may not be. */
  #isAwaited(intent: Intent): boolean {
    const { key, zone, resource } = intent
    const desk = this.#ports.findDesk(zone)
    return !isThere(intent, desk?.stored(key)) && desk?.ledger.troubleOf(resource.uid, key)?.kind !== 'refused'
  }

  #list(): readonly Taker[] {
    return [...this.#undecided].flatMap((ref) => {
      const { resource } = this.#ports.store.get('DynamicDNSRecord', parseRef(ref)) ?? {}
      const isComing = resource !== undefined && resource.metadata.deletionTimestamp === undefined
      if (!isComing || resource.spec.suspend === true) return []
      return { resource: resourceRefOf(resource), mayTake: takes(resource, this.#ports.derivationOf(resource)) }
    })
  }
}

function takes({ spec }: DynamicDNSRecord, derivation: Derivation | undefined): Taker['mayTake'] {
  if (derivation === undefined) {
    const matchers = spec.hostnames.map(entryMatcher)
    return ({ name }) => matchers.some((couldGive) => couldGive(name))
  }
  const names = new Set<string>(derivation.waiting.map(({ name }) => name))
  // What a held move is to bring is not where it belongs either; but in the zone that it is to leave, it is there.
  const held = derivation.moves.filter(isHeld)
  return ({ name, zone }) =>
    names.has(name) || held.some((move) => zoneText(move.from) !== zoneText(zone) && move.names.includes(name))
}

/** Something that the record wants has no place yet, or waits for a move. */
function isUndecided({ waiting, moves }: Derivation): boolean {
  return waiting.length > 0 || moves.some(isHeld)
}

function isHeld({ kind }: Derivation['moves'][number]): boolean {
  return kind === 'held'
}

function isWanted(intent: Intent): boolean {
  return intent.kind === 'hold' || (intent.kind === 'update' && intent.values.length > 0)
}

/** By its own mark, or because others have all its values there: those get no second mark. */
function isThere(intent: Intent, stored: StoredSet | undefined): boolean {
  if (stored === undefined) return false
  const present = new Set(stored.values.map(({ value }) => value))
  const isShared = intent.kind === 'update' && intent.values.every(({ value }) => present.has(value))
  return isShared || stored.values.some(({ owner }) => owner?.uid === intent.resource.uid)
}

function isInPlaceOf(taken: RecordKey, given: RecordKey): boolean {
  return (taken.name === given.name && taken.type === given.type) || excludesKey(taken, given)
}

function isGivenUp(intent: Intent): intent is ClearIntent {
  return intent.kind === 'clear' && intent.disposal !== 'Refuse'
}
