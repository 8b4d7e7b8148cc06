// What is known of a zone: read once, kept true by the answers to our own writes, and checked for what others did.
import type { Fqdn } from '../model/name.ts'
import type { OwnerId, StoredSet } from '../model/record-set.ts'
import { ZoneTable } from '../model/zone.ts'
import { isOwnedBy } from '../model/owner.ts'
import type { ChangeOutcome, ZoneSession } from '../providers/provider.ts'

export class ZoneContent {
  readonly #session: ZoneSession
  readonly #ownerId: OwnerId
  #table: ZoneTable | undefined
  #owned = 0
  #probed: string | undefined

  constructor(session: ZoneSession, ownerId: OwnerId) {
    this.#session = session
    this.#ownerId = ownerId
  }

  /** Undefined until the zone has been read: an unread zone is unknown, not empty. */
  get table(): ZoneTable | undefined {
    return this.#table
  }

  /** Record sets that hold a value of ours. */
  get owned(): number {
    return this.#owned
  }

  /** A page that cannot be read rejects, and what was known stays. */
  async read(signal: AbortSignal): Promise<void> {
    // The probe comes first: a change between the two is then seen as one, and read again, rather than missed.
    const probed = await this.#session.probe?.(signal)
    const table = new ZoneTable()
    for await (const page of this.#session.list(signal)) for (const set of page) table.set(set)
    this.#table = table
    this.#probed = probed
    this.#owned = [...table.all()].filter((set) => this.#isOurs(set)).length
  }

  /** Whether the zone was read again because it is not, or may not be, what we know. */
  async check(signal: AbortSignal): Promise<boolean> {
    if (this.#session.probe !== undefined && (await this.#session.probe(signal)) === this.#probed) return false
    await this.read(signal)
    return true
  }

  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<void> {
    const table = this.#table
    if (table === undefined || names.length === 0) return
    const found = await this.#session.reread(names, signal)
    for (const name of names) for (const { key } of table.atName(name)) this.#forget(table, key)
    for (const set of found) this.#remember(table, set)
  }

  /** Our own writes move the serial too: what a probe says next is only news if it differs from what it says after them. */
  async learn(outcomes: readonly ChangeOutcome[], signal: AbortSignal): Promise<void> {
    const table = this.#table
    if (table === undefined) return
    let written = false
    for (const outcome of outcomes) {
      if (outcome.kind !== 'applied') continue
      written = true
      this.#forget(table, outcome.change.key)
      if (outcome.stored !== undefined) this.#remember(table, outcome.stored)
    }
    if (written && this.#session.probe !== undefined)
      this.#probed = await this.#session.probe(signal).catch(() => undefined)
  }

  #remember(table: ZoneTable, set: StoredSet): void {
    this.#forget(table, set.key)
    table.set(set)
    if (this.#isOurs(set)) this.#owned += 1
  }

  #forget(table: ZoneTable, key: StoredSet['key']): void {
    const set = table.get(key)
    if (set !== undefined && this.#isOurs(set)) this.#owned -= 1
    table.delete(key)
  }

  #isOurs(set: StoredSet): boolean {
    return set.values.some((value) => isOwnedBy(value, this.#ownerId))
  }
}
