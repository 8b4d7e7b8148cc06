import { TransientError, toReconcileError, type ReconcileError } from '../../model/errors.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import { keyText, type OwnerId, type RecordKey, type StoredSet } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import type { Change } from '../../plan/plan.ts'
import { CAPABILITIES } from '../capabilities.ts'
import { LostAnswerError } from '../http/http-client.ts'
import { readForeignMarks } from '../ownership/foreign-marks.ts'
import type { TxtRegistry } from '../ownership/txt-registry.ts'
import { readCut, ZoneCuts } from '../zone-cuts.ts'
import { cutBatches } from '../cut-batches.ts'
import { skipped, type ChangeOutcome, type ZoneSession } from '../provider.ts'
import { NoRouteError, OutdatedError, type CloudflareApi } from './cloudflare-api.ts'
import { countOperations, deriveOperations, leavingValues, type Operations } from './cloudflare-operations.ts'
import { sendSingly } from './cloudflare-singles.ts'
import { groupRecords, normaliseSet, type CloudflareRecord, type HeldSet } from './cloudflare-records.ts'

const PAGE_SIZE = 5000

export interface CloudflareSessionOptions {
  readonly api: CloudflareApi
  readonly zone: Fqdn
  readonly zoneId: string
  readonly ownerId: OwnerId
  readonly operationsPerBatch: number
  /** Reads the TXT marks that other programs keep in the zone. */
  readonly marks: TxtRegistry
}

export class CloudflareSession implements ZoneSession {
  readonly capabilities = CAPABILITIES.Cloudflare
  /**
   * Operations name the ids that the plan knew: one that is gone fails the batch, and what appeared since is not touched. Only a record
   * of ours that somebody edited in place is written over, as a later look would have done.
   */
  readonly comparesAndSwaps = true
  /** No proven probe: the API has no serial, and edge propagation makes the DNS one lag behind. */
  readonly probe = undefined
  readonly #options: CloudflareSessionOptions
  readonly #cuts: ZoneCuts
  #held = new Map<string, HeldSet>()
  /** Cloudflare itself takes batches; a server that stands in for it need not. Asked anew after each look at the zone. */
  #takesBatches = true

  constructor(options: CloudflareSessionOptions) {
    this.#options = options
    this.#cuts = new ZoneCuts(options.zone)
  }

  get zone(): Fqdn {
    return this.#options.zone
  }

  get #path(): string {
    return `zones/${this.#options.zoneId}/dns_records`
  }

  cutAbove(key: RecordKey): ZoneCut | undefined {
    return this.#cuts.above(key)
  }

  async *list(signal: AbortSignal): AsyncGenerator<readonly StoredSet[]> {
    const records = await this.#readAll(signal)
    const groups = this.#group(records)
    this.#cuts.learn(records.flatMap(({ name, type, content }) => readCut(parseStoredName(name), type, [content])))
    this.#held = new Map(groups.map((group) => [keyText(group.set.key), group]))
    this.#takesBatches = true
    yield readForeignMarks(
      groups.map(({ set }) => set),
      this.#options.marks,
    )
  }

  /** Of a few names the whole zone is the cheaper reading, unless it fills several pages. */
  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly StoredSet[]> {
    const asked = new Set(names)
    const pages = Math.ceil(this.#held.size / PAGE_SIZE)
    const records = await (asked.size > pages + 1 ? this.#readAll(signal) : this.#readNames(asked, signal))
    const groups = this.#group(records)
    // What is known of other names stays what their changes were planned on.
    for (const [text, { set }] of this.#held) if (asked.has(set.key.name)) this.#held.delete(text)
    for (const group of groups) if (asked.has(group.set.key.name)) this.#held.set(keyText(group.set.key), group)
    const sets = readForeignMarks(
      groups.map(({ set }) => set),
      this.#options.marks,
    )
    return sets.filter(({ key }) => asked.has(key.name))
  }

  async #readAll(signal: AbortSignal): Promise<readonly CloudflareRecord[]> {
    const records: CloudflareRecord[] = []
    let expected: number | undefined
    for await (const { items, total } of this.#recordPages({}, signal)) {
      records.push(...(items as readonly CloudflareRecord[]))
      expected = total
    }
    // What comes, goes or moves between two pages shifts the rest: one may have slipped through, and another show up twice.
    const distinct = new Set(records.map(({ id }) => id)).size
    if (distinct !== (expected ?? records.length)) {
      throw new TransientError(
        'ProviderUnavailable',
        `the zone ${this.zone} changed while it was read; reading it again`,
      )
    }
    return records
  }

  /** A mark stands at a name of its own; it is asked for only where there is something it could speak for. */
  async #readNames(names: ReadonlySet<Fqdn>, signal: AbortSignal): Promise<readonly CloudflareRecord[]> {
    const { marks } = this.#options
    const records: CloudflareRecord[] = []
    const read = async (name: Fqdn): Promise<void> => {
      for await (const { items } of this.#recordPages({ 'name.exact': name }, signal))
        records.push(...(items as readonly CloudflareRecord[]))
    }
    for (const name of names) await read(name)
    const unowned = this.#group(records).filter(({ set }) => set.values.some(({ owner }) => owner === undefined))
    const markNames = new Set(unowned.flatMap(({ set }) => marks.namesFor(set.key)))
    for (const name of markNames) if (!names.has(name)) await read(name)
    return records
  }

  normalise(set: StoredSet): StoredSet {
    return normaliseSet(set)
  }

  batch(changes: readonly Change[]): readonly (readonly Change[])[] {
    return cutBatches(changes, {
      nameOf: ({ key }) => key.name,
      sizeOf: (change) => countOperations(this.#operationsOf(change)),
      room: this.#takesBatches ? this.#options.operationsPerBatch : 1,
    })
  }

  async apply(batch: readonly Change[], signal: AbortSignal): Promise<readonly ChangeOutcome[]> {
    const body = mergeOperations(batch.map((change) => this.#operationsOf(change)))
    if (countOperations(body) === 0) return batch.map((change) => this.#remember(change, []))
    if (!this.#takesBatches) return this.#applySingly(batch, signal)
    try {
      const { result } = await this.#options.api.call({ method: 'POST', path: `${this.#path}/batch`, body }, signal)
      const { posts, patches } = answeredRecords(result)
      if (posts.length < body.posts.length || patches.length < body.patches.length)
        throw new LostAnswerError('ProviderUnavailable', 'Cloudflare did not say what became of every record')
      return batch.map((change) => this.#remember(change, [...posts, ...patches]))
    } catch (error) {
      signal.throwIfAborted()
      this.#takesBatches = !(error instanceof NoRouteError)
      if (!this.#takesBatches) return this.#applySingly(batch, signal)
      return batch.map((change) => failedOutcome(change, toReconcileError(error), batch.length))
    }
  }

  /** Name by name, until one finds that it has to wait. */
  async #applySingly(batch: readonly Change[], signal: AbortSignal): Promise<readonly ChangeOutcome[]> {
    const outcomes: ChangeOutcome[] = []
    for (const changes of this.batch(batch)) {
      const isAway = outcomes.some((outcome) => 'error' in outcome && outcome.error.kind !== 'terminal')
      outcomes.push(...(isAway ? changes.map(skipped) : await this.#applyName(changes, signal)))
    }
    return outcomes
  }

  async #applyName(changes: readonly Change[], signal: AbortSignal): Promise<readonly ChangeOutcome[]> {
    const held = new Map(
      changes
        .flatMap(({ key }) => [...(this.#held.get(keyText(key))?.held.values() ?? [])])
        .map(({ id, body }) => [id, body]),
    )
    const calls = { api: this.#options.api, path: this.#path, bodyOf: (id: string) => held.get(id) }
    try {
      const operations = mergeOperations(changes.map((change) => this.#operationsOf(change)))
      const written = await sendSingly(calls, operations, signal)
      return changes.map((change) => this.#remember(change, written))
    } catch (error) {
      signal.throwIfAborted()
      return changes.map((change) => failedOutcome(change, toReconcileError(error), 1))
    }
  }

  #group(records: readonly CloudflareRecord[]): readonly HeldSet[] {
    return groupRecords(records, this.#options.ownerId)
  }

  #recordPages(query: Readonly<Record<string, string>>, signal: AbortSignal): ReturnType<CloudflareApi['pages']> {
    const call = { method: 'GET', path: this.#path, query: { per_page: String(PAGE_SIZE), ...query } } as const
    return this.#options.api.pages(call, signal)
  }

  #operationsOf(change: Change): Operations {
    return deriveOperations(change, this.#held.get(keyText(change.key)), this.#options.ownerId)
  }

  /** The zone now holds what was asked for; the answer adds the ids. */
  #remember(change: Change, answered: readonly CloudflareRecord[]): ChangeOutcome {
    const text = keyText(change.key)
    const before = this.#held.get(text)
    const mine = answered.filter(({ name, type }) => isAt(change.key, name, type))
    const changed = new Set([...leavingValues(change, before), ...mine].map(({ id }) => id))
    const kept = [...(before?.held.values() ?? [])].filter(({ id }) => !changed.has(id))
    const [group] = this.#group([...kept.map(({ id, body }) => ({ id, ...body })), ...mine])
    if (group === undefined) this.#held.delete(text)
    else this.#held.set(text, group)
    return { kind: 'applied', change, stored: group?.set }
  }
}

/** A part of the batch that there was none of may be null, or left out. */
function answeredRecords(result: unknown): Readonly<Record<'posts' | 'patches', readonly CloudflareRecord[]>> {
  const { posts, patches } = result as { posts?: CloudflareRecord[] | null; patches?: CloudflareRecord[] | null }
  return { posts: posts ?? [], patches: patches ?? [] }
}

function isAt(key: RecordKey, name: string, type: string): boolean {
  return name.toLowerCase() === key.name && type === (key.type === 'ALIAS' ? 'CNAME' : key.type)
}

function mergeOperations(all: readonly Operations[]): Operations {
  return {
    deletes: all.flatMap(({ deletes }) => deletes),
    patches: all.flatMap(({ patches }) => patches),
    posts: all.flatMap(({ posts }) => posts),
  }
}

/** A batch is one transaction: it fails as a whole, and says nothing of which part was to blame. */
function failedOutcome(change: Change, error: ReconcileError, size: number): ChangeOutcome {
  if (error instanceof OutdatedError) return { kind: 'outdated', change, error }
  if (error.kind === 'transient') return { kind: 'unconfirmed', change, error }
  return { kind: 'failed', change, error, scope: size === 1 ? 'Change' : 'Batch' }
}
