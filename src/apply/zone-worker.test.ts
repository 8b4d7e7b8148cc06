import { describe, expect, it } from 'vitest'
import type { MemoryZone } from '../../test/fakes/memory-zone.ts'
import { foreign, name, startWorld } from '../../test/support/zone-worker-world.ts'
import { TerminalError, WaitingError } from '../model/errors.ts'
import type { Change } from '../plan/plan.ts'

describe('a zone worker', () => {
  it('gathers a burst into one call', async () => {
    const { clock, memory, want } = startWorld()
    await clock.advance(1_000)
    for (let index = 0; index < 500; index += 1) want(`n${index}`, ['192.0.2.1'])
    await clock.advance(1_000)
    expect(memory.writes).toBe(1)
    expect(memory.table.size).toBe(500)
  })

  it('writes a lone change within a few dozen milliseconds', async () => {
    const { clock, want, valuesAt } = startWorld()
    await clock.advance(1_000)
    want('www', ['192.0.2.1'])
    await clock.advance(60)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
  })

  it('does not wait for ever while more and more comes', async () => {
    const { clock, memory, want } = startWorld()
    await clock.advance(1_000)
    for (let step = 0; step < 40; step += 1) {
      want(`n${step}`, ['192.0.2.1'])
      await clock.advance(10)
    }
    expect(memory.writes).toBeGreaterThanOrEqual(1)
  })

  it('goes on at once after a long pass with what came during it, while more and more comes', async () => {
    const { clock, memory, want, valuesAt } = startWorld()
    await clock.advance(1_000)
    const apply = memory.apply.bind(memory)
    memory.apply = async (batch: readonly Change[]) => {
      await clock.sleep(300, new AbortController().signal)
      return apply(batch)
    }
    want('first', ['192.0.2.1'])
    await clock.advance(60)
    want('second', ['192.0.2.1'])
    for (let step = 0; step < 65; step += 1) {
      await clock.advance(10)
      want(`n${step}`, ['192.0.2.1'])
    }
    expect(valuesAt('second')).toEqual(['192.0.2.1'])
    await clock.advance(1_000)
  })

  it('makes no call for an hour in which nothing changes, but to look', async () => {
    const { clock, memory, want, worker } = startWorld({ probes: true })
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    const before = memory.calls.length
    for (let minute = 0; minute < 60; minute += 1) {
      worker.touch([name('www')])
      await clock.advance(60_000)
    }
    const kinds = memory.calls.slice(before).map(({ kind }) => kind)
    // One list after the write, which may have hidden what somebody else did just before it.
    expect(kinds.filter((kind) => kind !== 'probe')).toEqual(['list'])
    expect(kinds.length).toBeLessThanOrEqual(68)
  })

  it('brings back a record that somebody deleted, and repairs one that somebody edited', async () => {
    const { clock, memory, want, valuesAt } = startWorld({ probes: true })
    want('gone', ['192.0.2.1'])
    want('bent', ['192.0.2.2'])
    await clock.advance(1_000)
    const bent = memory.table.get({ name: name('bent'), type: 'A', setId: '' })
    memory.edit((table) => {
      table.delete({ name: name('gone'), type: 'A', setId: '' })
      if (bent !== undefined)
        table.set({ ...bent, values: bent.values.map((one) => ({ ...one, value: '203.0.113.66' })) })
    })
    await clock.advance(70_000)
    expect([valuesAt('gone'), valuesAt('bent')]).toEqual([['192.0.2.1'], ['192.0.2.2']])
  })

  it('leaves a foreign record alone and says whose name it is', async () => {
    const { clock, memory, want, valuesAt, reports } = startWorld()
    memory.edit((table) => table.set(foreign('www', '198.51.100.7')))
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    expect(valuesAt('www')).toEqual(['198.51.100.7'])
    expect(memory.writes).toBe(0)
    expect(reports.at(-1)?.refusals).toMatchObject([{ reason: 'NotOwned', name: 'www.example.com' }])
  })

  it('keeps everything while the provider is down for an hour, and catches up by itself', async () => {
    const { clock, memory, want, valuesAt } = startWorld()
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    memory.fail('down', Infinity)
    want('www', ['192.0.2.2'])
    await clock.advance(3_600_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
    const tries = memory.calls.length
    expect(tries).toBeLessThan(300)
    memory.heal()
    await clock.advance(120_000)
    expect(valuesAt('www')).toEqual(['192.0.2.2'])
  })

  it('settles a lost answer by reading, without writing twice', async () => {
    const { clock, memory, want, valuesAt, reports } = startWorld()
    await clock.advance(1_000)
    memory.fail('lost-answer')
    want('www', ['192.0.2.1'])
    await clock.advance(5_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
    expect(memory.writes).toBe(1)
    expect(reports.at(-1)?.plan.unchanged).toBe(1)
  })

  it('plans again when a set is no longer what it was, and loses nobody’s edit', async () => {
    const { clock, memory, want, valuesAt } = startWorld()
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    memory.edit((table) => table.set(foreign('new', '198.51.100.7')))
    want('new', ['192.0.2.1'])
    want('www', ['192.0.2.2'])
    await clock.advance(5_000)
    expect(valuesAt('new')).toEqual(['198.51.100.7'])
    expect(valuesAt('www')).toEqual(['192.0.2.2'])
  })

  it.each([1, 150, 300])(
    'finds the one bad change of three hundred (the %ith) in at most ten more calls',
    async (bad) => {
      const { clock, memory, want, reports } = startWorld()
      await clock.advance(1_000)
      memory.poisoned.add('203.0.113.66')
      for (let index = 1; index <= 300; index += 1)
        want(`n${String(index).padStart(3, '0')}`, [index === bad ? '203.0.113.66' : '192.0.2.1'])
      await clock.advance(500)
      expect(memory.table.size).toBe(299)
      expect(memory.writes - 1).toBeLessThanOrEqual(10)
      const failed = reports.at(-1)?.outcomes.filter(({ kind }) => kind === 'failed') ?? []
      expect(failed.map(({ change }) => change.key.name)).toEqual([name(`n${String(bad).padStart(3, '0')}`)])
    },
  )

  it('isolates several bad changes, and does not try them again and again', async () => {
    const { clock, memory, want } = startWorld()
    await clock.advance(1_000)
    memory.poisoned.add('203.0.113.66')
    for (let index = 0; index < 64; index += 1) want(`n${index}`, [index % 20 === 0 ? '203.0.113.66' : '192.0.2.1'])
    await clock.advance(500)
    expect(memory.table.size).toBe(60)
    const writes = memory.writes
    await clock.advance(300_000)
    expect(memory.writes).toBe(writes)
  })

  it('waits exactly as long as it is asked to', async () => {
    const { clock, memory, want, valuesAt } = startWorld()
    await clock.advance(1_000)
    memory.fail(new WaitingError('RateLimited', 'slow down', 30_000))
    want('www', ['192.0.2.1'])
    await clock.advance(29_000)
    expect(valuesAt('www')).toBeUndefined()
    await clock.advance(3_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
  })

  it('says that a zone cannot be read, plans nothing meanwhile, and goes on when it can', async () => {
    const { clock, memory, want, outages, valuesAt } = startWorld()
    memory.fail(new TerminalError('CredentialsInvalid', 'refused'), 3)
    want('www', ['192.0.2.1'])
    await clock.advance(500)
    expect(outages.map(({ reason }) => reason)).toContain('CredentialsInvalid')
    expect(memory.writes).toBe(0)
    await clock.advance(60_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
  })

  it('moves a name from one resource to another in one write', async () => {
    const { clock, memory, want } = startWorld()
    want('www', ['192.0.2.1'], 'before')
    await clock.advance(1_000)
    want('www', ['192.0.2.1'], 'after')
    await clock.advance(1_000)
    expect(memory.writes).toBe(2)
    const last = memory.calls.filter((call) => call.kind === 'apply').at(-1)
    expect(last).toMatchObject({
      changes: [{ kind: 'update', next: { values: [{ value: '192.0.2.1', owner: { uid: 'after' } }] } }],
    })
  })

  it('looks at a set once more before it deletes it where the provider cannot compare', async () => {
    const { clock, memory, want, drop, valuesAt } = startWorld({ comparesAndSwaps: false })
    for (const label of ['www', 'a', 'b', 'c', 'd']) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    memory.edit((table) => table.set(foreign('www', '198.51.100.7')))
    drop('www')
    await clock.advance(1_000)
    expect(valuesAt('www')).toEqual(['198.51.100.7'])
  })
})

describe('a zone worker without a probe', () => {
  const listsOf = (memory: MemoryZone): number => memory.calls.filter(({ kind }) => kind === 'list').length

  it('reads a zone that one call reads every minute, and so sees a hand at work', async () => {
    const { clock, memory, want, valuesAt } = startWorld({ probes: false })
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    memory.edit((table) => table.delete({ name: name('www'), type: 'A', setId: '' }))
    await clock.advance(70_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
    await clock.advance(3_600_000 - 71_000)
    expect(listsOf(memory)).toBeGreaterThanOrEqual(54)
    expect(listsOf(memory)).toBeLessThanOrEqual(67)
  })

  it.each([
    ['takes many calls to read', { fill: () => 1, calls: 17 }],
    ['uses up its allowance', { fill: () => 0.4, calls: 1 }],
  ])('reads a zone that %s every ten minutes', async (_what, { fill, calls }) => {
    const { clock, memory, want } = startWorld({ probes: false }, undefined, (zone) => ({
      fill,
      restMs: () => 0,
      get admitted() {
        return zone.calls.length * calls
      },
    }))
    want('www', ['192.0.2.1'])
    await clock.advance(3_600_000)
    expect(listsOf(memory)).toBeLessThanOrEqual(8)
  })
})

describe('several zone workers', () => {
  it('race for a name without losing a value, where the provider compares and swaps', async () => {
    const first = startWorld({ probes: true })
    const second = startWorld({ probes: true }, undefined, undefined, { memory: first.memory, owner: 'away' })
    first.want('www', ['192.0.2.1'])
    second.want('www', ['198.51.100.1'])
    first.want('a', ['192.0.2.1'])
    second.want('b', ['198.51.100.1'])
    for (let step = 0; step < 20; step += 1) {
      await first.clock.advance(500)
      await second.clock.advance(500)
    }
    const winner = first.valuesAt('www')
    expect([['192.0.2.1'], ['198.51.100.1']]).toContainEqual(winner)
    expect([first.valuesAt('a'), first.valuesAt('b')]).toEqual([['192.0.2.1'], ['198.51.100.1']])
    const loser = winner?.[0] === '192.0.2.1' ? second : first
    expect(loser.reports.flatMap(({ refusals }) => refusals)).toContainEqual(
      expect.objectContaining({ reason: 'NotOwned' }),
    )
  })

  it('go on where one was killed between its call and the answer', async () => {
    const killed = startWorld({ probes: true })
    await killed.clock.advance(1_000)
    killed.memory.fail('lost-answer', Infinity)
    killed.want('www', ['192.0.2.1'])
    await killed.clock.advance(100)
    killed.memory.heal()
    const next = startWorld({ probes: true }, undefined, undefined, { memory: killed.memory })
    next.want('www', ['192.0.2.1'])
    const writes = next.memory.writes
    await next.clock.advance(60_000)
    expect(next.valuesAt('www')).toEqual(['192.0.2.1'])
    expect(next.memory.writes).toBe(writes)
  })
})

describe('what nobody claims', () => {
  it('is counted whenever the whole zone is looked at, and never removed', async () => {
    const before = startWorld()
    before.want('old', ['192.0.2.1'], 'gone')
    await before.clock.advance(1_000)
    const after = startWorld({}, undefined, undefined, { memory: before.memory })
    after.want('www', ['192.0.2.1'])
    await after.clock.advance(3_600_000)
    expect(after.reports.findLast(({ orphans }) => orphans !== undefined)?.orphans).toMatchObject({
      count: 1,
      keys: [{ name: 'old.example.com' }],
    })
    expect(after.valuesAt('old')).toEqual(['192.0.2.1'])
  })
})

describe('a zone that has been read for the first time', () => {
  it('is left alone until what is wanted rests on what is there', async () => {
    let ready: () => void = () => undefined
    const whenRead = (): Promise<void> => new Promise((resolve) => (ready = resolve))
    const { clock, memory, want, valuesAt } = startWorld({}, undefined, undefined, { whenRead })
    want('www', ['192.0.2.1'])
    await clock.advance(10_000)
    expect(memory.writes).toBe(0)
    ready()
    await clock.advance(1_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
  })
})

describe('a date that is set back by hours', () => {
  const setBack = -2 * 3_600_000

  it('keeps nothing from being written that comes after it', async () => {
    const { clock, want, valuesAt } = startWorld()
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    clock.set(setBack)
    want('www', ['192.0.2.2'])
    await clock.advance(1_000)
    expect(valuesAt('www')).toEqual(['192.0.2.2'])
  })

  it('makes no pause longer', async () => {
    const { clock, memory, want, valuesAt } = startWorld()
    await clock.advance(1_000)
    memory.fail('down', 1_000)
    want('www', ['192.0.2.1'])
    await clock.advance(30_000)
    clock.set(setBack)
    memory.heal()
    await clock.advance(120_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
  })

  it('makes no next try later', async () => {
    const { clock, memory, want, valuesAt } = startWorld({ probes: true })
    await clock.advance(1_000)
    memory.fail(new WaitingError('RateLimited', 'slow down', 5_000))
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    clock.set(setBack)
    await clock.advance(10_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
  })

  it('makes no look at the zone later', async () => {
    const { clock, memory, want, valuesAt } = startWorld({ probes: true })
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    clock.set(setBack)
    memory.edit((table) => table.delete({ name: name('www'), type: 'A', setId: '' }))
    await clock.advance(120_000)
    expect(valuesAt('www')).toEqual(['192.0.2.1'])
  })
})
