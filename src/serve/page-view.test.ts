import { describe, expect, it } from 'vitest'
import type { KindName } from '../api/kinds.ts'
import type { StoreReader } from '../store/store.ts'
import { readPageView } from './page-view.ts'

/** A store with these objects; only what the page reads of them is there. */
function storeWith(objects: Partial<Record<KindName, readonly unknown[]>>): Pick<StoreReader, 'list'> {
  return { list: (kind) => (objects[kind] ?? []) as never }
}

const metadata = (name: string): unknown => ({ namespace: 'web', name })
const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', message: 'as wanted' }

describe('the view of the page', () => {
  it('says of each object what its status says, in the order of names', () => {
    const status = { addresses: '203.0.113.7', conditions: [ready] }
    const stored = (name: string): unknown => ({
      ...{ metadata: metadata(name), status, problem: undefined },
      resource: { spec: { hostnames: [`${name}.example.com`] } },
    })
    const { records } = readPageView(storeWith({ DynamicDNSRecord: [stored('b'), stored('a')] }))
    expect(records.map(({ name }) => name)).toEqual(['web/a', 'web/b'])
    expect(records[0]).toEqual({
      ...{ name: 'web/a', ready: 'True', reason: 'Succeeded', message: 'as wanted' },
      ...{ hostnames: ['a.example.com'], addresses: '203.0.113.7' },
    })
  })

  it('says why an object that was never valid is not looked at', () => {
    const stored = { metadata: metadata('x'), status: undefined, resource: undefined, problem: 'x.yaml:3: no zones' }
    expect(readPageView(storeWith({ DNSProvider: [stored] })).providers).toEqual([
      { name: 'web/x', ready: 'Unknown', reason: '', message: 'x.yaml:3: no zones', type: '', zones: [] },
    ])
  })

  it('shows both families of a WAN address', () => {
    const status = { ipv4: '203.0.113.7', ipv6: '2001:db8::7', changedAt: '2026-11-21T12:00:00Z', conditions: [ready] }
    const stored = { metadata: metadata('w'), status, resource: undefined, problem: undefined }
    expect(readPageView(storeWith({ WANAddress: [stored] })).wanAddresses[0]).toMatchObject({
      ...{ addresses: ['203.0.113.7', '2001:db8::7'], changedAt: '2026-11-21T12:00:00Z' },
    })
  })
})
