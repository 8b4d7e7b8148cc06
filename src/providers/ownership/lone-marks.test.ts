import { beforeEach, describe, expect, it } from 'vitest'
import { applyAll, create, listAll, ownedSet, remove, update } from '../../../test/contracts/provider-contract.ts'
import { MemoryRawZone } from '../../../test/fakes/memory-raw-zone.ts'
import { plainOwnership } from '../../../test/support/plain-ownership.ts'
import { TransientError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import type { OwnerId, StoredSet } from '../../model/record-set.ts'
import type { ZoneSession } from '../provider.ts'
import type { RawChange, RawOutcome } from '../raw-zone.ts'
import { openNoteSession, type Ownership } from './ownership.ts'
import { PLAIN_NAMING } from './txt-names.ts'

const www = 'www.example.com' as Fqdn
const mark = 'a-www.example.com' as Fqdn
const signal = new AbortController().signal
const address = ownedSet(www, 'A', ['192.0.2.1'])
const markText =
  'heritage=external-dns,external-dns/owner=contract-owner,external-dns/resource=dynamicdnsrecord/web/shop,external-dns/stoa-uid=u1'

/** Whose answers can be lost, of which then only the changes of some type are done. */
class LossyZone extends MemoryRawZone {
  onlyDoes: ((change: RawChange) => boolean) | undefined

  override async apply(changes: readonly RawChange[]): Promise<RawOutcome> {
    const { onlyDoes } = this
    if (onlyDoes === undefined) return super.apply(changes)
    await super.apply(changes.filter(onlyDoes))
    return { kind: 'unconfirmed', error: new TransientError('ProviderUnavailable', 'lost') }
  }
}

describe('marks without their sets', () => {
  let raw: LossyZone
  beforeEach(() => {
    raw = new LossyZone()
  })

  const openListed = async (more: Partial<Ownership> = {}): Promise<ZoneSession> => {
    const session = openNoteSession(raw, { ...plainOwnership('contract-owner' as OwnerId), ...more })
    await listAll(session)
    return session
  }
  const inTxt = (): Promise<ZoneSession> => openListed({ registry: 'TXT' })
  const straysOf = (session: ZoneSession): readonly string[] =>
    (session.strayMarks?.([]) ?? []).map(({ key }) => `${key.name} ${key.type}`)
  const wwwIn = async (session: ZoneSession): Promise<StoredSet | undefined> =>
    (await session.reread([www], signal)).find(({ key }) => key.type === 'A')

  it('are strays once listed, and are removed as any set is', async () => {
    raw.put(mark, 'TXT', [markText])
    const session = await inTxt()
    expect(straysOf(session)).toEqual([`${mark} TXT`])
    expect((await applyAll(session, session.strayMarks?.([]) ?? [])).map(({ kind }) => kind)).toEqual(['applied'])
    expect([straysOf(session), raw.size]).toEqual([[], 0])
  })

  it.each([
    ['the set', ({ key }: RawChange): boolean => key.type === 'A'],
    ['nothing of it', (): boolean => false],
  ])(
    'make nothing ours that came to the place of a set whose delete was lost when %s was done',
    async (_what, does) => {
      const session = await inTxt()
      await applyAll(session, [create(address)])
      raw.onlyDoes = does
      await applyAll(session, [remove(address)])
      raw.put(www, 'A', ['198.51.100.7'])
      raw.onlyDoes = undefined
      expect((await wwwIn(session))?.values).toEqual([{ value: '198.51.100.7', owner: undefined }])
      expect(straysOf(session)).toEqual([`${mark} TXT`])
    },
  )

  it('keep a set ours whose delete was lost and not done, also when it is changed after that', async () => {
    const session = await inTxt()
    await applyAll(session, [create(address)])
    const other = ownedSet(www, 'A', ['192.0.2.2'])
    for (const change of [remove(address), update(address, other)]) {
      raw.onlyDoes = ({ next }): boolean => next !== undefined
      await applyAll(session, [change])
    }
    expect((await wwwIn(session))?.values).toEqual(other.values)
    expect(straysOf(session)).toEqual([])
  })

  it('are strays where notes are kept, too', async () => {
    raw.put(mark, 'TXT', [markText])
    const session = await openListed({ registry: 'Native' })
    expect(straysOf(session)).toEqual([`${mark} TXT`])
    raw.put(www, 'A', ['198.51.100.7'])
    expect((await wwwIn(session))?.values).toEqual([{ value: '198.51.100.7', owner: undefined }])
  })

  it.each([
    ['a prefix', 'own-a-www.example.com', {}],
    ['a prefix that is another now', 'own-a-www.example.com', { prefix: 'new-' }],
    ['no prefix', 'a-www.example.com', { prefix: 'own-' }],
    ['no prefix where the type is part of it now', 'a-www.example.com', { prefix: '%{record_type}.' }],
    ['no suffix', 'a-www.example.com', { suffix: '-own' }],
  ])('are none where they were written with %s: their sets are there', async (_with, name, naming) => {
    raw.put(www, 'A', ['192.0.2.1'])
    raw.put(name, 'TXT', [markText])
    const session = await openListed({ registry: 'TXT', naming: { ...PLAIN_NAMING, ...naming } })
    expect(straysOf(session)).toEqual([])
  })

  it.each([
    ['own-a-www.example.com', { prefix: 'own-' }],
    ['aaaa.www.example.com', { prefix: '%{record_type}.' }],
    ['cname-www-own.example.com', { suffix: '-own' }],
    ['own.a-_stoa-apex.example.com', { prefix: 'own.' }],
  ])('are strays at %s with %o', async (name, naming) => {
    raw.put(name, 'TXT', [markText])
    const session = await openListed({ registry: 'TXT', naming: { ...PLAIN_NAMING, ...naming } })
    expect(straysOf(session)).toEqual([`${name} TXT`])
  })

  it.each(['read again', 'listed'])('make nothing ours that is %s later', async (how) => {
    raw.put(mark, 'TXT', [markText])
    const session = await inTxt()
    raw.put(www, 'A', ['198.51.100.7'])
    const found = how === 'listed' ? (await listAll(session)).get(`${www} A`) : await wwwIn(session)
    expect(found?.values).toEqual([{ value: '198.51.100.7', owner: undefined }])
    expect(straysOf(session)).toEqual([`${mark} TXT`])
  })

  it('serve what is adopted at their name', async () => {
    raw.put(mark, 'TXT', [markText])
    const session = await inTxt()
    raw.put(www, 'A', ['198.51.100.7'])
    const found = await wwwIn(session)
    if (found === undefined) throw new Error('not found')
    await applyAll(session, [update(found, ownedSet(www, 'A', ['198.51.100.7']))])
    expect(straysOf(session)).toEqual([])
    expect((await listAll(session)).get(`${www} A`)?.values[0]?.owner?.id).toBe('contract-owner')
  })

  it('are strays as soon as their set is found gone after a lost answer', async () => {
    const session = await inTxt()
    await applyAll(session, [create(address)])
    raw.onlyDoes = ({ key }) => key.type === 'A'
    await applyAll(session, [remove(address)])
    expect(await session.reread([www], signal)).toEqual([])
    expect(straysOf(session)).toEqual([`${mark} TXT`])
  })

  it('wait for a set that we tried to write: it may come yet', async () => {
    const session = await inTxt()
    raw.onlyDoes = ({ key }) => key.type === 'TXT'
    await applyAll(session, [create(address)])
    await session.reread([www], signal)
    await listAll(session)
    expect(straysOf(session)).toEqual([])
    raw.put(www, 'A', ['192.0.2.1'])
    expect((await wwwIn(session))?.values).toEqual(address.values)
  })

  it('do not wait for it for ever, unless it is tried again', async () => {
    const session = await inTxt()
    raw.onlyDoes = ({ key }) => key.type === 'TXT'
    await applyAll(session, [create(address)])
    for (let look = 0; look < 4; look += 1) await listAll(session)
    await applyAll(session, [create(address)])
    for (let look = 0; look < 4; look += 1) await listAll(session)
    expect(straysOf(session)).toEqual([])
    await listAll(session)
    expect(straysOf(session)).toEqual([`${mark} TXT`])
    expect(session.strayMarks?.([address.key])).toEqual([])
    raw.put(mark, 'TXT', ['of somebody else'])
    await listAll(session)
    expect(straysOf(session)).toEqual([])
    raw.put(mark, 'TXT', [markText])
    raw.put(www, 'A', ['192.0.2.1'])
    expect((await wwwIn(session))?.values).toMatchObject([{ owner: { id: 'contract-owner' } }])
    expect(straysOf(session)).toEqual([])
  })

  it('do not wait for what was made by somebody else instead', async () => {
    const session = await inTxt()
    raw.onlyDoes = ({ key }) => key.type === 'TXT'
    await applyAll(session, [create(address)])
    raw.put(www, 'A', ['198.51.100.7'])
    expect((await wwwIn(session))?.values).toEqual([{ value: '198.51.100.7', owner: undefined }])
    expect(straysOf(session)).toEqual([`${mark} TXT`])
  })

  it('are no strays while their set is still to be written', async () => {
    raw.put(mark, 'TXT', [markText])
    const session = await inTxt()
    expect(session.strayMarks?.([address.key])).toEqual([])
    expect(session.strayMarks?.([{ ...address.key, type: 'AAAA' }])).toHaveLength(1)
  })

  it('make no doubt of a set that was written beside them, whatever becomes of it', async () => {
    const session = await inTxt()
    await applyAll(session, [create(address)])
    raw.put(www, 'A', ['198.51.100.7'])
    expect((await wwwIn(session))?.values[0]?.owner?.id).toBe('contract-owner')
  })

  it('of which a set that is adopted got only the mark make it ours as it was', async () => {
    raw.put(www, 'A', ['198.51.100.7'])
    const session = await inTxt()
    const found = await wwwIn(session)
    if (found === undefined) throw new Error('not found')
    raw.onlyDoes = ({ key }) => key.type === 'TXT'
    await applyAll(session, [update(found, address)])
    expect((await wwwIn(session))?.values[0]?.owner?.id).toBe('contract-owner')
  })

  it('are known after a lost answer, so that they are not created a second time', async () => {
    const session = await inTxt()
    raw.onlyDoes = ({ key }) => key.type === 'TXT'
    await applyAll(session, [create(address)])
    await session.reread([www], signal)
    raw.onlyDoes = undefined
    await applyAll(session, [create(address)])
    expect(raw.applied.at(-1)?.map(({ key }) => key.type)).toEqual(['A'])
  })

  it('are not what is read of a mark by itself', async () => {
    const session = await inTxt()
    await applyAll(session, [create(address)])
    await listAll(session)
    await session.reread([mark], signal)
    expect(straysOf(session)).toEqual([])
    expect((await wwwIn(session))?.values).toEqual(address.values)
  })
})
