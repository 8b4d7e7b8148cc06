import { describe, expect, it } from 'vitest'
import { createTestSpec } from '../../../test/fakes/wan/detect-ports.ts'
import type { IpAddress } from '../../model/address.ts'
import type { Detection, KnownAddress } from './detection.ts'
import { advanceObservation, confirmAddress, startObservation, type Sighting } from './observation.ts'

const spec = createTestSpec({ maxAgeSeconds: 600 })
const known = (address: string): KnownAddress => ({
  kind: 'known',
  family: 'IPv4',
  address: address as IpAddress,
  answers: [],
})
const unknown: Detection = {
  kind: 'unknown',
  family: 'IPv4',
  reason: 'NoAnswer',
  summary: 'nobody answers',
  message: 'nobody answers',
  answers: [],
}
const start = startObservation(spec, undefined)

describe('an observation', () => {
  it('is unknown before anyone was asked', () => {
    expect(start).toMatchObject({ detection: { kind: 'unknown', reason: 'NotYetAsked' }, sighting: undefined })
  })

  it('knows what the latest round found, and since when', () => {
    const first = advanceObservation(start, known('9.9.9.9'), spec, 1000)
    expect(first).toMatchObject({
      detection: { address: '9.9.9.9' },
      sighting: { seenAtMs: 1000, changedAtMs: 1000, previous: undefined },
    })
    const again = advanceObservation(first, known('9.9.9.9'), spec, 2000)
    expect(again.sighting).toEqual({ address: '9.9.9.9', seenAtMs: 2000, changedAtMs: 1000, previous: undefined })
    const changed = advanceObservation(again, known('8.8.8.8'), spec, 3000)
    expect(changed.sighting).toEqual({ address: '8.8.8.8', seenAtMs: 3000, changedAtMs: 3000, previous: '9.9.9.9' })
  })

  it('keeps the last good address while it is young enough', () => {
    const first = advanceObservation(start, known('9.9.9.9'), spec, 0)
    expect(advanceObservation(first, unknown, spec, 599_999)).toMatchObject({
      detection: { kind: 'known', address: '9.9.9.9' },
      latest: unknown,
    })
  })

  it('is unknown once the last good address is too old, and still remembers it', () => {
    const first = advanceObservation(start, known('9.9.9.9'), spec, 0)
    const late = advanceObservation(first, unknown, spec, 600_000)
    expect(late).toMatchObject({ detection: unknown, sighting: { address: '9.9.9.9', seenAtMs: 0 } })
    const back = advanceObservation(late, known('9.9.9.9'), spec, 700_000)
    expect(back).toMatchObject({ detection: { kind: 'known' }, sighting: { changedAtMs: 0, seenAtMs: 700_000 } })
  })
})

describe('a second round', () => {
  const sighting: Sighting = { address: '1.1.1.1' as IpAddress, seenAtMs: 0, changedAtMs: 0, previous: undefined }

  it.each<[string, Detection, Sighting | undefined, object]>([
    ['that sees the new address too confirms it', known('9.9.9.9'), sighting, known('9.9.9.9')],
    ['that sees the first address ever too confirms it', known('9.9.9.9'), undefined, known('9.9.9.9')],
    ['that still sees the former address keeps it', known('1.1.1.1'), sighting, known('1.1.1.1')],
    [
      'that sees yet another one leaves it open',
      known('8.8.8.8'),
      sighting,
      {
        kind: 'unknown',
        reason: 'Unconfirmed',
        message: '9.9.9.9 is new and a second round did not confirm it: it found 8.8.8.8',
      },
    ],
    [
      'that finds nothing leaves it open',
      unknown,
      sighting,
      {
        kind: 'unknown',
        reason: 'Unconfirmed',
        message: '9.9.9.9 is new and a second round did not confirm it: nobody answers',
      },
    ],
  ])('%s', (_sentence, second, last, expected) => {
    expect(confirmAddress(known('9.9.9.9'), second, last)).toMatchObject(expected)
  })
})
