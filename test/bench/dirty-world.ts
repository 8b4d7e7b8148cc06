// A zone worker with wishes that can be set one by one: what stands above it in the real thing, made as thin as can be.
import type { Clock } from '../../src/model/clock.ts'
import type { Intent } from '../../src/model/intent.ts'
import type { Fqdn } from '../../src/model/name.ts'
import type { OwnerId } from '../../src/model/record-set.ts'
import type { ZoneRef } from '../../src/model/zone.ts'
import { ZoneWorker } from '../../src/apply/zone-worker.ts'
import type { ZoneSession } from '../../src/providers/provider.ts'

export interface DirtyWorldOptions {
  readonly zone: ZoneRef
  readonly ownerId: OwnerId
  readonly session: ZoneSession
  readonly clock: Clock
}

export class DirtyWorld {
  readonly #options: DirtyWorldOptions
  readonly #worker: ZoneWorker
  readonly #wishes = new Map<string, Intent>()
  readonly #unsettled = new Set<string>()
  readonly #controller = new AbortController()
  readonly #running: Promise<void>
  #settled: (() => void) | undefined
  #everLooked = false

  constructor(options: DirtyWorldOptions) {
    this.#options = options
    this.#worker = new ZoneWorker({
      ...options,
      random: () => 0.5,
      budget: { fill: () => 1, admitted: 0, restMs: () => 0 },
      isMoreComing: () => false,
      onTurn: (error) => error && console.error(options.zone.zone, error.message),
      report: ({ names, outcomes }) => {
        this.#everLooked = true
        for (const name of names ?? this.#wishes.keys()) this.#unsettled.delete(name)
        const failed = outcomes.filter(({ kind }) => kind !== 'applied')
        if (failed.length > 0) console.error(`${failed.length} changes were not applied: ${failed[0]?.kind}`)
        if (this.#unsettled.size === 0) this.#settled?.()
      },
      wishes: {
        settle: (names) => ({
          intents: (names ?? [...this.#wishes.keys()]).flatMap((name) => this.#wishes.get(name) ?? []),
          refusals: [],
        }),
        gate: (_resource, changes) => ({ apply: changes, held: [] }),
        together: (names) => names,
        isClaimed: () => true,
        brakes: () => ({
          guard: { maxDeletePercent: 30, windowSeconds: 600 },
          approvedHashes: [],
          pruneHashes: [],
          dryRun: false,
        }),
      },
    })
    this.#running = this.#worker.run(this.#controller.signal)
  }

  want(name: string, values: readonly string[]): void {
    const fqdn = name as Fqdn
    this.#wishes.set(name, {
      kind: 'update',
      key: { name: fqdn, type: 'A', setId: '' },
      zone: this.#options.zone,
      resource: { uid: 'bench', namespace: 'bench', name: 'bench' },
      values: values.map((value) => ({ value, target: 'bench' })),
      ...{ ttl: 300, routing: undefined, options: undefined, adopt: false },
    })
    this.#unsettled.add(name)
    this.#worker.touch([fqdn])
  }

  /** Until everything wanted was looked at and written. */
  async settle(): Promise<void> {
    if (this.#everLooked && this.#unsettled.size === 0) return
    await new Promise<void>((resolve) => (this.#settled = resolve))
  }

  async stop(): Promise<void> {
    this.#controller.abort()
    await this.#running
  }
}
