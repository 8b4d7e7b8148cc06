// What a zone worker does with an approved list of orphans.
import { describe, expect, it } from 'vitest'
import { foreign, startWorld, type World } from '../../test/support/zone-worker-world.ts'
import { TerminalError } from '../model/errors.ts'

describe('the removal of what nobody claims', () => {
  it('takes the approval of exactly that list, counts once, and asks no guard', async () => {
    const before = startWorld()
    for (const label of ['a', 'b', 'c']) before.want(label, ['192.0.2.1'], 'gone')
    await before.clock.advance(1_000)
    const after = startWorld({}, undefined, undefined, { memory: before.memory })
    after.want('www', ['192.0.2.1'])
    await after.clock.advance(1_000)
    const hash = after.reports.findLast(({ orphans }) => orphans !== undefined)?.orphans?.hash ?? ''
    after.brakes.pruneHashes = ['0123456789abcdef']
    after.worker.touch()
    await after.clock.advance(1_000)
    expect(after.valuesAt('a')).toEqual(['192.0.2.1'])
    after.brakes.pruneHashes = [hash]
    after.brakes.dryRun = true
    after.worker.touch()
    await after.clock.advance(1_000)
    expect(after.valuesAt('a')).toEqual(['192.0.2.1'])
    after.brakes.dryRun = false
    after.worker.touch()
    await after.clock.advance(1_000)
    expect([...after.memory.table.all()].map(({ key }) => key.name)).toEqual(['www.example.com'])
    expect(after.reports.at(-1)).toMatchObject({ consumedHashes: [hash], orphans: { count: 0 } })
  })
})

describe.each([true, false])(
  'the removal of what nobody claims, without compare-and-swap (with a probe: %s)',
  (probes) => {
    const startWithOrphan = async (): Promise<World> => {
      const options = { comparesAndSwaps: false, probes }
      const before = startWorld(options)
      before.want('old', ['192.0.2.1'], 'gone')
      await before.clock.advance(1_000)
      const after = startWorld(options, undefined, undefined, { memory: before.memory })
      after.want('www', ['192.0.2.1'])
      await after.clock.advance(1_000)
      after.brakes.pruneHashes = [after.reports.findLast(({ orphans }) => orphans !== undefined)?.orphans?.hash ?? '']
      return after
    }

    it('leaves what somebody has made of it since the zone was read', async () => {
      const { clock, memory, worker, reports, valuesAt } = await startWithOrphan()
      memory.edit((table) => table.set(foreign('old', '198.51.100.7')))
      memory.edit((table) => table.set(foreign('new', '198.51.100.7')))
      worker.touch()
      await clock.advance(1_000)
      expect(valuesAt('old')).toEqual(['198.51.100.7'])
      expect(reports.at(-1)).toMatchObject({ consumedHashes: [], orphans: { count: 0 } })
    })

    it('waits where it cannot be looked at, and keeps the approval', async () => {
      const { clock, memory, worker, brakes, valuesAt } = await startWithOrphan()
      memory.fail('down')
      worker.touch()
      await clock.advance(1_000)
      expect(valuesAt('old')).toEqual(['192.0.2.1'])
      worker.touch()
      await clock.advance(1_000)
      expect([valuesAt('old'), brakes.pruneHashes.length]).toEqual([undefined, 1])
    })
  },
)

describe('orphans that the provider does not let go', () => {
  it('are reported with the reason, and tried again after a while or when somebody asks', async () => {
    const before = startWorld()
    before.want('ns', ['192.0.2.1'], 'gone')
    await before.clock.advance(1_000)
    const { memory } = before
    const after = startWorld({}, undefined, undefined, { memory })
    await after.clock.advance(1_000)
    after.brakes.pruneHashes = [after.reports.at(-1)?.orphans?.hash ?? '']
    const refuse = (): void => memory.fail(new TerminalError('ProviderRefused', 'it is a name server'))
    const writesDuring = async (act: () => Promise<void>): Promise<number> => {
      const { writes } = memory
      await act()
      return memory.writes - writes
    }
    const ask = async (): Promise<void> => {
      after.worker.touch()
      await after.clock.advance(1_000)
    }
    refuse()
    expect(await writesDuring(ask)).toBe(1)
    const refused = { kind: 'failed', error: { message: 'it is a name server' } }
    expect(after.reports.at(-1)).toMatchObject({ pruned: [refused], consumedHashes: [], orphans: { count: 1 } })
    expect(await writesDuring(() => after.clock.advance(540_000))).toBe(0)
    refuse()
    expect(await writesDuring(ask)).toBe(1)
    expect(await writesDuring(() => after.clock.advance(1_300_000))).toBe(1)
    expect(after.valuesAt('ns')).toBeUndefined()
  })
})
