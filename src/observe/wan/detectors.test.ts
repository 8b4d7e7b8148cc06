import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { createTestSpec } from '../../../test/fakes/wan/detect-ports.ts'
import { createSimulatedWorld, type SimulatedWorld } from '../../../test/fakes/wan/simulated-world.ts'
import type { IpAddress } from '../../model/address.ts'
import type { Detection } from './detection.ts'
import type { DetectionSpec } from './detection-spec.ts'
import type { DetectorHooks } from './detector.ts'
import { Detectors, type Subscription } from './detectors.ts'
import type { Observation } from './observation.ts'

const A = '9.9.9.9'
const B = '8.8.8.8'
const NAMES = ['a.net', 'b.net', 'c.net', 'd.net', 'e.net', 'f.net']
const running: Detectors[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((detectors) => detectors.close()))
})

interface Story {
  readonly world: SimulatedWorld
  readonly detectors: Detectors
  readonly subscription: Subscription
  readonly heard: readonly Observation[]
  /** The address that counts, or the reason why none does. */
  readonly current: () => string
}

function begin(spec: Partial<DetectionSpec> = {}, hooks: DetectorHooks = {}, names = NAMES): Story {
  const world = createSimulatedWorld(names, A)
  const detectors = new Detectors(world.ports, hooks)
  running.push(detectors)
  const heard: Observation[] = []
  const subscription = detectors.subscribe(createTestSpec(spec), (observation) => heard.push(observation))
  return { world, detectors, subscription, heard, current: () => inOneWord(subscription.observation.detection) }
}

function inOneWord(detection: Detection): string {
  return detection.kind === 'known' ? detection.address : detection.reason
}

describe('a detector', () => {
  it('knows the address after two rounds, the second with other sources', async () => {
    const believed: string[] = []
    const { world, heard, current } = begin({}, { onOutcome: ({ source }) => believed.push(source.name) })
    expect(current()).toBe('NotYetAsked')
    await world.clock.advance(20)
    expect(current()).toBe('NotYetAsked')
    await world.clock.advance(20)
    expect(current()).toBe(A)
    expect(heard).toHaveLength(1)
    expect(world.rounds).toEqual([0, 20])
    expect(new Set(believed).size).toBe(4)
  })

  it('knows the address after one round where changes need no confirmation', async () => {
    const { world, current } = begin({ confirmChanges: false })
    await world.clock.advance(20)
    expect(current()).toBe(A)
  })

  it('confirms with the same sources where there are no others', async () => {
    const { world, current } = begin({}, {}, ['a.net', 'b.net'])
    await world.clock.advance(40)
    expect(current()).toBe(A)
  })

  it('asks again after the interval, give or take a tenth, once', async () => {
    const { world, heard } = begin()
    await world.clock.advance(10 * 60_000)
    expect(heard.length).toBeGreaterThan(17)
    expect(heard.length).toBeLessThan(23)
    const gaps = world.rounds.slice(2).map((at, index) => at - (world.rounds[index + 1] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(27_000)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(33_100)
    expect(new Set(gaps).size).toBeGreaterThan(5)
  })

  it('finds a change in the next round, and remembers what was before', async () => {
    const { world, subscription, current } = begin()
    await world.clock.advance(1000)
    world.seeEverywhere(B)
    await world.clock.advance(33_100)
    expect(current()).toBe(B)
    expect(subscription.observation.sighting).toMatchObject({ address: B, previous: A })
  })

  it('does not believe a new address that the second round does not see', async () => {
    const { world, current } = begin({}, {}, ['a.net', 'b.net', 'c.net', 'd.net'])
    await world.clock.advance(1000)
    // Two liars are a quorum, and the other sources contradict them.
    world.see('a.net', B)
    world.see('b.net', B)
    await world.clock.advance(30 * 60_000)
    expect(current()).toBe(A)
  })

  it('asks at once when it is told to', async () => {
    const { world, subscription, heard } = begin()
    await world.clock.advance(5000)
    subscription.requestRound()
    await world.clock.advance(20)
    expect(heard).toHaveLength(2)
  })

  it('asks once more when it is told to during a round', async () => {
    const { world, subscription, heard } = begin({ confirmChanges: false })
    await world.clock.advance(10)
    subscription.requestRound()
    subscription.requestRound()
    world.seeEverywhere(B)
    await world.clock.advance(30)
    expect(world.rounds).toEqual([0, 20])
    expect(heard.map(({ detection }) => inOneWord(detection))).toEqual([A, B])
  })

  it('asks at once when the addresses of the machine change', async () => {
    const { world } = begin()
    await world.clock.advance(5000)
    world.renumber('192.168.7.7')
    await world.clock.advance(2000)
    expect(world.rounds).toEqual([0, 20, 6000])
  })

  it('asks again at once when a source that used to answer fails, once', async () => {
    const { world, current } = begin({ confirmChanges: false }, {}, ['a.net', 'b.net', 'c.net', 'd.net'])
    await world.clock.advance(5 * 60_000)
    const before = world.rounds.length
    world.see('a.net', undefined)
    await world.clock.advance(9 * 60_000)
    const gaps = world.rounds.slice(before).map((at, index) => at - (world.rounds[before + index - 1] ?? 0))
    expect(gaps.filter((gap) => gap < 1000)).toHaveLength(1)
    expect(current()).toBe(A)
  })

  it('gives a source that failed another chance after ten minutes, also when the date is set back meanwhile', async () => {
    const failed: string[] = []
    const { world } = begin(
      {},
      { onOutcome: ({ source, result }) => result.kind === 'failed' && failed.push(source.name) },
    )
    const [source] = world.sources
    if (source === undefined) throw new Error('no source')
    world.see(source.name, undefined)
    while (failed.length === 0) await world.clock.advance(1_000)
    world.see(source.name, A)
    world.clock.set(-2 * 3_600_000)
    const asked = source.asked
    await world.clock.advance(9 * 60_000)
    expect(source.asked).toBe(asked)
    await world.clock.advance(21 * 60_000)
    expect(source.asked).toBeGreaterThan(asked)
  })

  it('backs off while nobody answers, and is back within two intervals', async () => {
    const { world, current } = begin({ maxAgeSeconds: 86_400 })
    await world.clock.advance(1000)
    world.seeEverywhere(undefined)
    await world.clock.advance(60 * 60_000)
    const gaps = world.rounds.slice(1).map((at, index) => at - (world.rounds[index] ?? 0))
    expect(world.rounds.length).toBeLessThan(80)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(66_100)
    world.seeEverywhere(A)
    await world.clock.advance(66_100)
    expect(current()).toBe(A)
  })

  it('holds on to the last good address until it is too old, and says so at that moment', async () => {
    const { world, heard, current, subscription } = begin({ maxAgeSeconds: 600 })
    await world.clock.advance(40)
    world.seeEverywhere(undefined)
    await world.clock.advance(599_000)
    expect(current()).toBe(A)
    expect(subscription.observation.latest).toMatchObject({ kind: 'unknown', reason: 'NoAnswer' })
    await world.clock.advance(31_000)
    expect(current()).toBe('NoAnswer')
    const turned = heard.find(({ detection }) => detection.kind === 'unknown')
    expect(turned?.sighting?.address).toBe(A)
  })

  it('needs no confirmation after a restart for the address it had', async () => {
    const world = createSimulatedWorld(NAMES, A)
    const detectors = new Detectors(world.ports)
    running.push(detectors)
    const sighting = { address: A as IpAddress, seenAtMs: 0, changedAtMs: 0, previous: undefined }
    const subscription = detectors.subscribe(createTestSpec(), () => {}, sighting)
    expect(inOneWord(subscription.observation.detection)).toBe('NotYetAsked')
    await world.clock.advance(20)
    expect(inOneWord(subscription.observation.detection)).toBe(A)
    expect(world.rounds).toEqual([0])
    expect(subscription.observation.sighting?.changedAtMs).toBe(0)
  })

  it('tells its hooks of answers, rounds and changes', async () => {
    const said: string[] = []
    const { world } = begin(
      { maxAgeSeconds: 60 },
      {
        onOutcome: ({ source, result }) => said.push(`${source.transport} ${result.kind}`),
        onRound: (round, elapsedMs) => said.push(`round ${round.kind} ${elapsedMs} ms`),
        onChange: (next, previous) => said.push(`${inOneWord(previous)} → ${inOneWord(next)}`),
      },
      ['a.net', 'b.net'],
    )
    await world.clock.advance(40)
    const round = ['UDP answered', 'UDP answered', 'round known 20 ms']
    expect(said).toEqual([...round, ...round, `NotYetAsked → ${A}`])
    world.seeEverywhere(undefined)
    await world.clock.advance(120_000)
    expect(said.filter((line) => line.includes('→'))).toEqual([`NotYetAsked → ${A}`, `${A} → NoAnswer`])
  })

  it('survives a defect in a round', async () => {
    const world = createSimulatedWorld(NAMES, A)
    let broken = true
    const ports: typeof world.ports = {
      ...world.ports,
      detect: (...args) => (broken ? Promise.reject(new Error('a defect')) : world.ports.detect(...args)),
    }
    const detectors = new Detectors(ports)
    running.push(detectors)
    const subscription = detectors.subscribe(createTestSpec(), () => {})
    await world.clock.advance(10)
    expect(subscription.observation.detection).toMatchObject({
      kind: 'unknown',
      message: 'the round ended unexpectedly (a defect)',
    })
    broken = false
    await world.clock.advance(3000)
    expect(inOneWord(subscription.observation.detection)).toBe(A)
  })
})

describe('detectors', () => {
  it('share one loop among equal questions, whatever their order of words', async () => {
    const { world, detectors } = begin()
    const heard: Observation[] = []
    detectors.subscribe(createTestSpec(), (observation) => heard.push(observation))
    await world.clock.advance(40)
    expect(world.rounds).toHaveLength(2)
    expect(heard).toHaveLength(1)
  })

  it('ask different questions separately', async () => {
    const { world, detectors } = begin({ confirmChanges: false })
    detectors.subscribe(createTestSpec({ confirmChanges: false, quorum: 3 }), () => {})
    await world.clock.advance(20)
    expect(world.rounds).toEqual([0, 0])
  })

  it('go on until the last subscriber leaves, and leave nothing running then', async () => {
    const { world, detectors, subscription, heard } = begin()
    const second = detectors.subscribe(createTestSpec(), () => {})
    await world.clock.advance(40)
    subscription.close()
    subscription.close()
    await world.clock.advance(60_000)
    expect(world.rounds.length).toBeGreaterThan(2)
    expect(heard).toHaveLength(1)
    second.close()
    const rounds = world.rounds.length
    await world.clock.advance(600_000)
    expect(world.rounds).toHaveLength(rounds)
    expect(world.clock.sleeping).toBe(0)
  })

  it('start anew for one who subscribes after the last has left', async () => {
    const { world, detectors, subscription } = begin()
    await world.clock.advance(40)
    subscription.close()
    const again = detectors.subscribe(createTestSpec(), () => {})
    expect(inOneWord(again.observation.detection)).toBe('NotYetAsked')
    await world.clock.advance(40)
    expect(inOneWord(again.observation.detection)).toBe(A)
  })

  it('stop in the middle of a round when they are closed', async () => {
    const { world, detectors, heard } = begin()
    await world.clock.advance(10)
    await detectors.close()
    expect(world.sources.every(({ open }) => open === 0)).toBe(true)
    expect(world.clock.sleeping).toBe(0)
    expect(heard).toEqual([])
  })
})

describe('whatever the sources do', () => {
  it('no address is ever published that no quorum saw, and no failure takes one away before its time', async () => {
    const step = fc.record({
      source: fc.constantFrom(...NAMES),
      sees: fc.constantFrom(A, B, undefined),
      thenMs: fc.integer({ min: 100, max: 50_000 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const seenByQuorum = new Set<string>([A])
        const { world, heard, detectors } = begin({ maxAgeSeconds: 3600 })
        const sees = new Map<string, string | undefined>(NAMES.map((name) => [name, A]))
        await world.clock.advance(1000)
        for (const { source, sees: found, thenMs } of steps) {
          world.see(source, found)
          sees.set(source, found)
          for (const address of [A, B]) {
            if ([...sees.values()].filter((seen) => seen === address).length >= 2) seenByQuorum.add(address)
          }
          await world.clock.advance(thenMs)
        }
        for (const { detection } of heard) {
          expect(detection.kind).toBe('known')
          expect([...seenByQuorum]).toContain(inOneWord(detection))
        }
        await detectors.close()
      }),
      { numRuns: 60 },
    )
  })
})
