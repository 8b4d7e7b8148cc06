// Records that want a name, and of which nobody knows yet where it goes or with what. Whoever gives such a name up keeps it until that is
// known: a handover leaves no gap.
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import type { TouchedName } from '../../desired/claim-table.ts'
import type { Derivation } from '../../desired/derivation.ts'
import { entryMatcher } from '../../desired/expand-hostname.ts'
import { resourceRefOf } from '../../desired/resource-ref.ts'
import type { ClearIntent, Intent } from '../../model/intent.ts'
import type { Fqdn } from '../../model/name.ts'
import { describeHandover, type ResourceRef } from '../../model/record-set.ts'
import { zoneText } from '../../model/zone.ts'
import type { StoreReader } from '../../store/store.ts'
import { refText } from '../object-keys.ts'

interface Taker {
  readonly resource: ResourceRef
  readonly mayTake: (name: Fqdn) => boolean
}

export interface TakerPorts {
  readonly store: Pick<StoreReader, 'list'>
  /** Undefined while it is not known what the record wants. */
  readonly derivationOf: (record: DynamicDNSRecord) => Derivation | undefined
}

const NOWHERE: readonly TouchedName[] = []

export class UndecidedTakers {
  readonly #ports: TakerPorts
  /** What is kept for each, by its ref. */
  readonly #kept = new Map<string, Map<string, TouchedName>>()

  constructor(ports: TakerPorts) {
    this.#ports = ports
  }

  /** The intents, with a hold for what is given up and may be taken over. */
  keepFor(intents: readonly Intent[]): readonly Intent[] {
    // Nearly always nothing is given up, or nobody is undecided.
    if (!intents.some(isGivenUp)) return intents
    const takers = this.#list()
    if (takers.length === 0) return intents
    return intents.map((intent) => (isGivenUp(intent) ? this.#keep(intent, takers) : intent))
  }

  /** More is known of the record, or it is gone: what was kept for it is to be looked at again. */
  settle(ref: string): readonly TouchedName[] {
    const places = this.#kept.get(ref)
    this.#kept.delete(ref)
    return places === undefined ? NOWHERE : [...places.values()]
  }

  #keep(intent: ClearIntent, takers: readonly Taker[]): Intent {
    const { key, zone, resource } = intent
    const { name } = key
    const taker = takers.find((one) => one.resource.uid !== resource.uid && one.mayTake(name))
    if (taker === undefined) return intent
    const ref = refText(taker.resource)
    const places = this.#kept.get(ref) ?? new Map<string, TouchedName>()
    this.#kept.set(ref, places.set(`${zoneText(zone)} ${name}`, { zone, name }))
    const message = describeHandover(key, taker.resource)
    return { kind: 'hold', key, zone, resource, reason: 'Progressing', message }
  }

  #list(): readonly Taker[] {
    return [...this.#ports.store.list('DynamicDNSRecord')].flatMap(({ resource }) => {
      const isComing = resource !== undefined && resource.metadata.deletionTimestamp === undefined
      if (!isComing || resource.spec.suspend === true) return []
      const mayTake = takes(resource, this.#ports.derivationOf(resource))
      return mayTake === undefined ? [] : { resource: resourceRefOf(resource), mayTake }
    })
  }
}

/** Undefined where it is known what the record takes. */
function takes({ spec }: DynamicDNSRecord, derivation: Derivation | undefined): Taker['mayTake'] | undefined {
  if (derivation === undefined) {
    const matchers = spec.hostnames.map(entryMatcher)
    return (name) => matchers.some((couldGive) => couldGive(name))
  }
  const waiting = new Set(derivation.waiting.map(({ name }) => name))
  return waiting.size === 0 ? undefined : (name) => waiting.has(name)
}

function isGivenUp(intent: Intent): intent is ClearIntent {
  return intent.kind === 'clear' && intent.disposal !== 'Refuse'
}
