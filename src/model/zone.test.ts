import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fqdn } from './name.ts'
import { keyText, type RecordKey, type RecordType, type StoredSet } from './record-set.ts'
import { ZoneTable, zoneText } from './zone.ts'

const key = (name: string, type: RecordType = 'A', setId = ''): RecordKey => ({ name: name as Fqdn, type, setId })
const set = (of: RecordKey, value = '192.0.2.1'): StoredSet => ({
  key: of,
  values: [{ value, owner: undefined }],
  ttl: 300,
  routing: undefined,
  options: undefined,
})

describe('a zone table', () => {
  it('finds a set by its key, and the sets at a name in the order of their keys', () => {
    const table = new ZoneTable([set(key('a', 'TXT')), set(key('a', 'A', 'us')), set(key('a')), set(key('b'))])
    expect(table.size).toBe(4)
    expect(table.get(key('a', 'A', 'us'))).toEqual(set(key('a', 'A', 'us')))
    expect(table.get(key('a', 'CNAME'))).toBeUndefined()
    expect(table.get(key('c'))).toBeUndefined()
    expect(table.atName('a' as Fqdn).map(({ key: of }) => keyText(of))).toEqual(['a A', 'a A us', 'a TXT'])
    expect(table.atName('c' as Fqdn)).toEqual([])
  })

  it('replaces a set of the same key', () => {
    const table = new ZoneTable([set(key('a'))])
    table.set(set(key('a'), '192.0.2.2'))
    expect(table.size).toBe(1)
    expect(table.get(key('a'))).toEqual(set(key('a'), '192.0.2.2'))
  })

  it('forgets what is deleted, and does not mind deleting it again', () => {
    const table = new ZoneTable([set(key('a')), set(key('a', 'TXT'))])
    table.delete(key('a'))
    table.delete(key('a'))
    table.delete(key('b'))
    expect(table.size).toBe(1)
    table.delete(key('a', 'TXT'))
    expect([...table.all()]).toEqual([])
  })

  it('behaves like a map from key to set', () => {
    const anyKey = fc
      .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('', 'us'))
      .map(([name, id]) => key(name, 'A', id))
    const step = fc.record({ of: anyKey, value: fc.option(fc.constantFrom('192.0.2.1', '192.0.2.2')) })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const table = new ZoneTable()
        const model = new Map<string, StoredSet>()
        for (const { of, value } of steps) {
          if (value === null) {
            table.delete(of)
            model.delete(keyText(of))
          } else {
            table.set(set(of, value))
            model.set(keyText(of), set(of, value))
          }
        }
        expect(table.size).toBe(model.size)
        expect(new Map([...table.all()].map((one) => [keyText(one.key), one]))).toEqual(model)
      }),
    )
  })

  it('is named by its provider and zone', () => {
    expect(zoneText({ provider: 'dns/main', zone: 'example.com' as Fqdn })).toBe('dns/main example.com')
  })
})
