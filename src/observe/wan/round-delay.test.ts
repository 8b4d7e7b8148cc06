import { expect, it } from 'vitest'
import { createTestSpec } from '../../../test/fakes/wan/detect-ports.ts'
import { deriveRoundDelayMs, type RoundFacts } from './round-delay.ts'

const spec = createTestSpec({ intervalSeconds: 30 })
const calm: RoundFacts = { failures: 0, hasLostSource: false, expiresInMs: undefined }

it.each<[string, Partial<RoundFacts>, number, number]>([
  ['the interval while all is well', {}, 0.5, 30_000],
  ['at least nine tenths of the interval', {}, 0, 27_000],
  ['at most eleven tenths of the interval', {}, 1, 33_000],
  ['at once when a source was lost', { hasLostSource: true }, 0.5, 100],
  ['at once when sources were lost and no quorum is left', { hasLostSource: true, failures: 1 }, 0.5, 100],
  ['a second after the first failure', { failures: 1 }, 0.5, 1000],
  ['twice as long after the second', { failures: 2 }, 0.5, 2000],
  ['sixteen seconds after the fifth', { failures: 5 }, 0.5, 16_000],
  ['two intervals at most', { failures: 7 }, 0.5, 60_000],
  ['two intervals at most, however many failures', { failures: 5000 }, 0.5, 60_000],
  ['no longer than until the last good address is too old', { failures: 6, expiresInMs: 4000 }, 0.5, 4000],
  ['as usual when the last good address has long', { failures: 2, expiresInMs: 400_000 }, 0.5, 2000],
])('%s', (_sentence, facts, chance, expected) => {
  expect(deriveRoundDelayMs(spec, { ...calm, ...facts }, chance)).toBe(expected)
})
