// What becomes of a decision while the provider lets nothing through.
import { afterEach, expect, it } from 'vitest'
import { MemoryZone } from '../../test/fakes/memory-zone.ts'
import { SimulatedClock } from '../../test/support/simulated-clock.ts'
import { startWorld, type World } from '../../test/support/zone-worker-world.ts'
import type { Lesson } from '../providers/call-gate.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome } from '../providers/provider.ts'
import { Breaker } from './breaker.ts'
import { CallBudget } from './call-budget.ts'
import type { WorkerBudget } from './zone-worker.ts'

let ended = new AbortController()
afterEach(() => {
  ended.abort()
  ended = new AbortController()
})

/** Takes one change a call, and after each of them the budget learns the lesson. */
class TeachingZone extends MemoryZone {
  readonly #budget: CallBudget
  readonly #lesson: Lesson

  constructor(budget: CallBudget, lesson: Lesson) {
    super({ batchSize: 1 })
    this.#budget = budget
    this.#lesson = lesson
  }

  override async apply(batch: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    await this.#budget.admit('Work', ended.signal)
    const outcomes = await super.apply(batch)
    this.#budget.settle(this.#lesson)
    return outcomes
  }
}

function startTaught(lesson: Lesson): World {
  const clock = new SimulatedClock()
  const allowance = { capacity: 1_200, refillPerSecond: 4 }
  const budget = new CallBudget({ allowance, clock, breaker: new Breaker(clock, () => 1) })
  const budgetOf = (zone: MemoryZone): WorkerBudget => Object.assign(zone.budget, { restMs: () => budget.restMs() })
  return startWorld({}, undefined, budgetOf, { clock, memory: new TeachingZone(budget, lesson) })
}

it.each<[string, Lesson]>([
  ['when the allowance is used up', { kind: 'answered', remaining: 0, renewedAfterMs: 240_000 }],
  ['when it is asked to wait', { kind: 'throttled', afterMs: 240_000 }],
])('what was decided before is not written minutes later, %s', async (_what, lesson) => {
  const { clock, memory, want, brakes, reports } = startTaught(lesson)
  for (const label of ['a', 'b', 'c']) want(label, ['192.0.2.1'])
  await clock.advance(1_000)
  expect(memory.writes).toBe(1)
  expect(reports.at(-1)?.outcomes).toMatchObject([
    { kind: 'failed', error: { kind: 'waiting', reason: 'RateLimited' } },
  ])
  brakes.dryRun = true
  await clock.advance(600_000)
  expect(memory.writes).toBe(1)
  brakes.dryRun = false
  await clock.advance(900_000)
  expect(memory.writes).toBe(3)
})

it('what has to wait for a moment only is written as it was decided', async () => {
  const { clock, memory, want } = startTaught({ kind: 'throttled', afterMs: 4_000 })
  for (const label of ['a', 'b', 'c']) want(label, ['192.0.2.1'])
  await clock.advance(8_100)
  expect(memory.writes).toBe(3)
})
