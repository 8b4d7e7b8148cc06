// What is known of a zone: read once, kept true by the answers to our own writes, and checked for what others did.
import type { Fqdn } from '../model/name.ts'
import type { OwnerId, RecordKey, StoredSet } from '../model/record-set.ts'
import { ZoneTable } from '../model/zone.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome, ZoneSession } from '../providers/provider.ts'
import { HeldSets } from './held-sets.ts'
import { RefusedNames } from './refused-names.ts'

/** Beyond this many names a fresh list costs less than reading each. */
const MOST_REREAD = 20

interface Settled {
  /** The whole zone was read for it. */
  readonly isAllRead: boolean
  /** Names of which a change was refused, and where there is something else than was known. */
  readonly news: readonly Fqdn[]
}

export class ZoneContent {
  readonly #session: ZoneSession
  readonly #ownerId: OwnerId
  #table: ZoneTable | undefined
  #held: HeldSets
  #probed: string | undefined
  /** Resolves when it is known what a probe says after our own writes. */
  #rebased: Promise<void> = Promise.resolve()
  #mayHide = false
  /** Names whose last write has an open end, and for whom it was: nothing is planned on them before they were read again. */
  readonly #doubtful = new Map<Fqdn, ReadonlySet<string>>()
  /** By uid: for whom something is being written. */
  #underWay: ReadonlySet<string> = new Set()
  readonly #refused = new RefusedNames()

  constructor(session: ZoneSession, ownerId: OwnerId) {
    this.#session = session
    this.#ownerId = ownerId
    this.#held = new HeldSets(ownerId)
  }

  /** Undefined until the zone has been read: an unread zone is unknown, not empty. */
  get table(): ZoneTable | undefined {
    return this.#table
  }

  /** Record sets that hold a value of ours. */
  get owned(): number {
    return this.#held.size
  }

  /** The sets that hold a value written for the resource. */
  heldBy(uid: string): Iterable<StoredSet> {
    return this.#held.of(uid)
  }

  holds(uid: string): boolean {
    return this.#held.has(uid)
  }

  /** Whether something that is on its way, or of which no answer came, may turn out to be the resource's. */
  mayYetHold(uid: string): boolean {
    return this.#underWay.has(uid) || [...this.#doubtful.values()].some((uids) => uids.has(uid))
  }

  /** Whether somebody's change beside a write of ours may have gone unseen: both moved the same serial. */
  get mayHideChanges(): boolean {
    return this.#mayHide
  }

  /** A page that cannot be read rejects, and what was known stays. */
  async read(signal: AbortSignal): Promise<void> {
    await this.#rebased
    // The probe comes first: a change between the two is then seen as one, and read again, rather than missed.
    const probed = await this.#session.probe?.(signal)
    const table = new ZoneTable()
    for await (const page of this.#session.list(signal)) for (const set of page) table.set(set)
    this.#table = table
    this.#probed = probed
    this.#mayHide = false
    this.#doubtful.clear()
    this.#held = new HeldSets(this.#ownerId)
    for (const set of table.all()) this.#held.add(set)
  }

  /** Asks now what the check that follows will want to know, so that the answer is on its way meanwhile. */
  lookAhead(signal: AbortSignal): Promise<string> | undefined {
    const answer = this.#session.probe?.(signal)
    // Whoever checks hears of a failure; maybe nobody does.
    answer?.catch(() => undefined)
    return answer
  }

  /** Whether the zone was read again because it is not, or may not be, what we know. */
  async check(signal: AbortSignal, ahead?: Promise<string>): Promise<boolean> {
    await this.#rebased
    const asked = ahead ?? this.#session.probe?.(signal)
    if (asked !== undefined && (await asked) === this.#probed) return false
    await this.read(signal)
    return true
  }

  /**
   * What is about to be written over, where a write cannot fail by itself on a set that changed: the whole zone where that can be asked
   * for, else these names. True when the whole zone was read for it.
   */
  lookOnceMore(names: readonly Fqdn[], signal: AbortSignal, ahead?: Promise<string>): Promise<boolean> {
    return this.#session.probe === undefined ? this.reread(names, signal) : this.check(signal, ahead)
  }

  /** True when the whole zone was read for it. */
  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<boolean> {
    const table = this.#table
    if (table === undefined || names.length > MOST_REREAD) {
      await this.read(signal)
      return true
    }
    if (names.length === 0) return false
    const found = await this.#session.reread(names, signal)
    for (const name of names) {
      for (const { key } of table.atName(name)) this.#forget(table, key)
      this.#doubtful.delete(name)
    }
    for (const set of found) this.#remember(table, set)
    return false
  }

  /** These are about to be written; `learn` ends it. */
  begin(changes: readonly Change[]): void {
    this.#underWay = new Set(changes.map(({ resource }) => resource.uid))
  }

  /**
   * What the answers to our own writes say, and which names they leave in doubt. Where our own writes move the serial too, what a probe
   * says next is only news if it differs from what it says after them. Only who asks next has to wait for that.
   */
  learn(outcomes: readonly ChangeOutcome[], signal: AbortSignal): void {
    this.#underWay = new Set()
    const table = this.#table
    if (table === undefined) return
    const isMoved = this.#session.comparesAndSwaps && outcomes.some(({ kind }) => kind === 'applied')
    if (isMoved) this.#rebased = this.#rebase(this.#rebased, signal)
    for (const outcome of outcomes) {
      const { key, resource } = outcome.change
      if (outcome.kind === 'outdated' || outcome.kind === 'unconfirmed') this.#doubt(key.name, resource.uid)
      if (outcome.kind !== 'applied') continue
      if (outcome.stored === undefined) this.#forget(table, key)
      else this.#remember(table, outcome.stored)
    }
    this.#refused.note(outcomes, table)
  }

  /** Reads again what is in doubt, and where something was refused. */
  async settle(signal: AbortSignal): Promise<Settled> {
    const names = new Set([...this.#doubtful.keys(), ...this.#refused.names])
    const isAllRead = await this.reread([...names], signal)
    return { isAllRead, news: this.#table === undefined ? [] : this.#refused.takeNews(this.#table) }
  }

  #doubt(name: Fqdn, uid: string): void {
    this.#doubtful.set(name, new Set([...(this.#doubtful.get(name) ?? []), uid]))
  }

  async #rebase(before: Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#session.probe === undefined) return
    this.#mayHide = true
    const probed = this.#session.probe(signal).catch(() => undefined)
    await before
    this.#probed = await probed
  }

  #remember(table: ZoneTable, set: StoredSet): void {
    this.#release(table, set.key)
    table.set(set)
    this.#held.add(set)
  }

  #forget(table: ZoneTable, key: RecordKey): void {
    this.#release(table, key)
    table.delete(key)
  }

  #release(table: ZoneTable, key: RecordKey): void {
    const set = table.get(key)
    if (set !== undefined) this.#held.remove(set)
  }
}
