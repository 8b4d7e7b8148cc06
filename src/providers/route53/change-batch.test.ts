import { describe, expect, it } from 'vitest'
import type { Fqdn } from '../../model/name.ts'
import type { RawUnit } from '../raw-zone.ts'
import { packUnits, type Weight } from './change-batch.ts'

function unitOf(name: string, records: number, characters = 0): { readonly unit: RawUnit; readonly weight: Weight } {
  const key = { name: name as Fqdn, type: 'A' as const, setId: '' }
  return { unit: [{ key, previous: undefined, next: undefined }], weight: { records, characters } }
}

function pack(...units: readonly ReturnType<typeof unitOf>[]): readonly (readonly string[])[] {
  const weights = new Map(units.map(({ unit, weight }) => [unit, weight]))
  const batches = packUnits([...weights.keys()], (unit) => weights.get(unit) ?? { records: 0, characters: 0 })
  return batches.map((batch) => batch.map((unit) => unit[0]?.key.name ?? ''))
}

describe('changes are packed into calls', () => {
  it('of a thousand records', () => {
    expect(pack(unitOf('a', 600), unitOf('b', 400), unitOf('c', 1))).toEqual([['a', 'b'], ['c']])
  })

  it('of 32,000 characters', () => {
    expect(pack(unitOf('a', 1, 31_999), unitOf('b', 1, 1), unitOf('c', 1, 1))).toEqual([['a', 'b'], ['c']])
  })

  it('with the sets of a name together, where one call can hold them', () => {
    expect(pack(unitOf('a', 900), unitOf('b', 60), unitOf('b', 60))).toEqual([['a'], ['b', 'b']])
    expect(pack(unitOf('a', 900), unitOf('b', 600), unitOf('b', 600), unitOf('c', 400))).toEqual([
      ['a'],
      ['b'],
      ['b', 'c'],
    ])
  })

  it('and none for nothing', () => {
    expect(pack()).toEqual([])
  })
})
