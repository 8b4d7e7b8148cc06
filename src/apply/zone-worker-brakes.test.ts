import { describe, expect, it } from 'vitest'
import { startWorld } from '../../test/support/zone-worker-world.ts'
import { WaitingError } from '../model/errors.ts'

describe('the brakes of a zone worker', () => {
  const labels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']

  it('hold deletions that trickle in within the window', async () => {
    const { clock, memory, want, drop, reports } = startWorld()
    for (const label of labels) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    for (const label of labels.slice(0, 5)) {
      drop(label)
      await clock.advance(10_000)
    }
    expect(memory.table.size).toBe(7)
    expect(reports.at(-1)?.verdict).toMatchObject({ verdict: 'held', deletes: 1 })
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
    expect(reports.at(-1)?.consumedHash).toBe(brakes.approvedHashes[0])
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
    const consumed = reports.slice(approvedFrom).map(({ consumedHash }) => consumedHash)
    expect(consumed[0]).toBeUndefined()
    expect(consumed).toContain(brakes.approvedHashes[0])
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
