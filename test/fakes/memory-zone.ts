// A zone in memory behind the session port, on any clock: for stories about the worker, where no wire matters.
import { TerminalError, TransientError, type ReconcileError } from '../../src/model/errors.ts'
import type { Fqdn } from '../../src/model/name.ts'
import type { StoredSet } from '../../src/model/record-set.ts'
import { ZoneTable, type ZoneCapabilities } from '../../src/model/zone.ts'
import { applyChanges } from '../../src/plan/apply-in-memory.ts'
import { sameContent } from '../../src/plan/compare-sets.ts'
import type { Change } from '../../src/plan/plan.ts'
import type { WorkerBudget } from '../../src/apply/zone-worker.ts'
import type { ChangeOutcome, ZoneSession } from '../../src/providers/provider.ts'

export interface MemoryZoneOptions {
  readonly zone?: string
  readonly comparesAndSwaps?: boolean
  readonly probes?: boolean
  readonly ownership?: ZoneCapabilities['ownership']
  readonly batchSize?: number
  readonly routing?: ZoneCapabilities['routing']
}

type Call =
  { readonly kind: 'list' | 'reread' | 'probe' } | { readonly kind: 'apply'; readonly changes: readonly Change[] }
type Fault = 'down' | 'lost-answer' | ReconcileError

export class MemoryZone implements ZoneSession {
  readonly zone: Fqdn
  readonly table = new ZoneTable()
  readonly calls: Call[] = []
  readonly comparesAndSwaps: boolean
  readonly capabilities: ZoneCapabilities
  readonly probe: ZoneSession['probe']
  readonly #batchSize: number
  /** Values the provider refuses for good. */
  readonly poisoned = new Set<string>()
  /** Names that never are what a look at them shows. */
  readonly elusive = new Set<string>()
  #serial = 0
  #ownSteps = 0
  #faults: { fault: Fault; left: number }[] = []

  constructor(options: MemoryZoneOptions = {}) {
    this.zone = (options.zone ?? 'example.com') as Fqdn
    this.comparesAndSwaps = options.comparesAndSwaps ?? true
    this.#batchSize = options.batchSize ?? 1000
    this.capabilities = {
      ownership: options.ownership ?? 'PerSet',
      routing: options.routing ?? [],
      minTtl: 60,
      maxTtl: 86_400,
      maxValues: 100,
      apexAlias: 'ALIAS',
      wildcards: true,
    }
    this.probe =
      options.probes === true
        ? (): Promise<string> =>
            this.#note({ kind: 'probe' }, () => String(this.#serial - (this.comparesAndSwaps ? 0 : this.#ownSteps)))
        : undefined
  }

  /** As if it had a credential of its own, with all the allowance in the world. */
  get budget(): WorkerBudget {
    const calls = this.calls
    return {
      fill: () => 1,
      restMs: () => 0,
      get admitted() {
        return calls.length
      },
    }
  }

  get writes(): number {
    return this.calls.filter(({ kind }) => kind === 'apply').length
  }

  /** Somebody else changes the zone. */
  edit(change: (table: ZoneTable) => void): void {
    change(this.table)
    this.#serial += 1
  }

  fail(fault: Fault, times = 1): void {
    this.#faults.push({ fault, left: times })
  }

  heal(): void {
    this.#faults = []
  }

  async *list(): AsyncGenerator<readonly StoredSet[]> {
    yield await this.#note({ kind: 'list' }, () => [...this.table.all()])
  }

  reread(names: readonly Fqdn[]): Promise<readonly StoredSet[]> {
    return this.#note({ kind: 'reread' }, () => names.flatMap((name) => this.table.atName(name)))
  }

  batch(changes: readonly Change[]): readonly (readonly Change[])[] {
    const count = Math.ceil(changes.length / this.#batchSize)
    return Array.from({ length: count }, (_, at) => changes.slice(at * this.#batchSize, (at + 1) * this.#batchSize))
  }

  apply(batch: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    this.calls.push({ kind: 'apply', changes: batch })
    return Promise.resolve(this.#carryOut(batch))
  }

  normalise(set: StoredSet): StoredSet {
    return { ...set, ttl: Math.min(Math.max(set.ttl, this.capabilities.minTtl), this.capabilities.maxTtl) }
  }

  #carryOut(batch: readonly Change[]): readonly ChangeOutcome[] {
    const fault = this.#takeFault()
    const error = new TransientError('ProviderUnavailable', 'the provider is down')
    if (fault === 'down') return batch.map((change) => ({ kind: 'unconfirmed', change, error }))
    if (fault !== undefined && fault !== 'lost-answer') {
      return batch.map((change) => ({ kind: 'failed', change, error: fault, scope: 'Batch' }))
    }
    if (this.comparesAndSwaps && batch.some((change) => this.#isOutdated(change))) {
      const stale = new TransientError('Outdated', 'the set is no longer what it was')
      return batch.map((change) => ({ kind: 'outdated', change, error: stale }))
    }
    if (
      batch.some(
        (change) => change.kind !== 'delete' && change.next.values.some(({ value }) => this.poisoned.has(value)),
      )
    ) {
      const refused = new TerminalError('ProviderRefused', 'a value is not acceptable')
      return batch.map((change) => ({
        kind: 'failed',
        change,
        error: refused,
        scope: batch.length === 1 ? 'Change' : 'Batch',
      }))
    }
    applyChanges(this.table, batch)
    this.#serial += 1
    if (fault !== 'lost-answer') this.#ownSteps += 1
    if (fault === 'lost-answer') return batch.map((change) => ({ kind: 'unconfirmed', change, error }))
    return batch.map((change) => ({ kind: 'applied', change, stored: this.table.get(change.key) }))
  }

  #isOutdated(change: Change): boolean {
    if (this.elusive.has(change.key.name)) return true
    const present = this.table.get(change.key)
    if (change.kind === 'create') return present !== undefined
    return present === undefined || !sameContent(present, change.previous)
  }

  #note<Result>(call: Call, answer: () => Result): Promise<Result> {
    this.calls.push(call)
    const fault = this.#takeFault()
    if (fault === undefined) return Promise.resolve(answer())
    return Promise.reject(
      typeof fault === 'string' ? new TransientError('ProviderUnavailable', 'the provider is down') : fault,
    )
  }

  #takeFault(): Fault | undefined {
    const planned = this.#faults.find(({ left }) => left > 0)
    if (planned !== undefined) planned.left -= 1
    return planned?.fault
  }
}
