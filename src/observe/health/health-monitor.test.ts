import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import type { IpAddress } from '../../model/address.ts'
import { HealthMonitor } from './health-monitor.ts'
import type { Verdict } from './judge-probes.ts'
import type { ProbeSpec } from './probe-spec.ts'

const spec = (address: string, more: Partial<ProbeSpec> = {}): ProbeSpec => ({
  address: address as IpAddress,
  port: 80,
  handler: { kind: 'tcp' },
  periodMs: 5_000,
  timeoutMs: 3_000,
  failureThreshold: 3,
  successThreshold: 1,
  ...more,
})

interface World {
  readonly clock: SimulatedClock
  readonly monitor: HealthMonitor
  readonly broken: Set<string>
  readonly asked: string[]
  readonly verdicts: { readonly address: string; readonly verdict: Verdict }[]
  readonly underWay: { now: number; most: number }
}

/** What is still reachable, in bytes. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

const monitors: HealthMonitor[] = []
afterEach(() => {
  for (const monitor of monitors.splice(0)) monitor.stop()
})

function startWorld(concurrency = 100, latencyMs = 0): World {
  const clock = new SimulatedClock()
  const broken = new Set<string>()
  const asked: string[] = []
  const verdicts: World['verdicts'] = []
  const underWay = { now: 0, most: 0 }
  let seed = 0
  const monitor = new HealthMonitor({
    clock,
    concurrency,
    random: () => (seed = (seed + 0.37) % 1),
    onVerdict: ({ address }, verdict) => verdicts.push({ address, verdict }),
    async probe({ address }, signal) {
      asked.push(address)
      underWay.now += 1
      underWay.most = Math.max(underWay.most, underWay.now)
      try {
        if (latencyMs > 0) await clock.sleep(latencyMs, signal)
      } finally {
        underWay.now -= 1
      }
      return broken.has(address) ? 'connection refused' : undefined
    },
  })
  monitors.push(monitor)
  return { clock, monitor, broken, asked, verdicts, underWay }
}

describe('the health monitor', () => {
  it('knows within a period that all is well, and says so once', async () => {
    const { clock, monitor, verdicts } = startWorld()
    monitor.watch([spec('192.0.2.1')])
    expect(monitor.verdictOf(spec('192.0.2.1'))).toBeUndefined()
    await clock.advance(60_000)
    expect(verdicts).toEqual([{ address: '192.0.2.1', verdict: { kind: 'healthy' } }])
  })

  it('asks a new endpoint within five seconds, however rarely later', async () => {
    const { clock, monitor, asked, verdicts } = startWorld()
    const addresses = Array.from({ length: 50 }, (_, index) => `192.0.2.${index}`)
    monitor.watch(addresses.map((address) => spec(address, { periodMs: 3_600_000 })))
    await clock.advance(1_000)
    expect(asked.length).toBeLessThan(addresses.length / 2)
    await clock.advance(4_000)
    expect([asked.length, verdicts.length]).toEqual([addresses.length, addresses.length])
    await clock.advance(3_300_000)
    expect(asked).toHaveLength(addresses.length)
  })

  it('tells of a dead endpoint within twenty seconds, with the defaults', async () => {
    const { clock, monitor, broken, verdicts } = startWorld()
    monitor.watch([spec('192.0.2.1')])
    await clock.advance(30_000)
    broken.add('192.0.2.1')
    await clock.advance(20_000)
    expect(verdicts.at(-1)?.verdict).toMatchObject({ kind: 'unhealthy', message: 'connection refused' })
  })

  it('goes on at its pace when the date is set back during a probe', async () => {
    const { clock, monitor, asked } = startWorld(100, 1_000)
    monitor.watch([spec('192.0.2.1')])
    while (asked.length === 0) await clock.advance(100)
    clock.set(-2 * 3_600_000)
    await clock.advance(60_000)
    expect(asked.length).toBeGreaterThan(10)
  })

  it('spreads its probes over the period', async () => {
    const { clock, monitor, asked } = startWorld()
    monitor.watch(Array.from({ length: 100 }, (_, index) => spec(`192.0.2.${index}`)))
    await clock.advance(500)
    expect(asked.length).toBeLessThan(30)
    await clock.advance(4_500)
    expect(new Set(asked).size).toBe(100)
  })

  it('never has more probes under way than allowed, and starves none', async () => {
    const { clock, monitor, asked, underWay } = startWorld(10, 1_000)
    monitor.watch(Array.from({ length: 200 }, (_, index) => spec(`192.0.2.${index}`, { periodMs: 1_000 })))
    await clock.advance(60_000)
    expect(underWay.most).toBe(10)
    const counts = [...new Set(asked)].map((address) => asked.filter((one) => one === address).length)
    expect(new Set(asked).size).toBe(200)
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(2)
  })

  it('shares its places fairly among 5,000 probes, and holds no more with time', async () => {
    // 40 places of 100 ms each are 400 probes a second, where 500 are asked for.
    const { clock, monitor, asked, underWay } = startWorld(40, 100)
    monitor.watch(Array.from({ length: 5_000 }, (_, at) => spec(`10.0.${at >> 8}.${at & 255}`, { periodMs: 10_000 })))
    // Everything there is to know about each has been written down by then.
    await clock.advance(60_000)
    const early = heapInUse()
    asked.length = 0
    await clock.advance(50_000)
    const counts = new Map<string, number>()
    for (const address of asked) counts.set(address, (counts.get(address) ?? 0) + 1)
    expect(underWay.most).toBe(40)
    expect(asked.length).toBeGreaterThan(0.98 * 50 * 400)
    expect(counts.size).toBe(5_000)
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(2)
    asked.length = 0
    counts.clear()
    expect(heapInUse() - early).toBeLessThan(1024 * 1024)
    monitor.stop()
    await clock.advance(1_000)
    expect({ sleeping: clock.sleeping, underWay: underWay.now }).toEqual({ sleeping: 0, underWay: 0 })
  }, 60_000)

  it('keeps the verdict of what it goes on watching, and forgets what it does not', async () => {
    const { clock, monitor, asked } = startWorld()
    monitor.watch([spec('192.0.2.1'), spec('192.0.2.2')])
    await clock.advance(10_000)
    monitor.watch([spec('192.0.2.1')])
    expect(monitor.verdictOf(spec('192.0.2.1'))).toEqual({ kind: 'healthy' })
    expect(monitor.verdictOf(spec('192.0.2.2'))).toBeUndefined()
    const before = asked.length
    await clock.advance(10_000)
    expect(new Set(asked.slice(before))).toEqual(new Set(['192.0.2.1']))
  })

  it('asks once for all who ask the same', async () => {
    const { clock, monitor, asked } = startWorld()
    monitor.watch([spec('192.0.2.1'), spec('192.0.2.1'), spec('192.0.2.1')])
    await clock.advance(5_000)
    expect(monitor.size).toBe(1)
    expect(asked.length).toBeLessThanOrEqual(2)
  })

  it('gives up a probe that waits for its turn when it is no longer wanted', async () => {
    const { clock, monitor, asked } = startWorld(1, 60_000)
    monitor.watch([spec('192.0.2.1'), spec('192.0.2.2')])
    await clock.advance(10_000)
    monitor.watch([])
    await clock.advance(120_000)
    expect(asked).toHaveLength(1)
    expect(clock.sleeping).toBe(0)
  })
})
