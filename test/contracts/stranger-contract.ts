// What somebody else makes in a zone stays, whatever a zone worker is just doing there: told for every call of a few stories.
import { describe, expect, it } from 'vitest'
import { ZoneWorker } from '../../src/apply/zone-worker.ts'
import type { Intent } from '../../src/model/intent.ts'
import type { Fqdn } from '../../src/model/name.ts'
import { keyText, type OwnerId, type RecordKey, type RecordType } from '../../src/model/record-set.ts'
import type { ZoneSession } from '../../src/providers/provider.ts'
import { SimulatedClock } from '../support/simulated-clock.ts'
import type { ProviderBench } from './provider-contract.ts'

export interface StrangerOptions {
  readonly name: string
  readonly ownerId: OwnerId
  readonly start: () => Promise<ProviderBench>
  /** Why what comes in the last moment before a write may be written over. */
  readonly lastMoment: string | undefined
}

interface Wishes {
  readonly want: (label: string, type: RecordType, value: string) => void
  readonly drop: (label: string, type: RecordType) => void
}

interface Story {
  readonly title: string
  readonly before: (wishes: Wishes) => void
  readonly then: (wishes: Wishes) => void
}

const FOREIGN = '198.51.100.7'
const QUIET_MS = 90_000

const STORIES: readonly Story[] = [
  {
    title: 'creates it and others',
    before: () => undefined,
    then({ want }) {
      for (const label of ['a', 'www', 'x']) want(label, 'A', '192.0.2.1')
    },
  },
  {
    title: 'deletes it',
    before({ want }) {
      for (const label of ['a', 'www']) want(label, 'A', '192.0.2.1')
    },
    then: ({ drop }) => drop('www', 'A'),
  },
  {
    title: 'makes a CNAME of it',
    before({ want }) {
      for (const label of ['a', 'www']) want(label, 'A', '192.0.2.1')
    },
    then({ want, drop }) {
      drop('www', 'A')
      want('www', 'CNAME', 'target.example.net')
    },
  },
]

/** At a simulated time, over real connections. */
class StrangerWorld implements Wishes {
  readonly clock = new SimulatedClock()
  readonly #zone: Fqdn
  readonly #wishes = new Map<string, Intent>()
  readonly #stopping = new AbortController()
  readonly #worker: ZoneWorker
  readonly #running: Promise<void>

  static async start(bench: ProviderBench, ownerId: OwnerId): Promise<StrangerWorld> {
    return new StrangerWorld(await bench.open(), ownerId)
  }

  private constructor(session: ZoneSession, ownerId: OwnerId) {
    const { zone } = session
    this.#zone = zone
    const isAsked = (names: readonly Fqdn[] | undefined, { name }: RecordKey): boolean => names?.includes(name) ?? true
    const guard = { maxDeletePercent: 100, windowSeconds: 600 }
    this.#worker = new ZoneWorker({
      ...{ zone: { provider: 'dns/main', zone }, ownerId, session, clock: this.clock },
      random: () => 0.5,
      budget: { fill: () => 1, admitted: 0, restMs: () => 0 },
      isMoreComing: () => false,
      report: () => undefined,
      onTurn: () => undefined,
      wishes: {
        settle: (names) => ({
          intents: [...this.#wishes.values()].filter(({ key }) => isAsked(names, key)),
          refusals: [],
        }),
        gate: (_resource, changes) => ({ apply: changes, held: [] }),
        together: (names) => names,
        isClaimed: () => true,
        brakes: () => ({ guard, approvedHashes: [], pruneHashes: [], dryRun: false }),
      },
    })
    this.#running = this.#worker.run(this.#stopping.signal)
  }

  readonly want = (label: string, type: RecordType, value: string): void => {
    const settings = { ttl: 300, routing: undefined, options: undefined, adopt: false }
    this.#wish({ kind: 'update', ...this.#of(label, type), values: [{ value, target: 'nodes' }], ...settings })
  }

  readonly drop = (label: string, type: RecordType): void => {
    this.#wish({ kind: 'clear', ...this.#of(label, type), disposal: 'Delete' })
  }

  async live(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      await this.#untilAsleep()
      await this.clock.advance(500)
    }
    await this.#untilAsleep()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  #of(label: string, type: RecordType): Pick<Intent, 'key' | 'zone' | 'resource'> {
    const key = { name: `${label}.${this.#zone}` as Fqdn, type, setId: '' }
    const resource = { uid: '11111111-2222-3333-4444-555555555555', namespace: 'web', name: 'shop' }
    return { key, zone: { provider: 'dns/main', zone: this.#zone }, resource }
  }

  #wish(intent: Intent): void {
    this.#wishes.set(keyText(intent.key), intent)
    this.#worker.touch([intent.key.name])
  }

  async #untilAsleep(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while (this.clock.sleeping === 0)
  }
}

export function describeStrangers({ name, ownerId, start, lastMoment }: StrangerOptions): void {
  describe(`${name} keeps what somebody makes at a name`, () => {
    const note = lastMoment === undefined ? '' : `, but for the last moment before a write: ${lastMoment}`
    it.each(STORIES.map(({ title, ...story }) => [title, story] as const))(
      `before any call with which Stoa %s${note}`,
      async (_title, { before, then }) => {
        for (let at = 1, isOver = false; !isOver; at += 1) isOver = await tell(at, before, then)
      },
    )

    /** The story with somebody before its nth call. True when it has no such call. */
    const tell = async (at: number, before: Story['before'], then: Story['then']): Promise<boolean> => {
      const bench = await start()
      const world = await StrangerWorld.start(bench, ownerId)
      before(world)
      await world.live(1_000)
      const www = `www.${bench.zone}`
      let [calls, made] = [0, false]
      if (bench.onCall === undefined) throw new Error('the bench has no onCall: give it, or a reason in the skips')
      bench.onCall(async (isWrite) => {
        calls += 1
        if (calls !== at || (isWrite && lastMoment !== undefined)) return
        const isFree = [...(await bench.peek(www, 'A')), ...(await bench.peek(www, 'CNAME'))].length === 0
        if (isFree) await bench.seed({ name: www, type: 'A', values: [FOREIGN] })
        made = isFree
      })
      then(world)
      await world.live(1_000)
      const isOver = calls < at
      await world.live(QUIET_MS)
      if (made) expect(await bench.peek(www, 'A'), `before call ${at}`).toContain(FOREIGN)
      await world.stop()
      await bench.stop()
      return isOver
    }
  })
}
