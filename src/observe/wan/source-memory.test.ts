import { describe, expect, it } from 'vitest'
import type { SourceOutcome, SourceResult } from './detection.ts'
import { SourceMemory } from './source-memory.ts'

const outcome = (name: string, kind: SourceResult['kind'], elapsedMs = 1): SourceOutcome => ({
  source: { name, operator: name, transport: 'UDP', authenticated: false },
  result: { kind, message: '', addresses: [], address: '' } as never,
  elapsedMs,
})

describe('the memory of sources', () => {
  it('notices that a source which used to answer fails, once', () => {
    const memory = new SourceMemory()
    expect(memory.learn([outcome('a', 'answered'), outcome('b', 'failed')], 0)).toBe(false)
    expect(memory.learn([outcome('a', 'failed'), outcome('b', 'failed')], 1)).toBe(true)
    expect(memory.learn([outcome('a', 'failed')], 2)).toBe(false)
  })

  it('takes a refused answer for a failure and an unneeded source for nothing', () => {
    const memory = new SourceMemory()
    memory.learn([outcome('a', 'answered'), outcome('b', 'answered')], 0)
    expect(memory.learn([outcome('a', 'unneeded')], 1)).toBe(false)
    expect(memory.learn([outcome('b', 'refused')], 1)).toBe(true)
    expect([...memory.hints(new Set()).failing]).toEqual(['b'])
  })

  it('remembers who kept the others waiting', () => {
    const memory = new SourceMemory()
    expect(memory.learn([outcome('slow', 'unneeded', 170), outcome('quick', 'unneeded', 149)], 0)).toBe(false)
    expect([...memory.hints(new Set()).failing]).toEqual(['slow'])
  })

  it('forgets a failure when the source answers, or after ten minutes', () => {
    const memory = new SourceMemory()
    memory.learn([outcome('a', 'failed'), outcome('b', 'failed')], 0)
    memory.learn([outcome('a', 'answered')], 1)
    expect([...memory.hints(new Set()).failing]).toEqual(['b'])
    memory.learn([], 600_000)
    expect([...memory.hints(new Set()).failing]).toEqual([])
  })

  it('does not grow without end', () => {
    const memory = new SourceMemory()
    for (let round = 0; round < 3000; round += 1) memory.learn([outcome(`s${round}`, 'failed')], round)
    expect(memory.hints(new Set()).failing.size).toBeLessThanOrEqual(1000)
  })
})
