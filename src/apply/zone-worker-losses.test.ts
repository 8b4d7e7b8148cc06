import { describe, expect, it } from 'vitest'
import { foreign, name, startWorld, stops } from '../../test/support/zone-worker-world.ts'
import { TerminalError, TransientError, WaitingError } from '../model/errors.ts'
import type { StoredSet } from '../model/record-set.ts'
import type { Change } from '../plan/plan.ts'
import type { ChangeOutcome } from '../providers/provider.ts'

describe('what a zone worker must not lose', () => {
  const keyOf = (label: string): StoredSet['key'] => ({ name: name(label), type: 'A', setId: '' })

  it('reports what it wrote also when nothing can be read afterwards', async () => {
    const { clock, memory, want, reports } = startWorld({ batchSize: 1 })
    await clock.advance(1_000)
    want('a', ['192.0.2.1'])
    want('b', ['192.0.2.1'])
    let calls = 0
    const apply = memory.apply.bind(memory)
    memory.apply = (batch): ReturnType<typeof apply> => {
      calls += 1
      if (calls === 2) memory.fail('down', 3)
      return apply(batch)
    }
    await clock.advance(500)
    expect(reports.at(-1)?.outcomes.map(({ kind }) => kind)).toEqual(['applied', 'unconfirmed'])
  })

  it('does not keep a zone waiting for a name that is never what it was read as', async () => {
    const { clock, memory, want, valuesAt } = startWorld()
    await clock.advance(1_000)
    memory.elusive.add(name('web'))
    for (const label of ['a', 'b', 'web', 'x', 'y']) want(label, ['192.0.2.1'])
    await clock.advance(500)
    expect(['a', 'b', 'web', 'x', 'y'].filter((label) => valuesAt(label) === undefined)).toEqual(['web'])
    want('z', ['192.0.2.1'])
    await clock.advance(500)
    expect(valuesAt('z')).toEqual(['192.0.2.1'])
  })

  it('plans nothing on a name in doubt before it was read again', async () => {
    const { clock, memory, want, valuesAt } = startWorld()
    await clock.advance(1_000)
    memory.fail('lost-answer')
    memory.fail('down')
    want('www', ['192.0.2.1'])
    await clock.advance(60_000)
    expect([valuesAt('www'), memory.writes]).toEqual([['192.0.2.1'], 1])
  })

  it('sees what others did elsewhere in the zone when it looks once more before a write', async () => {
    const { clock, memory, want, drop, valuesAt } = startWorld({ probes: true, comparesAndSwaps: false })
    for (const label of ['a', 'b', 'c', 'd', 'e']) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    memory.edit((table) => table.delete(keyOf('a')))
    drop('b')
    await clock.advance(1_000)
    expect([valuesAt('a'), valuesAt('b')]).toEqual([['192.0.2.1'], undefined])
  })

  it.each([true, false])('sees what others make beside a write of its own (compares and swaps: %s)', async (swaps) => {
    const { clock, memory, want, valuesAt } = startWorld({ probes: true, comparesAndSwaps: swaps })
    await clock.advance(1_000)
    const apply = memory.apply.bind(memory)
    memory.apply = async (batch): ReturnType<typeof apply> => {
      const outcomes = await apply(batch)
      if (batch.some(({ key }) => key.name === name('a')))
        memory.edit((table) => table.set(foreign('b', '198.51.100.9')))
      return outcomes
    }
    want('a', ['192.0.2.1'])
    await clock.advance(1_000)
    want('b', ['192.0.2.2'])
    await clock.advance(1_000)
    expect([valuesAt('a'), valuesAt('b')]).toEqual([['192.0.2.1'], ['198.51.100.9']])
  })

  it('writes what is wanted by then, where that changes while it looks once more', async () => {
    const { clock, memory, want, valuesAt } = startWorld({ probes: true, comparesAndSwaps: false })
    want('a', ['192.0.2.1'])
    await clock.advance(1_000)
    const probe = memory.probe?.bind(memory)
    let probes = 0
    Object.assign(memory, {
      probe: (signal: AbortSignal) => {
        if (++probes === 1) want('a', ['192.0.2.3'])
        return probe?.(signal)
      },
    })
    want('a', ['192.0.2.2'])
    await clock.advance(1_000)
    const written = memory.calls.flatMap((call) => (call.kind === 'apply' ? call.changes : []))
    const values = written.map((change) => ('next' in change ? change.next?.values.map(({ value }) => value) : []))
    expect([values, valuesAt('a')]).toEqual([[['192.0.2.1'], ['192.0.2.3']], ['192.0.2.3']])
  })

  it.each([
    { sees: 'the whole zone', probes: true, calls: [['a', 'b']] },
    { sees: 'these names', probes: false, calls: [['a'], ['b']] },
  ])('takes along what is touched during a look only where it looks at $sees', async ({ probes, calls }) => {
    const { clock, memory, want, valuesAt } = startWorld({ probes, comparesAndSwaps: false })
    await clock.advance(1_000)
    const kind = probes ? 'probe' : 'reread'
    const look = memory[kind]?.bind(memory) as (...given: readonly unknown[]) => unknown
    let isFirst = true
    Object.assign(memory, {
      [kind]: (...given: readonly unknown[]) => {
        if (isFirst) want('b', ['192.0.2.2'])
        isFirst = false
        return look(...given)
      },
    })
    want('a', ['192.0.2.1'])
    await clock.advance(1_000)
    const written = memory.calls.flatMap((call) => (call.kind === 'apply' ? [call.changes] : []))
    expect(written.map((changes) => changes.map(({ key }) => key.name))).toEqual(
      calls.map((labels) => labels.map(name)),
    )
    expect([valuesAt('a'), valuesAt('b')]).toEqual([['192.0.2.1'], ['192.0.2.2']])
  })

  it('asks ahead where many names were touched, and once', async () => {
    const { clock, memory, want, valuesAt, worker } = startWorld({ probes: true, comparesAndSwaps: false })
    const labels = Array.from({ length: 60 }, (_, index) => `n${index}`)
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    memory.edit((table) => table.delete(keyOf('n0')))
    for (const label of labels.slice(1)) want(label, ['192.0.2.2'])
    const from = memory.calls.length
    await clock.advance(90)
    const calls = ['probe', 'probe', 'list', 'apply', 'probe', 'apply']
    expect(memory.calls.slice(from).map(({ kind }) => kind)).toEqual(calls)
    await clock.advance(1_000)
    expect([valuesAt('n0'), valuesAt('n1')]).toEqual([['192.0.2.1'], ['192.0.2.2']])
    // Nothing is to be written, and nobody hears the answer: it may fail.
    memory.fail('down')
    const touched = memory.calls.length
    worker.touch(labels.map(name))
    await clock.advance(90)
    expect(memory.calls.slice(touched).map(({ kind }) => kind)).toEqual(['probe'])
  })

  it('looks first and decides once where more of the same is coming, and takes that along', async () => {
    let isMoreComing = true
    const elsewhere = { isMoreComing: (): boolean => isMoreComing }
    const options = { probes: true, comparesAndSwaps: false }
    const { clock, memory, want, decided, valuesAt } = startWorld(options, undefined, undefined, elsewhere)
    await clock.advance(1_000)
    memory.edit((table) => table.set(foreign('n0', '198.51.100.9')))
    const labels = Array.from({ length: 60 }, (_, index) => `n${index}`)
    const probe = memory.probe?.bind(memory)
    Object.assign(memory, {
      probe: async (signal: AbortSignal) => {
        if (isMoreComing) want('late', ['192.0.2.3'])
        isMoreComing = false
        return probe?.(signal)
      },
    })
    const [calls, decisions] = [memory.calls.length, decided()]
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(300)
    expect(memory.calls.slice(calls).map(({ kind }) => kind)).toEqual(['probe', 'probe', 'list', 'apply'])
    expect(decided() - decisions).toBe(2)
    expect(['n0', 'n1', 'late'].map(valuesAt)).toEqual([['198.51.100.9'], ['192.0.2.1'], ['192.0.2.3']])
  })

  it.each([
    { count: 60, probes: true, comesAlong: 'shorter where many wait for a look that takes along what comes', ms: 130 },
    { count: 40, probes: true, comesAlong: 'as ever where few wait', ms: 255 },
    { count: 60, probes: false, comesAlong: 'as ever where there is no such look', ms: 255 },
  ])('gathers $comesAlong', async ({ count, probes, ms }) => {
    const elsewhere = { isMoreComing: (): boolean => true }
    const options = { probes, comparesAndSwaps: false }
    const { clock, memory, want } = startWorld(options, undefined, undefined, elsewhere)
    await clock.advance(1_000)
    const { writes } = memory
    for (let index = 0; index < count; index += 1) want(`n${index}`, ['192.0.2.1'])
    await clock.advance(ms - 10)
    expect(memory.writes - writes).toBe(0)
    await clock.advance(10)
    expect(memory.writes - writes).toBe(1)
  })

  it('sees in the end what somebody did just before a write of its own moved the same serial', async () => {
    const { clock, memory, want, valuesAt } = startWorld({ probes: true })
    want('a', ['192.0.2.1'])
    await clock.advance(1_000)
    memory.edit((table) => table.delete(keyOf('a')))
    want('b', ['192.0.2.1'])
    await clock.advance(700_000)
    expect(valuesAt('a')).toEqual(['192.0.2.1'])
  })

  it('does not write over what somebody made since the zone was read, where the provider cannot compare', async () => {
    const { clock, memory, want, valuesAt, reports } = startWorld({ comparesAndSwaps: false })
    await clock.advance(1_000)
    memory.edit((table) => table.set(foreign('www', '198.51.100.7')))
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    expect(valuesAt('www')).toEqual(['198.51.100.7'])
    expect(reports.at(-1)?.refusals).toMatchObject([{ reason: 'NotOwned' }])
  })

  it('does not write over it either where it began to be wanted during a look at other names', async () => {
    const { clock, memory, want, worker, valuesAt } = startWorld({ comparesAndSwaps: false })
    await clock.advance(1_000)
    memory.edit((table) => table.set(foreign('b', '198.51.100.7')))
    const reread = memory.reread.bind(memory)
    memory.reread = (names): ReturnType<typeof reread> => {
      memory.reread = reread
      for (const label of ['b', 'c']) want(label, ['192.0.2.2'])
      return reread(names)
    }
    want('a', ['192.0.2.1'])
    worker.touch()
    await clock.advance(1_000)
    expect([valuesAt('a'), valuesAt('b'), valuesAt('c')]).toEqual([['192.0.2.1'], ['198.51.100.7'], ['192.0.2.2']])
  })

  it('tries what was refused for good again after a while, since not every cure makes an event', async () => {
    const { clock, memory, want, valuesAt } = startWorld({ probes: true })
    await clock.advance(1_000)
    memory.fail(new TerminalError('CredentialsInvalid', 'refused'))
    want('www', ['192.0.2.1'])
    await clock.advance(200)
    expect([valuesAt('www'), memory.writes]).toEqual([undefined, 1])
    memory.heal()
    await clock.advance(620_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
  })

  it('says what somebody made since the zone was read, where a write is refused for it', async () => {
    const { clock, memory, want, valuesAt, reports } = startWorld({ ownership: 'PerSet' })
    await clock.advance(1_000)
    const alias: StoredSet = { ...foreign('www', 'elsewhere.example.net'), key: { ...keyOf('www'), type: 'CNAME' } }
    memory.edit((table) => table.set(alias))
    memory.fail(new TerminalError('ProviderRefused', 'conflicts with another record'))
    want('www', ['192.0.2.1'])
    await clock.advance(3_000)
    expect(reports.at(-1)?.refusals).toMatchObject([{ reason: 'CNAMEConflict' }])
    expect(memory.writes).toBe(1)
    memory.edit((table) => table.delete(alias.key))
    await clock.advance(61_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
  })

  it('asks ever more rarely where the credentials are refused, and soon again when somebody acted', async () => {
    const { clock, memory, worker } = startWorld()
    memory.fail(new TerminalError('CredentialsInvalid', 'refused'), Infinity)
    await clock.advance(3_600_000)
    expect(memory.calls.length).toBeLessThan(20)
    memory.heal()
    const before = memory.calls.length
    worker.touch()
    await clock.advance(61_000)
    expect(memory.calls.length).toBeGreaterThan(before)
  })

  it('tries what failed together again together', async () => {
    let seed = 1
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
    const { clock, memory, want } = startWorld({}, random)
    await clock.advance(1_000)
    memory.fail(new WaitingError('RateLimited', 'slow down', 0))
    for (let index = 0; index < 100; index += 1) want(`n${index}`, ['192.0.2.1'])
    await clock.advance(60_000)
    expect([memory.writes, memory.table.size]).toEqual([2, 100])
  })

  it('begins with short pauses again after a name was found well', async () => {
    const { clock, memory, want, valuesAt } = startWorld()
    await clock.advance(1_000)
    memory.fail('lost-answer')
    want('www', ['192.0.2.1'])
    await clock.advance(10_000)
    memory.fail(new WaitingError('RateLimited', 'slow down', 0))
    want('www', ['192.0.2.2'])
    await clock.advance(1_100)
    expect(valuesAt('www')).toEqual(['192.0.2.2'])
  })
})

describe('many names that fail again and again', () => {
  type Answer = (change: Change) => ChangeOutcome
  const answers: readonly [string, Answer][] = [
    [
      'lost answers',
      (change) => ({ kind: 'unconfirmed', change, error: new TransientError('ProviderUnavailable', '?') }),
    ],
    [
      'refusals',
      (change) => ({ kind: 'failed', change, error: new TerminalError('ProviderRefused', 'no'), scope: 'Change' }),
    ],
  ]

  it.each(answers.flatMap(([what, answer]) => [true, false].map((swaps) => [what, swaps, answer] as const)))(
    'with %s (compare-and-swap: %s) are tried after growing pauses, however much is read in between',
    async (_what, comparesAndSwaps, answer) => {
      const { clock, memory, want } = startWorld({ comparesAndSwaps })
      await clock.advance(1_000)
      memory.apply = async (batch) => {
        memory.calls.push({ kind: 'apply', changes: batch })
        await clock.sleep(100, new AbortController().signal)
        return batch.map(answer)
      }
      const before = memory.calls.length
      for (let n = 0; n < 25; n += 1) want(`n${n}`, ['192.0.2.1'])
      await clock.advance(60_000)
      expect(memory.calls.length - before).toBeLessThan(30)
    },
  )
})

describe('a worker that is stopped', () => {
  it('finishes the call it is in, and begins no other', async () => {
    const { clock, memory, want } = startWorld({ batchSize: 1 })
    await clock.advance(1_000)
    let finish: (() => void) | undefined
    const apply = memory.apply.bind(memory)
    memory.apply = async (batch): Promise<Awaited<ReturnType<typeof apply>>> => {
      await new Promise<void>((resolve) => (finish = resolve))
      return apply(batch)
    }
    want('a', ['192.0.2.1'])
    want('b', ['192.0.2.1'])
    await clock.advance(100)
    const stopped = stops.pop()?.()
    finish?.()
    await stopped
    expect(memory.table.size).toBe(1)
  })
})
