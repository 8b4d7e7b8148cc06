import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyIntents, blog, clear, key, shop, update, ZONE } from '../../test/support/zone-builders.ts'
import type { Intent } from '../model/intent.ts'
import type { Fqdn } from '../model/name.ts'
import { describeKey, type ResourceRef } from '../model/record-set.ts'
import type { ZoneRef } from '../model/zone.ts'
import { ClaimTable, type TouchedName } from './claim-table.ts'

const OTHER: ZoneRef = { provider: 'dns/other', zone: ZONE.zone }
const nobody = (): undefined => undefined
const names = (touched: readonly TouchedName[]): readonly string[] => touched.map(({ name }) => name).sort()
const name = (label: string): Fqdn => key(`A ${label}`).name

const settled = (table: ClaimTable, labels?: readonly string[], zone = ZONE): readonly string[] =>
  table
    .settle(zone, labels?.map(name), nobody)
    .intents.map((intent) => `${intent.kind} ${describeKey(intent.key)} for ${intent.resource.name}`)

const a = update('A a', ['192.0.2.1'])
const b = update('A b', ['192.0.2.1'])

describe('a table of claims', () => {
  it('settles what was put in, at the names asked for or at all', () => {
    const table = new ClaimTable()
    table.replace(shop, 1, [b, a])
    expect(settled(table)).toEqual(['update A a.example.com for shop', 'update A b.example.com for shop'])
    expect(settled(table, ['b', 'b', 'c'])).toEqual(['update A b.example.com for shop'])
    expect(settled(table, undefined, OTHER)).toEqual([])
  })

  it('knows what is wanted of a name in other zones', () => {
    const table = new ClaimTable()
    const there = { ...update('A a', ['192.0.2.2'], { resource: blog }), zone: OTHER }
    table.replace(shop, 1, [a])
    table.replace(blog, 2, [there])
    expect(table.elsewhere(ZONE, name('a'))).toEqual([{ resource: blog, createdAt: 2, intents: [there] }])
    expect(table.elsewhere(ZONE, name('b'))).toEqual([])
  })

  it('names what a change touches, and nothing else', () => {
    const table = new ClaimTable()
    expect(names(table.replace(shop, 1, [a, b]))).toEqual(['a.example.com', 'b.example.com'])
    expect(table.replace(shop, 1, [a, b])).toEqual([])
    expect(names(table.replace(shop, 1, [a, update('A b', ['192.0.2.2'])]))).toEqual(['b.example.com'])
    expect(names(table.replace(shop, 1, [a, clear('A c')]))).toEqual(['b.example.com', 'c.example.com'])
    expect(names(table.replace(shop, 2, [a]))).toEqual(['a.example.com', 'c.example.com'])
    expect(names(table.replace(shop, 2, []))).toEqual(['a.example.com'])
    expect(table.replace(shop, 2, [])).toEqual([])
    expect(settled(table)).toEqual([])
  })

  it('says who lost a name', () => {
    const table = new ClaimTable()
    table.replace(shop, 1, [a])
    table.replace(blog, 2, [update('A a', ['192.0.2.2'], { resource: blog })])
    expect(table.settle(ZONE, [name('a')], nobody).refusals).toMatchObject([{ reason: 'Conflicted', resource: blog }])
    table.replace(shop, 1, [])
    expect(table.settle(ZONE, [name('a')], nobody).refusals).toEqual([])
    expect(settled(table)).toEqual(['update A a.example.com for blog'])
  })

  it('settles with those who want a name by another way to the same zone, and leaves to them what is theirs', () => {
    const table = new ClaimTable()
    table.replace(shop, 1, [a])
    table.replace(blog, 2, [{ ...update('A a', ['192.0.2.2'], { resource: blog }), zone: OTHER }])
    expect(table.settle(ZONE, undefined, nobody, [OTHER])).toEqual({ intents: [a], refusals: [] })
    const { intents, refusals } = table.settle(OTHER, undefined, nobody, [ZONE])
    expect(intents).toEqual([])
    expect(refusals).toMatchObject([{ reason: 'Conflicted', resource: blog }])
    table.replace(shop, 1, [b])
    expect(table.settle(OTHER, undefined, nobody, [ZONE]).intents).toHaveLength(1)
  })

  it('knows who wants anything of some names, or of any', () => {
    const table = new ClaimTable()
    table.replace(shop, 1, [a])
    table.replace(blog, 2, [update('A a', ['192.0.2.2'], { resource: blog }), update('A b', [], { resource: blog })])
    expect([...table.claimants(ZONE, undefined)].sort()).toEqual([blog.uid, shop.uid])
    expect([...table.claimants(ZONE, ['b', 'c'].map(name))]).toEqual([blog.uid])
    expect([...table.claimants(OTHER, undefined)]).toEqual([])
  })

  it('keeps zones apart, so that a name may differ inside and outside', () => {
    const table = new ClaimTable()
    table.replace(shop, 1, [a])
    expect(table.replace(blog, 2, [{ ...a, zone: OTHER, resource: blog }])).toEqual([{ zone: OTHER, name: name('a') }])
    expect(settled(table)).toEqual(['update A a.example.com for shop'])
    expect(settled(table, undefined, OTHER)).toEqual(['update A a.example.com for blog'])
  })

  it('knows whether a resource speaks of a key', () => {
    const table = new ClaimTable()
    table.replace(shop, 1, [a, clear('CNAME b')])
    const isClaimed = (text: string, resource: ResourceRef, zone = ZONE): boolean =>
      table.isClaimed(zone, key(text), resource.uid)
    expect(isClaimed('A a', shop)).toBe(true)
    expect(isClaimed('CNAME b', shop)).toBe(true)
    expect(isClaimed('AAAA a', shop)).toBe(false)
    expect(isClaimed('A c', shop)).toBe(false)
    expect(isClaimed('A a', blog)).toBe(false)
    expect(isClaimed('A a', shop, OTHER)).toBe(false)
  })

  it('is the same however it came to be', () => {
    const anyStep = fc.record({ resource: fc.constantFrom(shop, blog), intents: anyIntents() })
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 6 }), (steps) => {
        const incremental = new ClaimTable()
        const latest = new Map<ResourceRef, readonly Intent[]>()
        for (const { resource, intents } of steps) {
          const own = intents.map((intent) => ({ ...intent, resource }))
          latest.set(resource, own)
          const before = settledByName(incremental)
          const touched = new Set(names(incremental.replace(resource, 1, own)))
          const after = settledByName(incremental)
          for (const at of new Set([...before.keys(), ...after.keys()])) {
            if (!touched.has(at)) expect(after.get(at)).toEqual(before.get(at))
          }
        }
        const fresh = new ClaimTable()
        for (const [resource, intents] of [...latest].reverse()) fresh.replace(resource, 1, intents)
        expect(incremental.settle(ZONE, undefined, nobody)).toEqual(fresh.settle(ZONE, undefined, nobody))
      }),
    )
  })
})

function settledByName(table: ClaimTable): ReadonlyMap<string, readonly Intent[]> {
  const byName = new Map<string, readonly Intent[]>()
  for (const intent of table.settle(ZONE, undefined, nobody).intents) {
    byName.set(intent.key.name, [...(byName.get(intent.key.name) ?? []), intent])
  }
  return byName
}
