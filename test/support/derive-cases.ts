// Tables of what a record derives, one sentence per case.
import { expect, it } from 'vitest'
import { derive, intentTexts, refusalTexts, type Situation } from './record-builders.ts'

export const A = 'A shop.example.com'
export const AAAA = 'AAAA shop.example.com'
export const CNAME = 'CNAME shop.example.com'
export const CDN = { name: 'cdn', hostname: 'cdn.example.net' }

/** Expected are the intents, then the refusals. */
export type Cases = readonly (readonly [sentence: string, situation: Situation, expected: readonly string[]])[]

export function check(cases: Cases): void {
  it.each(cases)('%s', (_sentence, situation, expected) => {
    const derivation = derive(situation)
    expect([...intentTexts(derivation.intents), ...refusalTexts(derivation)]).toEqual(expected)
  })
}
