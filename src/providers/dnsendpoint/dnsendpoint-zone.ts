import { TerminalError, toReconcileError, TransientError } from '../../model/errors.ts'
import { longestZone, type Fqdn } from '../../model/name.ts'
import { describeKey, keyText } from '../../model/record-set.ts'
import type { Purpose } from '../call-gate.ts'
import { CAPABILITIES } from '../capabilities.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import { changeObject, isMadeByStoa, isOwnObject, objectNameOf, setsOf } from './endpoint-objects.ts'
import type { GatedCalls } from './gated-calls.ts'
import type { DnsEndpointObject, ResourceWriter, WriteResult } from './resource-writer.ts'

export interface DnsEndpointZoneOptions {
  readonly zone: Fqdn
  /** All zones of the provider: what lies in a longer one is not this zone's. */
  readonly zones: readonly Fqdn[]
  readonly namespace: string
  readonly writer: ResourceWriter
  readonly calls: GatedCalls
}

interface Found {
  readonly sets: readonly RawSet[]
  /** By their own names. */
  readonly objects: Map<string, DnsEndpointObject>
}

/** A zone as far as DNSEndpoint objects of one namespace speak of it; external-dns carries it further. */
export class DnsEndpointZone implements RawZone {
  readonly capabilities = CAPABILITIES.DNSEndpoint
  readonly comparesAndSwaps = true
  readonly probe = undefined
  readonly #options: DnsEndpointZoneOptions
  /** By their own names. Objects of others are never written. */
  #objects = new Map<string, DnsEndpointObject>()
  /** The object of somebody else that holds a key. */
  #foreign: ReadonlyMap<string, DnsEndpointObject> = new Map()

  constructor(options: DnsEndpointZoneOptions) {
    this.#options = options
  }

  get zone(): Fqdn {
    return this.#options.zone
  }

  async *list(signal: AbortSignal): AsyncGenerator<readonly RawSet[]> {
    const { sets, objects } = await this.#read('Work', signal)
    this.#objects = objects
    yield sets
  }

  /**
   * Objects of others are not found by name, so all are listed: one call, however many names there are. Of other names an object stays
   * in the version that their changes are planned on.
   */
  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]> {
    const asked = new Set(names)
    const { sets, objects } = await this.#read('Repair', signal)
    for (const name of names.map(objectNameOf)) {
      const object = objects.get(name)
      if (object === undefined) this.#objects.delete(name)
      else this.#objects.set(name, object)
    }
    return sets.filter(({ key }) => asked.has(key.name))
  }

  /** An object holds all of a name, so one write carries all changes of it. */
  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    const byName = new Map<string, RawUnit[]>()
    for (const unit of units) {
      const name = unit[0]?.key.name ?? ''
      byName.set(name, [...(byName.get(name) ?? []), unit])
    }
    return [...byName.values()]
  }

  async apply(changes: readonly RawChange[], signal: AbortSignal): Promise<RawOutcome> {
    const [first] = changes
    if (first === undefined) return { kind: 'applied' }
    const obstacle = this.#findObstacle(changes)
    if (obstacle !== undefined) return obstacle
    const name = objectNameOf(first.key.name)
    const present = this.#objects.get(name)
    try {
      const next = changeObject(present, this.#options.namespace, changes)
      const result = await this.#write(present, next, signal)
      if (result.kind === 'Conflict') {
        const message = `the DNSEndpoint ${this.#options.namespace}/${name} is no longer what it was when it was read`
        return { kind: 'outdated', error: new TransientError('Outdated', message) }
      }
      if (next === undefined) this.#objects.delete(name)
      else this.#objects.set(name, result.object)
      return { kind: 'applied' }
    } catch (error) {
      signal.throwIfAborted()
      const known = toReconcileError(error)
      if (known.kind === 'transient') return { kind: 'unconfirmed', error: known }
      return { kind: 'failed', error: known, culprit: first.key }
    }
  }

  normalise(set: RawSet): RawSet {
    return { ...set, routing: undefined, options: undefined }
  }

  async #read(purpose: Purpose, signal: AbortSignal): Promise<Found> {
    const { zone, zones, namespace, writer, calls } = this.#options
    const objects = await calls.run(purpose, (limited) => writer.list(namespace, limited), signal)
    const found = objects
      .flatMap((object) => setsOf(object).map((set) => ({ set, object })))
      .filter(({ set }) => longestZone(set.key.name, zones) === zone)
    const own = found.filter(({ set, object }) => isOwnObject(object, set.key.name))
    const ownTexts = new Set(own.map(({ set }) => keyText(set.key)))
    // What we wrote must stay ours to change, whatever others write beside it.
    const foreign = found.filter(({ set }) => !ownTexts.has(keyText(set.key)))
    this.#foreign = new Map(foreign.map(({ set, object }) => [keyText(set.key), object]))
    return {
      sets: [...own, ...foreign].map(({ set }) => set),
      objects: new Map(objects.map((object) => [object.metadata.name, object])),
    }
  }

  #write(
    present: DnsEndpointObject | undefined,
    next: DnsEndpointObject | undefined,
    signal: AbortSignal,
  ): Promise<WriteResult> {
    const { writer, calls } = this.#options
    const target = next ?? present
    // Nothing there, and nothing wanted there.
    if (target === undefined) return Promise.resolve({ kind: 'Conflict' })
    const write = next === undefined ? 'delete' : 'apply'
    return calls.run('Work', (limited) => writer[write](target, limited), signal)
  }

  #findObstacle(changes: readonly RawChange[]): RawOutcome | undefined {
    for (const { key } of changes) {
      const name = objectNameOf(key.name)
      const taken = this.#objects.get(name)
      const object = this.#foreign.get(keyText(key)) ?? (taken && !isMadeByStoa(taken) ? taken : undefined)
      if (object === undefined) continue
      const message =
        `${describeKey(key)} is held by the DNSEndpoint ${object.metadata.namespace}/${object.metadata.name}, ` +
        'which Stoa did not make; take it out there, and Stoa writes it'
      return { kind: 'failed', error: new TerminalError('NotOwned', message), culprit: key }
    }
    return undefined
  }
}
