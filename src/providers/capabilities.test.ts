import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ZoneCapabilities } from '../model/zone.ts'
import { CAPABILITIES, MAX_TTL } from './capabilities.ts'

const page = readFileSync(new URL('../../docs/spec/providers.md', import.meta.url), 'utf8')
const capabilities: Readonly<Record<string, ZoneCapabilities>> = CAPABILITIES

/** The cells of the table's rows, by the names of their columns; Route 53 and RFC 2136 have a space there. */
function readTable(): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const [header = [], , ...rows] = page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  return new Map(
    rows.map(([type = '', ...cells]) => {
      const named = cells.map((cell, at) => [header[at + 1] ?? '', cell])
      return [type.replace(' ', ''), Object.fromEntries(named) as Readonly<Record<string, string>>]
    }),
  )
}

describe('the table of docs/spec/providers.md', () => {
  const rows = readTable()

  it('has a row for each type', () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(capabilities).sort())
  })

  it.each(Object.entries(capabilities))('says what %s can do', (type, { ownership, apexAlias, ...able }) => {
    const row = rows.get(type)
    expect(row?.['per value']).toBe(ownership === 'PerValue' ? 'yes' : 'no')
    expect(row?.['apex alias']?.split(' ')[0]).toBe(apexAlias ?? 'no')
    expect(row?.['most values']?.split(', ')[0]).toBe(able.maxValues.toLocaleString('en'))
    const { minTtl, maxTtl } = able
    const range = `${minTtl.toLocaleString('en')} to ${maxTtl.toLocaleString('en')}`
    expect(row?.['TTL']).toBe(minTtl <= 1 && maxTtl === MAX_TTL ? 'any' : range)
  })
})
