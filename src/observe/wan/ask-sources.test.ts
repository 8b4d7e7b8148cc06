import { describe, expect, it } from 'vitest'
import { createMemorySource, type MemoryAnswer, type MemorySource } from '../../../test/fakes/wan/memory-source.ts'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import { askSources, type AskOptions, type AskResult } from './ask-sources.ts'
import type { Transport } from './detection.ts'

const A = '9.9.9.9'
const B = '8.8.8.8'

interface Round {
  readonly clock: SimulatedClock
  readonly sources: readonly MemorySource[]
  readonly result: Promise<AskResult>
  /** When it ended, in ms after its start; undefined while it runs. */
  endedAt(): number | undefined
}

function startRound(
  answers: readonly (MemoryAnswer | undefined)[],
  options: Partial<AskOptions> & { quorum?: number; transports?: readonly Transport[] } = {},
  signal: AbortSignal = new AbortController().signal,
): Round {
  const clock = new SimulatedClock()
  const startedAt = clock.now()
  const sources = answers.map((answer, index) =>
    createMemorySource(`s${index}`, clock, answer, options.transports?.[index]),
  )
  const policy = { quorum: options.quorum ?? 2, requireAuthenticated: false }
  let ended: number | undefined
  const result = askSources(sources, { policy, timeoutMs: 3000, clock, refuse: () => undefined, ...options }, signal)
  result.then(
    () => (ended = clock.now() - startedAt),
    () => (ended = clock.now() - startedAt),
  )
  return { clock, sources, result, endedAt: () => ended }
}

const after = (afterMs: number, address?: string): MemoryAnswer => ({
  afterMs,
  ...(address === undefined ? {} : { address }),
})
const askedOf = ({ sources }: Round): readonly number[] => sources.map(({ asked }) => asked)

describe('a round of questions', () => {
  it('asks one source more than the quorum needs and ends with the quorum', async () => {
    const round = startRound([after(20, A), after(30, A), after(40, A), after(20, A)])
    await round.clock.advance(30)
    expect(round.endedAt()).toBe(30)
    expect(askedOf(round)).toEqual([1, 1, 1, 0])
    const { verdict, outcomes } = await round.result
    expect(verdict).toEqual({ kind: 'known', address: A, contested: false })
    expect(outcomes.map(({ result }) => result.kind)).toEqual(['answered', 'answered', 'unneeded', 'unneeded'])
    expect(outcomes.map(({ elapsedMs }) => elapsedMs)).toEqual([20, 30, 30, 0])
  })

  it('asks everyone else after 150 ms', async () => {
    const round = startRound([undefined, undefined, after(20, A), after(20, A), after(20, A)])
    await round.clock.advance(149)
    expect(askedOf(round)).toEqual([1, 1, 1, 0, 0])
    await round.clock.advance(1)
    expect(askedOf(round)).toEqual([1, 1, 1, 1, 1])
    await round.clock.advance(20)
    expect(round.endedAt()).toBe(170)
  })

  it('asks a substitute as soon as one fails', async () => {
    const round = startRound([after(5), after(10), after(20, A), after(20, A), after(20, A), after(20, A)])
    await round.clock.advance(5)
    expect(askedOf(round)).toEqual([1, 1, 1, 1, 0, 0])
    await round.clock.advance(25)
    expect(askedOf(round)).toEqual([1, 1, 1, 1, 1, 0])
    expect(round.endedAt()).toBe(25)
  })

  it('asks another authenticated source where one has failed', async () => {
    const transports = ['HTTPS', 'UDP', 'UDP', 'UDP', 'HTTPS', 'HTTPS'] as const
    const answers = [after(5), ...Array.from({ length: 5 }, () => after(20, A))]
    const policy = { quorum: 2, requireAuthenticated: true }
    const round = startRound(answers, { transports, policy })
    await round.clock.advance(25)
    expect(askedOf(round)).toEqual([1, 1, 1, 0, 1, 0])
    expect(round.endedAt()).toBe(25)
    expect((await round.result).verdict).toMatchObject({ kind: 'known', address: A })
  })

  it('asks a substitute for an answer that is not to be believed', async () => {
    const refuse = (address: string): string | undefined => (address === B ? 'not B' : undefined)
    const round = startRound([after(5, B), after(20, A), after(20, A), after(20, A)], { refuse })
    await round.clock.advance(20)
    expect(askedOf(round)).toEqual([1, 1, 1, 1])
    const { outcomes } = await round.result
    expect(outcomes[0]?.result).toEqual({ kind: 'refused', address: B, message: 'not B' })
  })

  it('ends at the deadline when nobody answers, naming everyone', async () => {
    const round = startRound([undefined, undefined, undefined, undefined, undefined])
    await round.clock.advance(2999)
    expect(round.endedAt()).toBeUndefined()
    await round.clock.advance(1)
    const { verdict, outcomes } = await round.result
    expect(verdict).toEqual({ kind: 'unknown', reason: 'NoAnswer' })
    expect(outcomes.map(({ result }) => result)).toEqual(
      Array.from({ length: 5 }, () => ({ kind: 'failed', message: 'no answer in time' })),
    )
  })

  it('ends at once when everyone has failed', async () => {
    const round = startRound([after(1), after(1), after(1), after(1)])
    await round.clock.advance(2)
    expect(round.endedAt()).toBe(2)
    expect((await round.result).verdict).toEqual({ kind: 'unknown', reason: 'NoAnswer' })
  })

  it('hears everyone out when no quorum is possible any more', async () => {
    const round = startRound([after(5), after(10, A), after(300, B)], { quorum: 3 })
    await round.clock.advance(300)
    expect(round.endedAt()).toBe(300)
    const { verdict, outcomes } = await round.result
    expect(verdict).toEqual({ kind: 'unknown', reason: 'NoQuorum' })
    expect(outcomes.map(({ result }) => result.kind)).toEqual(['failed', 'answered', 'answered'])
  })

  it('gives a contradiction 150 ms to grow before it believes a contested quorum', async () => {
    const round = startRound([after(20, B), after(30, A), after(40, A), undefined, undefined])
    await round.clock.advance(40)
    expect(askedOf(round)).toEqual([1, 1, 1, 1, 1])
    await round.clock.advance(149)
    expect(round.endedAt()).toBeUndefined()
    await round.clock.advance(1)
    expect((await round.result).verdict).toMatchObject({ kind: 'known', address: A })
  })

  it('finds the conflict when the contradiction has grown to a quorum', async () => {
    const round = startRound([after(20, B), after(30, A), after(40, A), after(20, B), after(50, A)])
    await round.clock.advance(90)
    expect(round.endedAt()).toBe(90)
    expect((await round.result).verdict).toEqual({ kind: 'unknown', reason: 'Conflict' })
    expect((await round.result).outcomes.every(({ result }) => result.kind === 'answered')).toBe(true)
  })

  it('believes a contested quorum as soon as nobody is left to contest it', async () => {
    const round = startRound([after(20, B), after(30, A), after(40, A), after(20)])
    await round.clock.advance(60)
    expect(round.endedAt()).toBe(60)
    expect((await round.result).verdict).toMatchObject({ kind: 'known', address: A })
  })

  it('believes at the deadline what then has a quorum, contested or not', async () => {
    const round = startRound([after(2950, B), after(2960, A), after(2970, A), undefined, undefined])
    await round.clock.advance(3000)
    expect((await round.result).verdict).toMatchObject({ kind: 'known', address: A })
  })

  it('rejects with the reason when it is aborted, at once', async () => {
    const stopping = new AbortController()
    const round = startRound([undefined, undefined, undefined, undefined], {}, stopping.signal)
    await round.clock.advance(10)
    stopping.abort(new Error('stopping'))
    await expect(round.result).rejects.toThrow('stopping')
    expect(round.sources.map(({ open }) => open)).toEqual([0, 0, 0, 0])
    expect(round.clock.sleeping).toBe(0)
  })

  it('does not begin when it is already aborted', async () => {
    const round = startRound([after(1, A)], {}, AbortSignal.abort(new Error('stopping')))
    await expect(round.result).rejects.toThrow('stopping')
    expect(askedOf(round)).toEqual([0])
  })

  it.each([
    ['with an answer', [after(20, A), after(20, A), undefined, undefined]],
    ['without', [undefined, undefined, undefined, undefined]],
  ])('leaves no question and no timer behind, %s', async (_how, answers) => {
    const round = startRound(answers)
    await round.clock.advance(3000)
    await round.result
    expect(round.sources.map(({ open }) => open)).toEqual([0, 0, 0, 0])
    expect(round.clock.sleeping).toBe(0)
  })

  it('tells of every answer as it comes', async () => {
    const heard: string[] = []
    const round = startRound([after(20, A), after(5), after(10, A), undefined], {
      onOutcome: ({ source, result }) => heard.push(`${source.name} ${result.kind}`),
    })
    await round.clock.advance(20)
    await round.result
    expect(heard).toEqual(['s1 failed', 's2 answered', 's0 answered'])
  })
})
