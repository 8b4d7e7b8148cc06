import { describe, expect, it } from 'vitest'
import { applyAll, create, listAll, ownedSet, remove } from '../../../test/contracts/provider-contract.ts'
import { MemoryRawZone } from '../../../test/fakes/memory-raw-zone.ts'
import { plainOwnership } from '../../../test/support/plain-ownership.ts'
import type { Fqdn } from '../../model/name.ts'
import type { OwnerId, StoredSet } from '../../model/record-set.ts'
import type { ZoneSession } from '../provider.ts'
import { openNoteSession } from './ownership.ts'

const HOST = '_wildcard.example.com'
const WILDCARD = '*.example.com'
const SHARED = 'a-_wildcard.example.com'
const signal = new AbortController().signal
const theirMark = 'heritage=external-dns,external-dns/owner=their-cluster,external-dns/resource=ingress/web/shop'

const openTxt = (raw: MemoryRawZone): ZoneSession =>
  openNoteSession(raw, { ...plainOwnership('contract-owner' as OwnerId), registry: 'TXT' })
const ownerOf = (set: StoredSet | undefined): string | undefined => set?.values[0]?.owner?.id

/** Who owns host and wildcard, as a look at the whole zone tells, and as one at the names alone does. */
async function ownersIn(raw: MemoryRawZone): Promise<readonly (readonly (string | undefined)[])[]> {
  const session = openTxt(raw)
  const listed = await listAll(session)
  const reread = await Promise.all([HOST, WILDCARD].map((name) => openTxt(raw).reread([name as Fqdn], signal)))
  return [[ownerOf(listed.get(`${HOST} A`)), ownerOf(listed.get(`${WILDCARD} A`))], reread.map(([set]) => ownerOf(set))]
}

describe('a host called like the marker of a wildcard', () => {
  it.each([
    [HOST, WILDCARD],
    [WILDCARD, HOST],
  ])('has a mark of its own: %s comes and goes without that of %s', async (first, second) => {
    const raw = new MemoryRawZone()
    const session = openTxt(raw)
    await listAll(session)
    const [one, two] = [ownedSet(first, 'A', ['192.0.2.1']), ownedSet(second, 'A', ['192.0.2.2'])]
    expect(await applyAll(session, [create(one), create(two)])).toMatchObject([
      { kind: 'applied' },
      { kind: 'applied' },
    ])
    expect(raw.size).toBe(4)
    expect(await ownersIn(raw)).toEqual(Array(2).fill(['contract-owner', 'contract-owner']))
    await applyAll(session, [remove(one)])
    const owners = first === HOST ? [undefined, 'contract-owner'] : ['contract-owner', undefined]
    expect(await ownersIn(raw)).toEqual([owners, owners])
    expect(raw.size).toBe(2)
  })

  it('is nobody’s beside a wildcard of ours, and stays nobody’s when the wildcard is deleted by hand', async () => {
    const raw = new MemoryRawZone()
    raw.put(HOST, 'A', ['198.51.100.7'])
    const session = openTxt(raw)
    await listAll(session)
    await applyAll(session, [create(ownedSet(WILDCARD, 'A', ['192.0.2.1']))])
    expect(await ownersIn(raw)).toEqual(Array(2).fill([undefined, 'contract-owner']))
    raw.remove(WILDCARD, 'A')
    expect(await ownersIn(raw)).toEqual(Array(2).fill([undefined, undefined]))
  })

  it('is external-dns’s where external-dns marks it', async () => {
    const raw = new MemoryRawZone()
    raw.put(HOST, 'A', ['198.51.100.7'])
    raw.put(SHARED, 'TXT', [theirMark])
    expect(await ownersIn(raw)).toEqual(Array(2).fill(['their-cluster', undefined]))
  })

  it('is nobody’s where the mark of external-dns is that of a wildcard', async () => {
    const raw = new MemoryRawZone()
    raw.put(HOST, 'A', ['198.51.100.7'])
    raw.put(WILDCARD, 'A', ['198.51.100.8'])
    raw.put(SHARED, 'TXT', [theirMark])
    expect(await ownersIn(raw)).toEqual(Array(2).fill([undefined, 'their-cluster']))
  })
})
