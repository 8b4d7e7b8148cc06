import { describe, expect, it } from 'vitest'
import { applyAll, create, listAll, ownedSet, update } from '../../../test/contracts/provider-contract.ts'
import { MemoryRawZone } from '../../../test/fakes/memory-raw-zone.ts'
import type { OwnerId } from '../../model/record-set.ts'
import { openOwnedSession, plainOwnership, type Ownership } from './ownership.ts'

const ours = plainOwnership('contract-owner' as OwnerId)
const www = 'www.example.com'
const markOf = (owner: string): string =>
  `heritage=external-dns,external-dns/owner=${owner},external-dns/resource=ingress/web/shop`

function openWith(raw: MemoryRawZone, more: Partial<Ownership> = {}): ReturnType<typeof openOwnedSession> {
  return openOwnedSession(raw, { ...ours, ...more }, true)
}

describe('where a provider keeps notes', () => {
  it('the mark is a note, and no TXT is written', async () => {
    const raw = new MemoryRawZone()
    const session = openWith(raw)
    await listAll(session)
    await applyAll(session, [create(ownedSet(www, 'A', ['192.0.2.1']))])
    expect(raw.get(www, 'A')?.note).toMatch(/^stoa owner=contract-owner uid=/)
    expect(raw.size).toBe(1)
  })

  it('what external-dns marked by TXT is seen as its own, not as nobody’s', async () => {
    const raw = new MemoryRawZone()
    raw.put(www, 'A', ['192.0.2.1'])
    raw.put('a-www.example.com', 'TXT', [markOf('their-cluster')])
    const listed = await listAll(openWith(raw))
    expect(listed.get(`${www} A`)?.values[0]?.owner).toMatchObject({
      id: 'their-cluster',
      resource: 'ingress/web/shop',
    })
  })

  it('a zone that holds TXT marks of ours goes on with TXT', async () => {
    const raw = new MemoryRawZone()
    raw.put(www, 'A', ['192.0.2.1'])
    raw.put('a-www.example.com', 'TXT', [markOf('contract-owner')])
    const session = openWith(raw)
    const before = (await listAll(session)).get(`${www} A`)
    expect(before?.values[0]?.owner).toMatchObject({ id: 'contract-owner', uid: undefined })
    if (before === undefined) throw new Error('not listed')
    await applyAll(session, [update(before, ownedSet(www, 'A', ['192.0.2.2']))])
    expect(raw.get(www, 'A')?.note).toBeUndefined()
    expect(raw.get('a-www.example.com', 'TXT')?.values[0]).toContain('external-dns/stoa-uid=11111111')
  })

  it('Native is Native, and TXT is TXT, whatever the zone holds', async () => {
    const raw = new MemoryRawZone()
    raw.put('old.example.com', 'A', ['192.0.2.9'])
    raw.put('a-old.example.com', 'TXT', [markOf('contract-owner')])
    const native = openWith(raw, { registry: 'Native' })
    await listAll(native)
    await applyAll(native, [create(ownedSet(www, 'A', ['192.0.2.1']))])
    expect(raw.get(www, 'A')?.note).toBeDefined()
    const txt = openWith(raw, { registry: 'TXT' })
    await listAll(txt)
    await applyAll(txt, [create(ownedSet('api.example.com', 'A', ['192.0.2.1']))])
    expect(raw.get('a-api.example.com', 'TXT')).toBeDefined()
  })
})

describe('moving from external-dns', () => {
  it('takes over under the same owner id in one change, and external-dns still understands the mark', async () => {
    const raw = new MemoryRawZone()
    raw.put(www, 'A', ['192.0.2.1'])
    raw.put('a-www.example.com', 'TXT', [markOf('default')])
    const id = 'default' as OwnerId
    const session = openOwnedSession(raw, { ...plainOwnership(id), registry: 'TXT' }, false)
    const before = (await listAll(session)).get(`${www} A`)
    if (before === undefined) throw new Error('not listed')
    const set = ownedSet(www, 'A', ['192.0.2.1'])
    const next = { ...set, values: set.values.map(({ value, owner }) => ({ value, owner: owner && { ...owner, id } })) }
    const writes = raw.writes
    await applyAll(session, [update(before, next)])
    expect(raw.writes - writes).toBe(1)
    expect(raw.get('a-www.example.com', 'TXT')?.values[0]).toMatch(
      /^heritage=external-dns,external-dns\/owner=default,/,
    )
    expect(raw.get(www, 'A')?.values).toEqual(['192.0.2.1'])
  })
})
