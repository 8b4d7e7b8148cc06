// What a zone worker does with marks in TXT records that have lost their set, where a set and its mark are two calls.
import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryRawZone } from '../../test/fakes/memory-raw-zone.ts'
import { ownerId, startWorld, stops, type World } from '../../test/support/zone-worker-world.ts'
import { plainOwnership } from '../../test/support/plain-ownership.ts'
import { TerminalError, TransientError, type ReconcileError } from '../model/errors.ts'
import type { RecordType } from '../model/record-set.ts'
import { applyOneByOne, batchOneByOne } from '../providers/ownership/one-by-one.ts'
import { openTxtSession } from '../providers/ownership/ownership.ts'
import type { RawChange, RawOutcome, RawUnit } from '../providers/raw-zone.ts'

const www = 'www.example.com'
const mark = 'a-www.example.com'
const markText = (owner: string, uid?: string): string =>
  `heritage=external-dns,external-dns/owner=${owner},external-dns/resource=dynamicdnsrecord/web/shop` +
  (uid === undefined ? '' : `,external-dns/stoa-uid=${uid}`)

class TwoCallZone extends MemoryRawZone {
  /** By name: how its next deletes fail. */
  readonly failures = new Map<string, ReconcileError[]>()

  override batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return batchOneByOne(units)
  }

  override apply(changes: readonly RawChange[]): Promise<RawOutcome> {
    return applyOneByOne(changes, (change) => {
      const error = change.next === undefined ? this.failures.get(change.key.name)?.shift() : undefined
      if (error === undefined) return super.apply([change])
      return Promise.resolve({ kind: error.kind === 'transient' ? 'unconfirmed' : 'failed', error })
    })
  }

  valuesAt(name: string, type: RecordType): readonly string[] | undefined {
    return this.get(name, type)?.values
  }
}

describe('a mark without its set', () => {
  let raw: TwoCallZone
  beforeEach(() => {
    raw = new TwoCallZone()
  })

  const start = (): World => {
    const session = openTxtSession(raw, plainOwnership(ownerId))
    return startWorld({}, undefined, undefined, { session })
  }

  const restart = async (): Promise<World> => {
    for (const stop of stops.splice(0)) await stop()
    return start()
  }

  const lose = new TransientError('ProviderUnavailable', 'the answer was lost')
  const refuse = new TerminalError('ProviderRefused', 'no')

  it('stays where a text of somebody else stands beside it', async () => {
    raw.put(mark, 'TXT', [markText(ownerId, 'shop'), 'v=spf1 -all'])
    const { clock } = start()
    await clock.advance(5_000)
    expect(raw.valuesAt(mark, 'TXT')).toContain('v=spf1 -all')
  })

  const dropWww = async ({ clock, want, drop }: World, ...errors: ReconcileError[]): Promise<void> => {
    for (const label of ['www', 'b', 'c', 'd', 'e']) want(label, ['192.0.2.1'])
    await clock.advance(1_000)
    raw.failures.set(mark, errors)
    drop('www')
    await clock.advance(1_000)
  }

  /** The record is still there, and no longer wants the name. */
  const lookAgain = async ({ clock, drop }: World): Promise<void> => {
    drop('www')
    await clock.advance(700_000)
  }

  it('goes when it was left by a lost answer, and what somebody makes there stays', async () => {
    const world = start()
    await dropWww(world, lose)
    expect(raw.valuesAt(www, 'A')).toBeUndefined()
    raw.put(www, 'A', ['198.51.100.7'])
    await lookAgain(world)
    expect([raw.valuesAt(www, 'A'), raw.valuesAt(mark, 'TXT')]).toEqual([['198.51.100.7'], undefined])
  })

  it.each([
    ['lost again and again', lose],
    ['refused', refuse],
  ])('makes nothing ours when its own delete is %s', async (_what, error) => {
    const world = start()
    await dropWww(world, error, error, error)
    expect(raw.valuesAt(mark, 'TXT')).toBeDefined()
    raw.put(www, 'A', ['198.51.100.7'])
    await lookAgain(world)
    await world.clock.advance(3_600_000)
    expect([raw.valuesAt(www, 'A'), raw.valuesAt(mark, 'TXT')]).toEqual([['198.51.100.7'], undefined])
  })

  it('does not bring back the address whose mark could not be deleted', async () => {
    await dropWww(start(), refuse)
    expect(raw.valuesAt(www, 'A')).toBeUndefined()
  })

  it('goes when a process finds it at its start, so that what is made there is nobody’s after the next', async () => {
    raw.put(mark, 'TXT', [markText(ownerId, 'shop')])
    const first = start()
    await first.clock.advance(1_000)
    expect(raw.valuesAt(mark, 'TXT')).toBeUndefined()
    raw.put(www, 'A', ['198.51.100.7'])
    await lookAgain(await restart())
    expect(raw.valuesAt(www, 'A')).toEqual(['198.51.100.7'])
  })

  it('gets its set when a create was cut short, and is not written again', async () => {
    raw.put(mark, 'TXT', [markText(ownerId, 'shop')])
    const { clock, want } = start()
    want('www', ['192.0.2.1'])
    await clock.advance(700_000)
    expect([raw.valuesAt(www, 'A'), raw.writes]).toEqual([['192.0.2.1'], 1])
    expect(raw.valuesAt(mark, 'TXT')).toBeDefined()
  })

  it('is not touched by a dry run, and makes nothing ours meanwhile', async () => {
    raw.put(mark, 'TXT', [markText(ownerId, 'shop')])
    const world = start()
    world.brakes.dryRun = true
    await world.clock.advance(700_000)
    raw.put(www, 'A', ['198.51.100.7'])
    await lookAgain(world)
    expect(raw.writes).toBe(0)
    world.brakes.dryRun = false
    await lookAgain(world)
    expect([raw.valuesAt(www, 'A'), raw.valuesAt(mark, 'TXT')]).toEqual([['198.51.100.7'], undefined])
  })

  it.each([
    ['another owner', markText('somebody', 'shop')],
    ['an external-dns with our owner id', markText(ownerId)],
  ])('of %s is left alone', async (_whose, text) => {
    raw.put(mark, 'TXT', [text])
    const { clock } = start()
    await clock.advance(700_000)
    expect([raw.valuesAt(mark, 'TXT'), raw.writes]).toEqual([[text], 0])
  })

  it.each([1, 20])('is asked for every ten minutes only where %d such are refused', async (count) => {
    const labels = Array.from({ length: count }, (_, index) => `a-w${index}.example.com`)
    for (const label of labels) raw.put(label, 'TXT', [markText(ownerId, 'shop')])
    let tries = 0
    raw.apply = (): Promise<RawOutcome> => {
      tries += 1
      return Promise.resolve({ kind: 'failed', error: refuse })
    }
    const { clock } = start()
    for (let minute = 0; minute < 60; minute += 1) await clock.advance(60_000)
    expect(tries).toBeGreaterThanOrEqual(5)
    // Seven rounds, in which few batches are searched for the one to blame.
    expect(tries).toBeLessThanOrEqual(7 * 2 * count)
  })

  it('goes although many that are refused stand before it', async () => {
    for (let n = 0; n < 25; n += 1) raw.put(`a-w${n}.example.com`, 'TXT', [markText(ownerId, 'shop')])
    raw.put('a-z.example.com', 'TXT', [markText(ownerId, 'shop')])
    // Where each try begins with a look, they take turns anyway.
    Object.assign(raw, { comparesAndSwaps: true })
    const apply = raw.apply.bind(raw)
    raw.apply = (changes, ...rest): Promise<RawOutcome> =>
      changes.every(({ key }) => key.name.startsWith('a-z'))
        ? apply(changes, ...rest)
        : Promise.resolve({ kind: 'failed', error: refuse })
    const { clock } = start()
    for (let minute = 0; minute < 9; minute += 1) await clock.advance(60_000)
    expect(raw.valuesAt('a-z.example.com', 'TXT')).toBeUndefined()
  })

  it('keeps nobody from hearing what was written, when it cannot be removed', async () => {
    raw.put(mark, 'TXT', [markText(ownerId, 'shop')])
    raw.failures.set(mark, [lose])
    const { clock, want, reports } = start()
    want('b', ['192.0.2.1'])
    await clock.advance(1_000)
    expect(reports.at(0)?.outcomes.map(({ kind }) => kind)).toEqual(['applied'])
  })

  it('that became somebody else’s text meanwhile is left alone', async () => {
    const world = start()
    await dropWww(world, refuse)
    raw.put(mark, 'TXT', ['precious'])
    world.worker.touch()
    await world.clock.advance(1_000)
    expect(raw.valuesAt(mark, 'TXT')).toEqual(['precious'])
  })
})

describe('the place of a mark that somebody else has', () => {
  it('is foreseen by a dry run', async () => {
    const raw = new MemoryRawZone()
    raw.put(mark, 'TXT', ['of somebody else'])
    const session = openTxtSession(raw, plainOwnership(ownerId))
    const { clock, want, reports, brakes } = startWorld({}, undefined, undefined, { session })
    brakes.dryRun = true
    want('www', ['192.0.2.1'])
    want('shop', ['192.0.2.1'])
    await clock.advance(1_000)
    const shown = reports.at(-1)
    expect(shown?.refusals).toMatchObject([{ name: www, reason: 'NotOwned', resource: { uid: 'shop' } }])
    expect(shown?.plan.changes.map(({ key }) => key.name)).toEqual(['shop.example.com'])
    expect(shown?.heldByDryRun).toEqual(shown?.plan.changes)
    expect(raw.writes).toBe(0)
  })
})
