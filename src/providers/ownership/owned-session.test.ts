import { describe, expect, it } from 'vitest'
import { applyAll, create, listAll, ownedSet, remove, update } from '../../../test/contracts/provider-contract.ts'
import { MemoryRawZone } from '../../../test/fakes/memory-raw-zone.ts'
import { plainOwnership } from '../../../test/support/plain-ownership.ts'
import type { Fqdn } from '../../model/name.ts'
import type { OwnerId, StoredSet } from '../../model/record-set.ts'
import { openTxtSession, openNoteSession, type Ownership } from './ownership.ts'

const ours = plainOwnership('contract-owner' as OwnerId)
const www = 'www.example.com'
const markOf = (owner: string): string =>
  `heritage=external-dns,external-dns/owner=${owner},external-dns/resource=ingress/web/shop`

function openWith(raw: MemoryRawZone, more: Partial<Ownership> = {}): ReturnType<typeof openNoteSession> {
  return openNoteSession(raw, { ...ours, ...more })
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
    const session = openTxtSession(raw, { ...plainOwnership(id), registry: 'TXT' })
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

describe('reading a name again', () => {
  const signal = new AbortController().signal
  const asked = [www as Fqdn]

  it('finds the owner of a set that was made, marked, and never answered for', async () => {
    const raw = new MemoryRawZone()
    const session = openWith(raw, { registry: 'TXT' })
    await listAll(session)
    raw.put(www, 'A', ['192.0.2.1'])
    raw.put('a-www.example.com', 'TXT', [markOf('contract-owner')])
    expect((await session.reread(asked, signal))[0]?.values[0]?.owner?.id).toBe('contract-owner')
  })

  it.each(['Auto', 'TXT'] as const)('sees the mark that another program set meanwhile (%s)', async (registry) => {
    const raw = new MemoryRawZone()
    const session = openWith(raw, { registry })
    await listAll(session)
    raw.put(www, 'A', ['198.51.100.7'])
    raw.put('a-www.example.com', 'TXT', [markOf('their-cluster')])
    expect((await session.reread(asked, signal))[0]?.values[0]?.owner?.id).toBe('their-cluster')
  })

  it('knows a mark that was left alone, so that the set can be written beside it', async () => {
    const raw = new MemoryRawZone()
    const session = openWith(raw, { registry: 'TXT' })
    await listAll(session)
    await applyAll(session, [create(ownedSet(www, 'A', ['192.0.2.1']))])
    raw.remove(www, 'A')
    expect(await session.reread(asked, signal)).toEqual([])
    await applyAll(session, [create(ownedSet(www, 'A', ['192.0.2.2']))])
    const previous = raw.applied.at(-1)?.map(({ key, previous: before }) => [key.name, before?.values.length])
    // The mark is as it was: it needs no writing, and above all no creating.
    expect(previous).toEqual([[www, undefined]])
  })
})

it('does not take a CNAME away when the mark of what replaces it has no room', async () => {
  const raw = new MemoryRawZone()
  raw.put('a-www.example.com', 'TXT', ['precious'])
  const session = openWith(raw, { registry: 'TXT' })
  await listAll(session)
  const alias = ownedSet(www, 'CNAME', ['target.example.net'])
  await applyAll(session, [create(alias)])
  const outcomes = await applyAll(session, [remove(alias), create(ownedSet(www, 'A', ['192.0.2.1']))])
  expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'failed'])
  expect(raw.get(www, 'CNAME')?.values).toEqual(['target.example.net'])
})

describe('a text that somebody put beside a mark', () => {
  const setOf = (uid: string): StoredSet => {
    const { values, ...set } = ownedSet(www, 'A', ['192.0.2.1'])
    return { ...set, values: values.map(({ value, owner }) => ({ value, owner: owner && { ...owner, uid } })) }
  }

  // One sorts before the mark, one after it.
  it.each(['a=verify-me', 'verify-me'])('stays when the set is written, and when it goes (%s)', async (text) => {
    const raw = new MemoryRawZone()
    const session = openWith(raw, { registry: 'TXT' })
    await listAll(session)
    const [first, second, third] = [setOf('u1'), setOf('u2'), setOf('u3')]
    await applyAll(session, [create(first)])
    const marks = raw.get('a-www.example.com', 'TXT')?.values ?? []
    raw.put('a-www.example.com', 'TXT', [...marks, text].sort())
    const found = await listAll(session)
    expect(found.get(`${www} A`)?.values[0]?.owner?.uid).toBe('u1')
    const textsAfter = async (outcomes: ReturnType<typeof applyAll>): Promise<readonly string[] | undefined> => {
      expect((await outcomes).map(({ kind }) => kind)).toEqual(['applied'])
      return raw.get('a-www.example.com', 'TXT')?.values.map((value) => (value === text ? text : 'mark'))
    }
    const both = [text, 'mark'].sort()
    expect((await textsAfter(applyAll(session, [update(first, second)])))?.toSorted()).toEqual(both)
    // Without a look in between: what was written is remembered with all that stands there.
    expect((await textsAfter(applyAll(session, [update(second, third)])))?.toSorted()).toEqual(both)
    expect(await textsAfter(applyAll(session, [remove(third)]))).toEqual([text])
  })
})

describe('a CNAME and a mark at one name', () => {
  const marked = 'a-www.example.com'
  const address = ownedSet(www, 'A', ['192.0.2.1'])
  const alias = ownedSet(marked, 'CNAME', ['target.example.net'])

  async function open(raw = new MemoryRawZone()): Promise<ReturnType<typeof openNoteSession>> {
    const session = openWith(raw, { registry: 'TXT' })
    await listAll(session)
    return session
  }

  it('wanted together: the CNAME is written, and the set is not left without its mark', async () => {
    const raw = new MemoryRawZone()
    const outcomes = await applyAll(await open(raw), [create(alias), create(address)])
    expect(outcomes).toMatchObject([
      { kind: 'applied' },
      {
        kind: 'failed',
        scope: 'Change',
        error: {
          reason: 'CNAMEConflict',
          message:
            'the mark for A www.example.com would stand at a-www.example.com, where a CNAME is wanted, too; ' +
            'use another name, or set spec.ownership.txtPrefix on the DNSProvider',
        },
      },
    ])
    expect(raw.get(www, 'A')).toBeUndefined()
  })

  it('the mark is there: the CNAME is refused', async () => {
    const session = await open()
    await applyAll(session, [create(address)])
    const outcomes = await applyAll(session, [create(alias), update(address, ownedSet(www, 'A', ['192.0.2.2']))])
    expect(outcomes).toMatchObject([
      {
        kind: 'failed',
        error: {
          reason: 'CNAMEConflict',
          message:
            'CNAME a-www.example.com cannot stand where the mark for A www.example.com is; ' +
            'use another name, or set spec.ownership.txtPrefix on the DNSProvider',
        },
      },
      { kind: 'applied' },
    ])
  })

  it('the CNAME is there: the set is refused, before anybody is asked', async () => {
    const raw = new MemoryRawZone()
    raw.put(marked, 'CNAME', ['other.example.net'])
    const [outcome] = await applyAll(await open(raw), [create(address)])
    expect(outcome).toMatchObject({
      kind: 'failed',
      scope: 'Change',
      error: {
        reason: 'CNAMEConflict',
        message:
          'the mark for A www.example.com would stand at a-www.example.com, where there is a CNAME to other.example.net; ' +
          'remove it, or set spec.ownership.txtPrefix on the DNSProvider',
      },
    })
    expect(raw.writes).toBe(0)
  })

  it('the CNAME leaves in the same batch: the mark takes its place', async () => {
    const session = await open()
    await applyAll(session, [create(alias)])
    const outcomes = await applyAll(session, [remove(alias), create(address)])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'applied'])
  })

  it('the mark goes with its set: the CNAME takes its place', async () => {
    const session = await open()
    await applyAll(session, [create(address)])
    const outcomes = await applyAll(session, [create(alias), remove(address)])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'applied'])
  })
})
