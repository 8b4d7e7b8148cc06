import { describe, expect, it } from 'vitest'
import type { InactiveMember } from '../../api/generated/node-pool.ts'
import { ip } from '../../../test/support/pool-builders.ts'
import { addSafeRemoval, type RecordWitness } from './safe-removal.ts'

const NOW = Date.parse('2026-11-21T03:00:00Z')
const member: InactiveMember = { name: 'n1', state: 'Draining', since: '2026-11-21T02:59:00Z' }
const address = ip('192.0.2.1')

const witness = (more: Partial<RecordWitness> = {}): RecordWitness => ({
  ...{ testimony: 'settled', publishes: () => false, ttlSeconds: 300 },
  ...more,
})

function judge(
  witnesses: readonly RecordWitness[],
  previous?: readonly InactiveMember[],
  rememberedMs = 0,
): string | undefined {
  const [judged] = addSafeRemoval({
    ...{ inactive: [member], previous, addressesOf: () => [address], witnesses, now: NOW },
    rememberedMs: (addresses) => (addresses.includes(address) ? rememberedMs : 0),
  })
  return judged?.safeToRemoveAt
}

describe('a member that left', () => {
  it('is safe to remove once the longest TTL of all records that used it is over', () => {
    expect(judge([witness(), witness({ ttlSeconds: 60 })])).toBe('2026-11-21T03:05:00Z')
    expect(judge([])).toBe('2026-11-21T03:00:00Z')
  })

  it('is not before resolvers have forgotten what nobody speaks of any more', () => {
    expect(judge([witness()], undefined, 600_000)).toBe('2026-11-21T03:10:00Z')
    expect(judge([witness()], undefined, 1_000)).toBe('2026-11-21T03:05:00Z')
    expect(judge([witness({ testimony: 'open' })], undefined, 600_000)).toBeUndefined()
  })

  it.each<[string, readonly RecordWitness[]]>([
    ['still publishes it', [witness(), witness({ publishes: (one) => one === address })]],
    ['is open', [witness({ testimony: 'unknown' }), witness({ testimony: 'open' }), witness()]],
    ['is unknown', [witness(), witness({ testimony: 'unknown' }), witness()]],
  ])('is not while any record %s', (_why, witnesses) => {
    expect(judge(witnesses)).toBeUndefined()
  })

  it('keeps the instant that was found while a record is unknown, and loses it when one is open', () => {
    const before = { ...member, safeToRemoveAt: '2026-11-21T03:01:00Z' }
    expect(judge([witness({ testimony: 'unknown' })], [before])).toBe('2026-11-21T03:01:00Z')
    expect(judge([witness({ testimony: 'unknown' }), witness({ testimony: 'open' })], [before])).toBeUndefined()
  })

  it('keeps the instant that was found for as long as it is the same leave', () => {
    const before = { ...member, safeToRemoveAt: '2026-11-21T03:01:00Z' }
    expect(judge([witness()], [before])).toBe('2026-11-21T03:01:00Z')
    expect(judge([witness()], [{ ...before, since: '2026-11-21T01:00:00Z' }])).toBe('2026-11-21T03:05:00Z')
  })
})
