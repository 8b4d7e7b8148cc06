import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LeaseServer, type LeaseCallFate } from '../../../test/fakes/lease-fake.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import type { Clock } from '../../model/clock.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { SILENT_LOGGER } from '../../telemetry/logger.ts'
import { DEFAULT_LEASE_DURATIONS, runElection, type LeaderElection } from './lease-election.ts'
import type { Leadership, LeaseDurations } from './lease-tenure.ts'

const { longestCallMs } = DEFAULT_LEASE_DURATIONS
const never = (): AbortSignal => new AbortController().signal
const QUICK: LeaseCallFate = { requestMs: 5, answerMs: 5 }

/** A call to a provider, as the provider sees it. */
interface Call {
  readonly by: string
  readonly from: number
  readonly to: number
}

interface World {
  readonly clock: SimulatedClock
  readonly server: LeaseServer
  readonly calls: Call[]
  readonly random: () => number
}

function createWorld(seed = 1): World {
  return { clock: new SimulatedClock(), server: new LeaseServer(), calls: [], random: createSeededRandom(seed) }
}

/** A process that takes part in the election, and calls the provider without a pause while it leads. */
class Candidate {
  fate: () => LeaseCallFate = () => QUICK
  leading = false
  leads = 0
  readonly name: string
  readonly #world: World
  readonly #ending = new AbortController()
  #stoppedUntil = 0
  #suspendedMs = 0
  #killed = false

  constructor(name: string, world: World) {
    this.name = name
    this.#world = world
  }

  start(durations: LeaseDurations = DEFAULT_LEASE_DURATIONS): Promise<void> {
    const { clock, server, random } = this.#world
    const own: Clock = {
      now: () => clock.now(),
      monotonicNow: () => clock.monotonicNow() - this.#suspendedMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    }
    const election = {
      api: server.connect(
        () => this.fate(),
        (ms) => this.#sleep(ms, never()),
      ),
      identity: this.name,
      clock: own,
      random,
      durations,
      lead: (stopping: AbortSignal, leadership: Leadership) => this.#lead(stopping, leadership),
      log: SILENT_LOGGER,
    }
    return runElection(election, this.#ending.signal)
  }

  end(): void {
    this.#ending.abort()
  }

  /** As SIGSTOP does: nothing of it moves, and everything that is due happens afterwards. */
  freeze(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#world.clock.now() + ms)
  }

  /** As a machine does that sleeps: its monotonic clock stands still, too. */
  suspend(ms: number): void {
    this.freeze(ms)
    this.#suspendedMs += ms
  }

  /** As SIGKILL does. */
  kill(): void {
    this.#killed = true
    this.leading = false
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#world
    await clock.sleep(ms, signal)
    while (clock.now() < this.#stoppedUntil) await clock.sleep(this.#stoppedUntil - clock.now(), never())
    if (this.#killed) await new Promise(() => undefined)
  }

  async #lead(stopping: AbortSignal, leadership: Leadership): Promise<void> {
    const { clock, calls, random } = this.#world
    this.leads += 1
    this.leading = true
    while (!stopping.aborted) {
      if (leadership.holds()) {
        const lengthMs = random() * longestCallMs
        calls.push({ by: this.name, from: clock.now(), to: clock.now() + lengthMs })
        await this.#sleep(lengthMs, never())
      } else {
        await this.#sleep(10, never())
      }
    }
    this.leading = false
  }
}

function firstOverlap(calls: readonly Call[]): readonly [Call, Call] | undefined {
  const sorted = [...calls].sort((a, b) => a.from - b.from)
  for (const [index, call] of sorted.entries()) {
    const other = sorted.slice(index + 1).find((later) => later.from < call.to && later.by !== call.by)
    if (other !== undefined) return [call, other]
  }
  return undefined
}

function createPair(world: World): readonly [Candidate, Candidate] {
  return [new Candidate('a', world), new Candidate('b', world)]
}

describe('an election', () => {
  it('has one leader, who stays while it can renew', async () => {
    const world = createWorld()
    const [a, b] = createPair(world)
    void a.start()
    await world.clock.advance(100)
    void b.start()
    await world.clock.advance(600_000)
    expect([a.leads, b.leads, a.leading]).toEqual([1, 0, true])
    expect(world.server.lease).toMatchObject({ holder: 'a', transitions: 0 })
  })

  it('gives the lease back on a graceful stop, after the call in flight, and the next leads within two seconds', async () => {
    const world = createWorld()
    const [a, b] = createPair(world)
    const ended = a.start()
    await world.clock.advance(100)
    void b.start()
    await world.clock.advance(30_000)
    a.end()
    await world.clock.advance(longestCallMs + 100)
    await ended
    const lastOfA = Math.max(...world.calls.filter(({ by }) => by === 'a').map(({ to }) => to))
    await world.clock.advance(2_000)
    const firstOfB = world.calls.find(({ by }) => by === 'b')?.from ?? Infinity
    expect(b.leading).toBe(true)
    expect(firstOfB).toBeGreaterThanOrEqual(lastOfA)
    expect(firstOfB - lastOfA).toBeLessThan(2_000)
  })

  it('takes over from a killed leader within the lease and two seconds, whenever it was killed', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const world = createWorld(seed)
      const [a, b] = createPair(world)
      void a.start()
      await world.clock.advance(100)
      void b.start()
      await world.clock.advance(20_000 + seed * 111)
      a.kill()
      const killedAt = world.clock.now()
      await world.clock.advance(DEFAULT_LEASE_DURATIONS.leaseMs + 2_000)
      expect(b.leading, `killed at ${killedAt}`).toBe(true)
      expect(firstOverlap(world.calls)).toBeUndefined()
    }
  })

  it('does not lead by an answer that was read only after the process had been stopped for long', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const world = createWorld(seed)
      const [a, b] = createPair(world)
      a.fate = () => ({ requestMs: 5, answerMs: 1_500 })
      void a.start()
      await world.clock.advance(3_000)
      void b.start()
      await world.clock.advance(20_000 + seed * 111)
      a.freeze(40_000)
      await world.clock.advance(60_000)
      expect([a.leads, b.leads]).toEqual([1, 1])
      expect(firstOverlap(world.calls)).toBeUndefined()
    }
  })

  it('begins nothing after its machine has slept while another took over', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const world = createWorld(seed)
      const [a, b] = createPair(world)
      void a.start()
      await world.clock.advance(3_000)
      void b.start()
      await world.clock.advance(20_000 + seed * 111)
      a.suspend(40_000)
      await world.clock.advance(60_000)
      expect([a.leading, b.leading]).toEqual([false, true])
      const byB = world.calls.filter(({ by }) => by === 'b')
      const lateOfA = world.calls.filter(({ by, from }) => by === 'a' && from > (byB[0]?.from ?? Infinity))
      expect(lateOfA).toEqual([])
    }
  })

  it('goes on leading when the date is set back', async () => {
    const world = createWorld()
    const a = new Candidate('a', world)
    void a.start()
    await world.clock.advance(10_000)
    world.clock.set(-3_600_000)
    await world.clock.advance(60_000)
    expect([a.leading, a.leads]).toEqual([true, 1])
  })

  it('leads again soon after the date was set forward', async () => {
    const world = createWorld()
    const a = new Candidate('a', world)
    void a.start()
    await world.clock.advance(10_000)
    world.clock.set(86_400_000)
    await world.clock.advance(20_000)
    expect(a.leading).toBe(true)
  })

  it('stops leading when renewals get no answer, before another can take over, and comes back when they do', async () => {
    const world = createWorld()
    const a = new Candidate('a', world)
    void a.start()
    await world.clock.advance(10_000)
    a.fate = () => ({ ...QUICK, lost: 'request' })
    await world.clock.advance(DEFAULT_LEASE_DURATIONS.renewDeadlineMs + longestCallMs)
    expect(a.leading).toBe(false)
    a.fate = () => QUICK
    await world.clock.advance(20_000)
    expect([a.leading, a.leads]).toEqual([true, 2])
  })

  it('goes on leading when answers are lost now and then: the record says whose it is', async () => {
    const world = createWorld()
    const a = new Candidate('a', world)
    let calls = 0
    a.fate = () => ({ ...QUICK, lost: (calls += 1) % 4 === 0 ? 'answer' : undefined })
    void a.start()
    await world.clock.advance(300_000)
    expect([a.leading, a.leads]).toEqual([true, 1])
  })

  it('waits a whole lease when somebody removes the Lease under a leader', async () => {
    const world = createWorld()
    const [a, b] = createPair(world)
    void a.start()
    await world.clock.advance(100)
    void b.start()
    await world.clock.advance(20_000)
    world.server.lease = undefined
    await world.clock.advance(60_000)
    expect([a.leading, b.leading].filter(Boolean)).toHaveLength(1)
    expect(firstOverlap(world.calls)).toBeUndefined()
  })

  describe('whose work ends by itself', () => {
    const electionOf = (world: World, lead: () => Promise<void>): LeaderElection => ({
      api: world.server.connect(
        () => QUICK,
        (ms) => world.clock.sleep(ms, never()),
      ),
      identity: 'a',
      clock: world.clock,
      random: world.random,
      durations: DEFAULT_LEASE_DURATIONS,
      lead,
      log: SILENT_LOGGER,
    })

    it('with an error ends with it, and lets others lead at once', async () => {
      const world = createWorld()
      const failing = electionOf(world, () => Promise.reject(new Error('the work failed')))
      const outcome = expect(runElection(failing, never())).rejects.toThrow('the work failed')
      await world.clock.advance(1_000)
      await outcome
      expect(world.server.lease).toMatchObject({ holder: '' })
    })

    it('without one gives the lease back, and stands again after a while', async () => {
      const world = createWorld()
      let leads = 0
      void runElection(
        electionOf(world, () => Promise.resolve(void (leads += 1))),
        never(),
      )
      await world.clock.advance(DEFAULT_LEASE_DURATIONS.renewMs * 10)
      expect(leads).toBeGreaterThan(5)
      expect(leads).toBeLessThanOrEqual(10)
    })
  })

  it('has defaults under which the longest call that a provider is given is over before anybody else leads', () => {
    const { leaseMs, renewDeadlineMs } = DEFAULT_LEASE_DURATIONS
    expect(renewDeadlineMs + LONGEST_CALL_MS).toBeLessThan(leaseMs)
    expect(longestCallMs).toBe(LONGEST_CALL_MS)
  })

  it('refuses durations under which a call could outlive the lease, or under which there is one try only', async () => {
    const start = (durations: LeaseDurations): Promise<void> => new Candidate('a', createWorld()).start(durations)
    await expect(start({ ...DEFAULT_LEASE_DURATIONS, renewDeadlineMs: 10_000 })).rejects.toThrow('too short')
    await expect(start({ ...DEFAULT_LEASE_DURATIONS, renewMs: 5_000 })).rejects.toThrow('no second try')
  })
})

describe('whatever happens to the network and the processes', () => {
  const trouble = fc.record({
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    who: fc.integer({ min: 0, max: 2 }),
    what: fc.constantFrom('freeze', 'suspend', 'lose', 'delay', 'heal', 'restart'),
    forMs: fc.integer({ min: 0, max: 40_000 }),
  })

  it('no two lead at once, and one leads soon after the trouble is over', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(trouble, { maxLength: 20 }), async (seed, troubles) => {
        const world = createWorld(seed)
        const candidates = ['a', 'b', 'c'].map((name) => new Candidate(name, world))
        for (const candidate of candidates) void candidate.start()
        for (const { afterMs, who, what, forMs } of troubles) {
          await world.clock.advance(afterMs)
          const candidate = candidates[who] as Candidate
          if (what === 'freeze') candidate.freeze(forMs)
          if (what === 'suspend') candidate.suspend(forMs)
          if (what === 'heal') candidate.fate = () => QUICK
          if (what === 'lose')
            candidate.fate = () => ({
              ...QUICK,
              lost: ([undefined, 'request', 'answer'] as const)[Math.floor(world.random() * 3)],
            })
          if (what === 'delay')
            candidate.fate = () => ({ requestMs: world.random() * forMs, answerMs: world.random() * forMs })
          if (what === 'restart') {
            candidate.kill()
            candidates[who] = new Candidate(`${candidate.name}+`, world)
            void candidates[who].start()
          }
        }
        for (const candidate of candidates) candidate.fate = () => QUICK
        await world.clock.advance(120_000)
        expect(firstOverlap(world.calls)).toBeUndefined()
        expect(candidates.filter(({ leading }) => leading)).toHaveLength(1)
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})
