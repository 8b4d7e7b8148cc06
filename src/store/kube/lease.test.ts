import { describe, expect, it } from 'vitest'
import { composeHeld, composeReleased, decideMove, sightLease, type Lease, type LeaseView } from './lease.ts'

const LEASE: Lease = {
  resourceVersion: '7',
  holder: 'other',
  durationSeconds: 15,
  acquireTime: '2020-01-01T00:00:00.000000Z',
  renewTime: '2020-01-01T00:00:00.000000Z',
  transitions: 3,
}
const VIEW: LeaseView = {
  lease: LEASE,
  sighting: { resourceVersion: '7', since: 100_000 },
  identity: 'us',
  leaseMs: 15_000,
  now: 100_000,
}

describe('decideMove', () => {
  it.each<readonly [string, Partial<LeaseView>, unknown]>([
    ['creates a Lease that was never there', { lease: undefined, sighting: undefined }, { kind: 'create' }],
    [
      'waits a whole lease when one is gone that was there: its holder may not know yet',
      { lease: undefined, sighting: { resourceVersion: undefined, since: 95_000 } },
      { kind: 'wait', waitMs: 10_000 },
    ],
    [
      'creates it again after that',
      { lease: undefined, sighting: { resourceVersion: undefined, since: 85_000 } },
      { kind: 'create' },
    ],
    ['renews its own', { lease: { ...LEASE, holder: 'us' } }, { kind: 'hold', lease: { ...LEASE, holder: 'us' } }],
    [
      'takes a released one at once',
      { lease: { ...LEASE, holder: '' } },
      { kind: 'hold', lease: { ...LEASE, holder: '' } },
    ],
    ['waits a whole lease from the first sight, however old the times in it are', {}, { kind: 'wait', waitMs: 15_000 }],
    ['waits for the rest of the lease', { now: 114_000 }, { kind: 'wait', waitMs: 1_000 }],
    ['takes over when nothing changed for a whole lease', { now: 115_000 }, { kind: 'hold', lease: LEASE }],
    [
      'honours the longer lease of a holder that was started with other settings',
      { lease: { ...LEASE, durationSeconds: 60 }, now: 115_000 },
      { kind: 'wait', waitMs: 45_000 },
    ],
  ])('%s', (_, part, expected) => {
    expect(decideMove({ ...VIEW, ...part })).toEqual(expected)
  })
})

describe('sightLease', () => {
  it('keeps the time of the first sight of a version', () => {
    const first = sightLease(undefined, LEASE, 1)
    expect(sightLease(first, LEASE, 2)).toBe(first)
    expect(sightLease(first, { ...LEASE, resourceVersion: '8' }, 3)).toEqual({ resourceVersion: '8', since: 3 })
  })

  it('sees that a Lease is gone, but not one that never was', () => {
    expect(sightLease(undefined, undefined, 1)).toBeUndefined()
    const gone = sightLease({ resourceVersion: '7', since: 1 }, undefined, 5)
    expect(gone).toEqual({ resourceVersion: undefined, since: 5 })
    expect(sightLease(gone, undefined, 9)).toBe(gone)
  })
})

describe('the record', () => {
  const now = Date.UTC(2026, 0, 1, 0, 0, 0, 7)
  const at = '2026-01-01T00:00:00.007000Z'
  const hold = { identity: 'us', leaseMs: 15_000, now }

  it('of a new Lease', () => {
    const expected = { holder: 'us', durationSeconds: 15, acquireTime: at, renewTime: at, transitions: 0 }
    expect(composeHeld(undefined, hold)).toEqual(expected)
  })

  it('of a take-over counts a transition, of a renewal only moves the time', () => {
    expect(composeHeld(LEASE, hold)).toMatchObject({ transitions: 4, acquireTime: at })
    expect(composeHeld({ ...LEASE, holder: 'us' }, hold)).toMatchObject({
      transitions: 3,
      acquireTime: LEASE.acquireTime,
      renewTime: at,
    })
  })

  it('of a release names nobody', () => {
    expect(composeReleased(LEASE, now)).toMatchObject({ holder: '', transitions: 3, renewTime: at })
  })
})
