import { describe, expect, it } from 'vitest'
import type { Fqdn } from '../model/name.ts'
import { cutBatches } from './cut-batches.ts'

const cut = (texts: readonly string[], room: number): readonly (readonly string[])[] =>
  cutBatches(texts, { nameOf: (text) => text[0] as Fqdn | undefined, sizeOf: () => 1, room })

describe('cutting work into calls', () => {
  it.each([
    ['fills each call', ['a1', 'b1', 'c1'], 2, [['a1', 'b1'], ['c1']]],
    ['keeps a name in one call', ['a1', 'b1', 'b2'], 2, [['a1'], ['b1', 'b2']]],
    [
      'gives what is too large a call of its own',
      ['a1', 'b1', 'b2', 'b3', 'c1'],
      2,
      [['a1'], ['b1', 'b2', 'b3'], ['c1']],
    ],
    ['makes no call of nothing', [], 2, []],
  ] as const)('%s', (_what, texts, room, batches) => {
    expect(cut(texts, room)).toEqual(batches)
  })
})
