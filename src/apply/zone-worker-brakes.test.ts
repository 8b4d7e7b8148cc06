import { describe, expect, it } from 'vitest'
import { name, startWorld, type World } from '../../test/support/zone-worker-world.ts'
import { TransientError, WaitingError } from '../model/errors.ts'

const labels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']

async function startFull(): Promise<World> {
  const world = startWorld({ batchSize: 1 })
  for (const label of labels) world.want(label, ['192.0.2.1'])
  await world.clock.advance(1_000)
  return world
}

/** Returns the hash that the last pass was held under. */
function approveHeld({ reports, brakes, worker }: World): string {
  const verdict = reports.at(-1)?.verdict
  const hash = verdict?.verdict === 'held' ? verdict.hash : 'nothing is held'
  brakes.approvedHashes = [hash]
  worker.touch()
  return hash
}

/** The call of this number from now on meets an outage. */
function failCall({ memory }: World, wanted: number): void {
  const apply = memory.apply.bind(memory)
  const error = new TransientError('ProviderUnavailable', 'bad gateway')
  let calls = 0
  memory.apply = (changes) => {
    calls += 1
    if (calls !== wanted) return apply(changes)
    return Promise.resolve(changes.map((change) => ({ kind: 'failed', change, error, scope: 'Batch' })))
  }
}

describe('an approval of what the guard held', () => {
  it('is good for what is left when an outage came half-way', async () => {
    const world = await startFull()
    const { clock, drop, memory, reports } = world
    for (const label of labels.slice(0, 6)) drop(label)
    await clock.advance(1_000)
    failCall(world, 3)
    const approvedFrom = reports.length
    const hash = approveHeld(world)
    await clock.advance(30_000)
    expect(memory.table.size).toBe(4)
    const since = reports.slice(approvedFrom)
    expect(since.map(({ verdict }) => verdict.verdict)).not.toContain('held')
    expect(since.flatMap(({ consumedHashes }) => consumedHashes)).toEqual([hash])
    expect(reports.at(-1)?.deletions).toBeUndefined()
  })

  it('lets through nothing else meanwhile', async () => {
    const world = await startFull()
    const { clock, drop, memory, reports } = world
    for (const label of labels.slice(0, 4)) drop(label)
    await clock.advance(1_000)
    failCall(world, 3)
    approveHeld(world)
    await clock.advance(100)
    for (const label of labels.slice(4, 8)) drop(label)
    await clock.advance(30_000)
    expect(memory.table.size).toBe(6)
    const held = reports.findLast(({ verdict }) => verdict.verdict === 'held')
    expect(held?.verdict).toMatchObject({ deletes: 4 })
  })

  it('ends when its annotation is taken away', async () => {
    const world = await startFull()
    const { clock, drop, memory, reports, brakes } = world
    for (const label of labels.slice(0, 6)) drop(label)
    await clock.advance(1_000)
    failCall(world, 2)
    approveHeld(world)
    await clock.advance(100)
    brakes.approvedHashes = []
    await clock.advance(30_000)
    expect(memory.table.size).toBe(9)
    expect(reports.at(-1)?.verdict).toMatchObject({ verdict: 'held', deletes: 5 })
  })

  it('covers what was held a bit at a time', async () => {
    const world = await startFull()
    const { clock, drop, memory, reports } = world
    for (const label of labels.slice(0, 4)) drop(label)
    await clock.advance(1_000)
    for (const label of labels.slice(4, 8)) {
      drop(label)
      await clock.advance(1_000)
    }
    expect(memory.table.size).toBe(7)
    expect(reports.at(-1)?.verdict).toMatchObject({ verdict: 'held', deletes: 5 })
    approveHeld(world)
    await clock.advance(1_000)
    expect(memory.table.size).toBe(2)
  })

  it('is not needed less because some of it is looked at alone', async () => {
    const world = await startFull()
    const { clock, drop, memory, reports, worker } = world
    for (const label of labels.slice(0, 4)) drop(label)
    await clock.advance(1_000)
    worker.touch([name('a')])
    await clock.advance(1_000)
    expect(memory.table.size).toBe(10)
    expect(reports.at(-1)?.verdict).toMatchObject({ verdict: 'held', deletes: 4 })
  })

  it('is of what is still held when some of it is wanted again', async () => {
    const world = await startFull()
    const { clock, want, drop, memory, reports } = world
    for (const label of labels.slice(0, 6)) drop(label)
    await clock.advance(1_000)
    want('a', ['192.0.2.1'])
    await clock.advance(1_000)
    expect(reports.at(-1)?.verdict).toMatchObject({ verdict: 'held', deletes: 5 })
    approveHeld(world)
    await clock.advance(1_000)
    expect(memory.table.size).toBe(5)
  })
})

describe('the brakes of a zone worker', () => {
  it('let the rest of what they held go at once when so much is wanted again that it is little', async () => {
    const { clock, want, drop, memory } = await startFull()
    drop('j')
    await clock.advance(1_000)
    for (const label of labels.slice(0, 4)) drop(label)
    await clock.advance(1_000)
    for (const label of ['a', 'b']) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    expect(memory.table.size).toBe(7)
  })

  it('hold deletions that trickle in within the window', async () => {
    const { clock, memory, want, drop, reports } = startWorld()
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    for (const label of labels.slice(0, 5)) {
      drop(label)
      await clock.advance(10_000)
    }
    expect(memory.table.size).toBe(7)
    expect(reports.at(-1)?.verdict).toMatchObject({ verdict: 'held', deletes: 2 })
  })

  it('let exactly the approved plan through, once', async () => {
    const { clock, memory, want, drop, reports, brakes, worker } = startWorld()
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    for (const label of labels.slice(0, 5)) drop(label)
    await clock.advance(1_000)
    expect(memory.table.size).toBe(10)
    const verdict = reports.at(-1)?.verdict
    brakes.approvedHashes = verdict?.verdict === 'held' ? [verdict.hash] : []
    worker.touch()
    await clock.advance(1_000)
    expect(memory.table.size).toBe(5)
    expect(reports.at(-1)?.consumedHashes).toEqual(brakes.approvedHashes)
  })

  it('keep an approval good until what it let through is done', async () => {
    const { clock, memory, want, drop, reports, brakes, worker } = startWorld()
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    for (const label of labels.slice(0, 5)) drop(label)
    await clock.advance(1_000)
    const verdict = reports.at(-1)?.verdict
    brakes.approvedHashes = verdict?.verdict === 'held' ? [verdict.hash] : []
    memory.fail(new WaitingError('RateLimited', 'slow down', 5_000))
    const approvedFrom = reports.length
    worker.touch()
    await clock.advance(60_000)
    expect(memory.table.size).toBe(5)
    const consumed = reports.slice(approvedFrom).map(({ consumedHashes }) => consumedHashes)
    expect(consumed[0]).toEqual([])
    expect(consumed.flat()).toEqual(brakes.approvedHashes)
  })

  it('never hold what deletes nothing', async () => {
    const { clock, want, drop, valuesAt } = startWorld()
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    for (const label of labels.slice(0, 5)) drop(label)
    want('j', ['192.0.2.9'])
    await clock.advance(1_000)
    expect([valuesAt('a'), valuesAt('j')]).toEqual([['192.0.2.1'], ['192.0.2.9']])
  })

  it('count what was deleted although the answer was lost', async () => {
    const { clock, memory, want, drop, reports } = startWorld()
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    for (const label of labels.slice(0, 4)) {
      memory.fail('lost-answer')
      drop(label)
      await clock.advance(10_000)
      memory.heal()
    }
    expect(memory.table.size).toBe(7)
    expect(reports.at(-1)?.verdict).toMatchObject({ verdict: 'held' })
  })

  it('let go what they held only because of what went before, once that is long enough ago', async () => {
    const { clock, memory, want, drop } = startWorld({ probes: true })
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    for (const label of labels.slice(0, 4)) {
      drop(label)
      await clock.advance(1_000)
    }
    expect(memory.table.size).toBe(7)
    await clock.advance(605_000)
    expect(memory.table.size).toBe(6)
  })

  it('let it go at most one window later when the date is set back', async () => {
    const { clock, memory, want, drop } = startWorld({ probes: true })
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    for (const label of labels.slice(0, 4)) {
      drop(label)
      await clock.advance(1_000)
    }
    clock.set(-2 * 3_600_000)
    await clock.advance(1_210_000)
    expect(memory.table.size).toBe(6)
  })

  it('use no approval up in a dry run', async () => {
    const { clock, want, drop, reports, brakes, worker } = startWorld()
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    for (const label of labels.slice(0, 5)) drop(label)
    await clock.advance(1_000)
    const verdict = reports.at(-1)?.verdict
    brakes.approvedHashes = verdict?.verdict === 'held' ? [verdict.hash] : []
    brakes.dryRun = true
    worker.touch()
    await clock.advance(1_000)
    expect(reports.at(-1)?.verdict.verdict).toBe('held')
  })

  it('make a dry run that writes nothing at all', async () => {
    const { clock, memory, want, drop, reports, brakes } = startWorld()
    brakes.dryRun = true
    want('www', ['192.0.2.1'])
    await clock.advance(1_000)
    drop('www')
    await clock.advance(600_000)
    expect(memory.writes).toBe(0)
    expect(reports.flatMap(({ heldByDryRun }) => heldByDryRun)).not.toEqual([])
  })
})
