import { describe, expect, it } from 'vitest'
import { SimulatedClock } from '../../test/support/simulated-clock.ts'
import type { Purpose } from '../providers/call-gate.ts'
import { Breaker } from './breaker.ts'
import { CallBudget, fenceGate } from './call-budget.ts'

const signal = new AbortController().signal

function openBudget(capacity = 10): {
  clock: SimulatedClock
  budget: CallBudget
  admitted: () => number
  ask: (p?: Purpose) => void
} {
  const clock = new SimulatedClock()
  const budget = new CallBudget({
    allowance: { capacity, refillPerSecond: 1 },
    clock,
    breaker: new Breaker(clock, () => 1),
  })
  let count = 0
  const ask = (purpose: Purpose = 'Work'): void => {
    void budget.admit(purpose, signal).then(() => (count += 1))
  }
  return { clock, budget, admitted: () => count, ask }
}

describe('the call budget of a credential', () => {
  it('keeps a tenth of the allowance for repairs', async () => {
    const { clock, admitted, ask } = openBudget()
    for (let call = 0; call < 10; call += 1) ask('Work')
    await clock.advance(0)
    expect(admitted()).toBe(9)
    ask('Repair')
    await clock.advance(0)
    expect(admitted()).toBe(10)
  })

  it('sends nothing before the time a provider asked for, not even repairs', async () => {
    const { clock, budget, admitted, ask } = openBudget()
    budget.settle({ kind: 'throttled', afterMs: 5_000 })
    ask('Repair')
    await clock.advance(4_999)
    expect(admitted()).toBe(0)
    await clock.advance(1)
    expect(admitted()).toBe(1)
  })

  it('waits for no date: calls flow as before when that is set back', async () => {
    const { clock, budget, admitted, ask } = openBudget()
    for (let call = 0; call < 12; call += 1) ask('Repair')
    await clock.advance(0)
    budget.settle({ kind: 'throttled', afterMs: 5_000 })
    clock.set(-2 * 3_600_000)
    await clock.advance(10_000)
    expect(admitted()).toBe(12)
  })

  it('waits for nobody who was not asked', async () => {
    const { clock, budget, admitted, ask } = openBudget()
    for (let call = 0; call < 20; call += 1) budget.settle({ kind: 'unsent' })
    expect(budget.closedUntil()).toBeUndefined()
    for (let call = 0; call < 5; call += 1) budget.settle({ kind: 'failed' })
    await clock.advance(1_000)
    ask()
    await clock.advance(0)
    budget.settle({ kind: 'unsent' })
    ask()
    await clock.advance(0)
    expect(admitted()).toBe(2)
  })

  it('opens after five failures in a row, then tries one call alone', async () => {
    const { clock, budget, admitted, ask } = openBudget()
    for (let failure = 0; failure < 5; failure += 1) budget.settle({ kind: 'failed' })
    expect(budget.closedUntil()).toBe(clock.monotonicNow() + 1_000)
    ask()
    ask()
    await clock.advance(1_000)
    expect(admitted()).toBe(1)
    budget.settle({ kind: 'answered' })
    await clock.advance(100)
    expect(admitted()).toBe(2)
  })

  it('pauses twice as long after each failed trial, up to a minute', () => {
    const { clock, budget } = openBudget()
    const pauses = Array.from({ length: 14 }, () => {
      budget.settle({ kind: 'failed' })
      return (budget.closedUntil() ?? clock.monotonicNow()) - clock.monotonicNow()
    })
    expect(pauses.slice(3, 12)).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it('believes the provider’s own count of what is left', async () => {
    const { clock, budget, admitted, ask } = openBudget()
    budget.settle({ kind: 'answered', remaining: 0 })
    ask()
    await clock.advance(1_000)
    expect(admitted()).toBe(0)
    await clock.advance(1_000)
    expect(admitted()).toBe(1)
  })

  it('asks no more in a window of which the provider says that nothing is left', async () => {
    const { clock, budget, admitted, ask } = openBudget()
    budget.settle({ kind: 'answered', remaining: 1, renewedAfterMs: 120_000 })
    expect(budget.closedUntil()).toBeUndefined()
    budget.settle({ kind: 'answered', remaining: 0, renewedAfterMs: 120_000 })
    ask('Repair')
    await clock.advance(119_999)
    expect(admitted()).toBe(0)
    await clock.advance(1)
    expect(admitted()).toBe(1)
  })

  it('lets a waiting caller go when it is aborted', async () => {
    const { clock, budget } = openBudget()
    budget.settle({ kind: 'throttled', afterMs: 5_000 })
    const controller = new AbortController()
    const waiting = budget.admit('Work', controller.signal)
    controller.abort(new Error('stopping'))
    await expect(waiting).rejects.toThrow('stopping')
    expect(clock.sleeping).toBe(0)
  })
})

it('admits ordinary calls however small the allowance is', async () => {
  const { clock, admitted, ask } = openBudget(1)
  ask()
  await clock.advance(0)
  expect(admitted()).toBe(1)
})

describe('a fenced gate', () => {
  it('lets nothing through once its run is stopped, not even what was waiting', async () => {
    const { clock, budget } = openBudget()
    const [stopping, other] = [new AbortController(), new AbortController()]
    const [gate, next] = [fenceGate(budget, stopping.signal), fenceGate(budget, other.signal)]
    budget.settle({ kind: 'throttled', afterMs: 300_000 })
    const waiting = gate.admit('Work', signal)
    await clock.advance(1_000)
    stopping.abort(new Error('no longer the leader'))
    await expect(waiting).rejects.toThrow('no longer the leader')
    await expect(gate.admit('Work', signal)).rejects.toThrow('no longer the leader')
    const later = next.admit('Work', signal)
    await clock.advance(300_000)
    await expect(later).resolves.toBeUndefined()
  })

  it('still hears the caller', async () => {
    const { clock, budget } = openBudget()
    const caller = new AbortController()
    budget.settle({ kind: 'throttled', afterMs: 300_000 })
    const waiting = fenceGate(budget, signal).admit('Work', caller.signal)
    await clock.advance(1_000)
    caller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})
