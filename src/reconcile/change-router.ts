// The routes by which a change finds everyone it concerns. Level, not edge: whatever changed, somebody looks at the present state.
import type { KindName } from '../api/kinds.ts'
import type { ObjectChange, ObjectKey, StoreReader, WatchedKind } from '../store/store.ts'
import { LastTexts } from './last-texts.ts'
import { objectText, parseRef, refText } from './object-keys.ts'
import type { PoolBoard } from './pool/pool-board.ts'
import type { ProviderBoard } from './provider/provider-board.ts'
import { listSecretNames } from './provider/zone-secondaries.ts'
import type { ProviderController } from './provider/provider-controller.ts'
import type { RecordBook } from './record/record-book.ts'
import type { RecordController } from './record/record-controller.ts'

export interface RouterPorts {
  readonly store: StoreReader
  readonly pools: PoolBoard
  readonly book: RecordBook
  readonly records: RecordController
  readonly providers: ProviderController
  readonly board: ProviderBoard
  readonly add: (kind: KindName, ref: string) => void
}

const NONE: ReadonlySet<string> = new Set()

export class ChangeRouter {
  readonly #ports: RouterPorts
  /** What people last said on each DNSProvider: its spec, its annotations, and that it is to go. */
  readonly #saidOn = new LastTexts()

  constructor(ports: RouterPorts) {
    this.#ports = ports
  }

  /** What is there at the start is no news. */
  begin(): void {
    this.#followSecrets()
    for (const { metadata } of this.#ports.store.list('DNSProvider')) this.#hears(refText(metadata))
  }

  route({ kind, ...key }: ObjectChange): void {
    const { store, pools, add } = this.#ports
    const ref = refText(key)
    switch (kind) {
      case 'Node':
        for (const pool of pools.nodeChanged(key.name, store.node(key.name))) add('NodePool', pool)
        return
      case 'Service':
        return this.expireDependents(kind, ref)
      case 'Namespace':
        return this.expireDependents(kind, key.name)
      case 'Secret':
        for (const provider of this.#providersWith(key)) this.#refreshProvider(provider)
        return
      case 'DNSProvider':
        return this.#routeProvider(ref)
      case 'DynamicDNSRecord':
        return this.#ports.records.changed(ref)
      case 'NodePool':
      case 'WANAddress':
        return add(kind, ref)
    }
  }

  /** `left` are addresses that should be in DNS no more: records that publish one come first. */
  expireDependents(kind: WatchedKind, ref: string, left: ReadonlySet<string> = NONE): void {
    const { book, records } = this.#ports
    const wrong = book.wanting(left)
    for (const record of book.dependents.of(objectText(kind, ref))) records.expire(record, wrong.has(record))
  }

  expireAllRecords(): void {
    const { records, store } = this.#ports
    for (const { metadata } of store.list('DynamicDNSRecord')) records.expire(refText(metadata))
  }

  /** The Secrets that some DNSProvider names, and no others. */
  #followSecrets(): void {
    const { store } = this.#ports
    const keys = [...store.list('DNSProvider')].flatMap(({ metadata: { namespace }, resource }) => {
      return resource === undefined ? [] : listSecretNames(resource).map((name) => ({ namespace, name }))
    })
    store.followSecrets(keys)
  }

  /** Approvals and requests concern every zone of it, and every record that waits for a move. */
  #routeProvider(ref: string): void {
    this.#followSecrets()
    this.#lookAtRivals(ref)
    if (!this.#hears(ref)) return this.#ports.add('DNSProvider', ref)
    this.#ports.board.expireIndex()
    this.#refreshProvider(ref)
    this.expireAllRecords()
  }

  /** Whether others may have their zones copied depends on who else serves them. */
  #lookAtRivals(ref: string): void {
    for (const { metadata, resource } of this.#ports.store.list('DNSProvider')) {
      const other = refText(metadata)
      if (other !== ref && resource?.spec.builtin?.secondaries !== undefined) this.#ports.add('DNSProvider', other)
    }
  }

  /** Whether people have said anything since. */
  #hears(ref: string): boolean {
    const stored = this.#ports.store.get('DNSProvider', parseRef(ref))
    const { annotations, generation, deletionTimestamp } = stored?.metadata ?? {}
    return this.#saidOn.isOther(ref, JSON.stringify([annotations, generation, deletionTimestamp]))
  }

  #refreshProvider(ref: string): void {
    this.#ports.providers.expire(ref)
    this.#ports.add('DNSProvider', ref)
  }

  #providersWith(secret: ObjectKey): readonly string[] {
    return [...this.#ports.store.list('DNSProvider')]
      .filter(({ metadata, resource }) => {
        const isNamed = resource !== undefined && listSecretNames(resource).includes(secret.name)
        return isNamed && metadata.namespace === secret.namespace
      })
      .map(({ metadata }) => refText(metadata))
  }
}
