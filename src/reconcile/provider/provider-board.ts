// Every DNSProvider with its connection, its zones and the desks that serve them.
import type { DNSProvider } from '../../api/kinds.ts'
import type { CallBudget } from '../../apply/call-budget.ts'
import { indexProviders, type ProviderIndex } from '../../desired/provider-index.ts'
import type { ReadZone } from '../../desired/published.ts'
import type { Fqdn } from '../../model/name.ts'
import type { ZoneRef } from '../../model/zone.ts'
import type { ZoneStore } from '../../providers/builtin/zone-store.ts'
import type { Ownership } from '../../providers/ownership/ownership.ts'
import type { Provider } from '../../providers/provider.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { parseRef, refText } from '../object-keys.ts'
import { CredentialBudgets } from './credential-budgets.ts'
import { Credentials } from './credentials.ts'
import { DeletionHistories } from './deletion-histories.ts'
import { deriveOwnership, deriveProviderSettings, zonesOf } from './provider-settings.ts'
import { RunningDesk } from './running-desk.ts'
import { ZoneDesk, type DeskPorts } from './zone-desk.ts'
import { ZoneTwins, type RankProvider } from './zone-twins.ts'

export interface ServedProvider {
  object: DNSProvider
  /** What the connection was made from; another text needs another connection. */
  readonly settingsText: string
  readonly provider: Provider
  readonly ownership: Ownership
  readonly budget: CallBudget
  /** What the built-in name server serves for it. */
  readonly stores: ReadonlyMap<Fqdn, ZoneStore>
  /** Those that it has and the spec wants. Undefined until they could be listed. */
  zones: readonly Fqdn[] | undefined
  readonly desks: Map<Fqdn, RunningDesk>
}

export class ProviderBoard {
  readonly #ports: EnginePorts
  readonly #deskPortsFor: (zone: ZoneRef) => DeskPorts
  readonly #stopping: AbortSignal
  readonly #served = new Map<string, ServedProvider>()
  readonly #budgets: CredentialBudgets
  readonly #histories: DeletionHistories
  readonly #ending = new Set<Promise<void>>()
  readonly #credentials: Credentials
  #index: ProviderIndex | undefined
  #twins: ZoneTwins | undefined

  constructor(ports: EnginePorts, deskPortsFor: (zone: ZoneRef) => DeskPorts, stopping: AbortSignal) {
    this.#ports = ports
    this.#credentials = new Credentials(ports.store)
    this.#budgets = new CredentialBudgets(ports, stopping)
    this.#histories = new DeletionHistories(
      ports,
      ({ provider, zone }) => this.#served.get(provider)?.desks.has(zone) === true,
    )
    this.#deskPortsFor = deskPortsFor
    this.#stopping = stopping
  }

  /** For records that look for their zone. */
  get index(): ProviderIndex {
    this.#index ??= indexProviders(
      this.#listAll().map(({ ref, object, zones }) => ({
        ...{ ref, zones, namespace: parseRef(ref).namespace, type: object?.spec.type ?? '' },
        allowedRecords: object?.spec.allowedRecords,
      })),
    )
    return this.#index
  }

  /** Those that are not connected yet, or cannot be, may have a better zone than all others: nobody knows. */
  #listAll(): readonly {
    readonly ref: string
    readonly object: DNSProvider | undefined
    readonly zones: readonly Fqdn[] | undefined
  }[] {
    const served = [...this.#served].map(([ref, { object, zones }]) => ({ ref, object, zones }))
    const others = [...this.#ports.store.list('DNSProvider')].flatMap(({ metadata, resource }) => {
      const ref = refText(metadata)
      return this.#served.has(ref) ? [] : [{ ref, object: resource, zones: undefined }]
    })
    return [...served, ...others]
  }

  get #sameZones(): ZoneTwins {
    this.#twins ??= new ZoneTwins([...this.#served].map(([ref, { object, zones }]) => ({ ref, object, zones })))
    return this.#twins
  }

  /** The DNSProviders of the store are others than they were. */
  expireIndex(): void {
    this.#index = undefined
    this.#twins = undefined
  }

  get(ref: string): ServedProvider | undefined {
    return this.#served.get(ref)
  }

  /** Takes in a DNSProvider as it is now, with a new connection where its settings want one. */
  async connect(ref: string, object: DNSProvider): Promise<ServedProvider> {
    const settings = deriveProviderSettings(object)
    const ownership = deriveOwnership(object, this.#ports.ownerId)
    const { credentialsSecretRef, rateLimit } = object.spec
    const settingsText = JSON.stringify([settings, ownership, credentialsSecretRef, rateLimit])
    const running = this.#served.get(ref)
    if (running?.settingsText === settingsText) {
      if (!isSameSpec(running.object, object)) this.expireIndex()
      running.object = object
      return running
    }
    const budget = this.#budgets.budgetOf(ref, object)
    const stores = await this.#openServedZones(object)
    const { createProvider, clock, nextId, writer } = this.#ports
    const provider = createProvider(settings, {
      ...{ gate: this.#budgets.gateFor(object.spec.type, budget), clock, nextId, ownership, writer, stores },
      ...{ secret: this.#credentials.readerFor(object), namespace: object.metadata.namespace },
    })
    // Until its last call is finished records go on seeing what it knows: nothing is other than before.
    if (running !== undefined) await this.#end(running)
    const { zones } = running ?? {}
    const served = { object, settingsText, provider, ownership, budget, stores, zones, desks: new Map() }
    this.#served.set(ref, served)
    this.expireIndex()
    return served
  }

  /** From now on it has these zones. Zones it no longer has are served no more; what is in them stays. */
  setZones(ref: string, zones: readonly Fqdn[]): void {
    const served = this.#served.get(ref)
    if (served === undefined) return
    served.zones = zones
    this.expireIndex()
    for (const [zone, running] of served.desks) if (!zones.includes(zone)) this.#closeDesk(served, zone, running)
  }

  /** Undefined where the provider is not there or does not have the zone. */
  desk({ provider: ref, zone }: ZoneRef): ZoneDesk | undefined {
    const served = this.#served.get(ref)
    if (served?.zones?.includes(zone) !== true) return undefined
    return served.desks.get(zone)?.desk ?? this.#openDesk(ref, served, zone)
  }

  *desks(ref?: string): Generator<ZoneDesk> {
    for (const [other, { desks }] of this.#served) {
      if (ref === undefined || ref === other) for (const { desk } of desks.values()) yield desk
    }
  }

  /** Those whose zones could not be found out so far. */
  *unlisted(): Generator<string> {
    for (const { ref, zones } of this.#listAll()) if (zones === undefined) yield ref
  }

  *budgets(): Generator<readonly [provider: string, fill: number]> {
    for (const [ref, { budget }] of this.#served) yield [ref, budget.fill()]
  }

  /** The zones that were read, as far as the resource holds something in them or one of the names may live there. */
  readZones(uid: string, isWanted: (zone: ZoneRef) => boolean, rankOf: RankProvider): readonly ReadZone[] {
    const found: ReadZone[] = []
    // There may be hundreds of zones, and nearly all have nothing to do with it.
    for (const desk of this.desks()) {
      const read = desk.holds(uid) || isWanted(desk.zone) ? desk.readFor(uid) : undefined
      if (read !== undefined) found.push(read)
    }
    return this.#sameZones
      .countOnce(found, rankOf)
      .filter(({ zone, published }) => published.length > 0 || isWanted(zone))
  }

  /**
   * Whether such a zone may be there and was not read so far. A provider whose zones could not be listed has those of its spec, or any;
   * `only` is the one provider that counts.
   */
  mayHideZone(isWanted: (zone: Fqdn) => boolean, only: string | undefined): boolean {
    for (const { metadata, resource } of this.#ports.store.list('DNSProvider')) {
      const ref = refText(metadata)
      if (only !== undefined && only !== ref) continue
      const zones = this.#served.get(ref)?.zones
      const presumed = zones ?? (resource?.spec.zones && zonesOf(resource.spec))
      if (presumed === undefined) return true
      if (presumed.filter(isWanted).some((zone) => this.desk({ provider: ref, zone })?.isRead !== true)) return true
    }
    return false
  }

  /** Ends its desks and its connection; a call under way is finished first. */
  async close(ref: string): Promise<void> {
    this.#budgets.release(ref)
    const served = this.#served.get(ref)
    if (served === undefined) return
    this.#served.delete(ref)
    this.expireIndex()
    await this.#end(served)
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#served.keys()].map((ref) => this.close(ref)))
    await Promise.all(this.#ending)
  }

  #openDesk(ref: string, { provider, ownership, budget, desks }: ServedProvider, name: Fqdn): ZoneDesk {
    const { clock, random } = this.#ports
    const zone: ZoneRef = { provider: ref, zone: name }
    const desk = new ZoneDesk({
      ...this.#deskPortsFor(zone),
      ...{ zone, ownerId: ownership.id, provider, budget, clock, random },
      twins: () => this.#sameZones.of(zone),
      history: this.#histories.of(zone, ownership.id),
    })
    desks.set(name, new RunningDesk(desk, this.#stopping, this.#ports.log))
    return desk
  }

  async #end({ desks, provider }: ServedProvider): Promise<void> {
    await Promise.all([...desks.values()].map((running) => this.#endDesk(running)))
    await provider.close()
  }

  #closeDesk({ desks }: ServedProvider, zone: Fqdn, running: RunningDesk): void {
    desks.delete(zone)
    void this.#endDesk(running)
  }

  #endDesk(running: RunningDesk): Promise<void> {
    const ended = running.end()
    this.#ending.add(ended)
    return ended.finally(() => this.#ending.delete(ended))
  }

  async #openServedZones({ spec }: DNSProvider): Promise<ReadonlyMap<Fqdn, ZoneStore>> {
    const stores = new Map<Fqdn, ZoneStore>()
    if (spec.type !== 'Builtin') return stores
    for (const zone of zonesOf(spec)) stores.set(zone, await this.#ports.openServedZone(zone))
    return stores
  }
}

function isSameSpec({ metadata: a }: DNSProvider, { metadata: b }: DNSProvider): boolean {
  return a.uid === b.uid && a.generation === b.generation
}
