import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  applyAll,
  CONTRACT_OWNER,
  create,
  listAll,
  ownedSet,
  remove,
  update,
} from '../../../test/contracts/provider-contract.ts'
import { AzureFake } from '../../../test/fakes/azure-fake.ts'
import type { Fqdn } from '../../model/name.ts'
import type { StoredSet } from '../../model/record-set.ts'
import { ZoneTable } from '../../model/zone.ts'
import { calculatePlan } from '../../plan/calculate-plan.ts'
import type { Change, Plan } from '../../plan/plan.ts'
import type { ZoneSession } from '../provider.ts'
import {
  zone,
  MARK,
  inMetadata,
  inTxt,
  signal,
  openProvider,
  openListed,
  www,
} from '../../../test/support/azure-bench.ts'
import { update as wanted } from '../../../test/support/zone-builders.ts'

const release = (previous: StoredSet, next: StoredSet): Change => ({
  kind: 'release',
  key: next.key,
  resource: { uid: '', namespace: 'web', name: 'shop' },
  previous,
  next,
})

describe('a record set of Azure DNS', () => {
  let fake: AzureFake
  beforeEach(async () => {
    fake = await AzureFake.start(zone)
  })
  afterEach(() => fake.http.stop())

  it.each([
    ['a value was edited', () => fake.seed('www.example.com', 'A', { ARecords: [{ ipv4Address: '198.51.100.7' }] })],
    ['it was deleted', () => fake.removeByHand('www.example.com', 'A')],
  ])('is outdated when %s by hand, and is not touched', async (_what, edit) => {
    const session = await openListed(fake)
    await applyAll(session, [create(www(['192.0.2.1']))])
    edit()
    const before = fake.values('www.example.com', 'A')
    const [outcome] = await applyAll(session, [update(www(['192.0.2.1']), www(['192.0.2.2']))])
    expect(outcome).toMatchObject({ kind: 'outdated', error: { reason: 'Outdated' } })
    expect(fake.values('www.example.com', 'A')).toEqual(before)
  })

  it('that was edited while another was read again is still known to be outdated', async () => {
    const session = await openListed(fake)
    await applyAll(session, [create(www(['192.0.2.1']))])
    fake.seed('www.example.com', 'A', { ARecords: [{ ipv4Address: '198.51.100.7' }] })
    await session.reread(['other.example.com' as Fqdn], signal)
    const [outcome] = await applyAll(session, [remove(www(['192.0.2.1']))])
    expect(outcome?.kind).toBe('outdated')
  })

  it('is outdated when what is to be new is there by now', async () => {
    const session = await openListed(fake)
    fake.seed('www.example.com', 'A', { ARecords: [{ ipv4Address: '198.51.100.7' }] })
    expect((await applyAll(session, [create(www(['192.0.2.1']))]))[0]?.kind).toBe('outdated')
  })

  it('keeps the metadata of others when it is written', async () => {
    const metadata = { team: 'web' }
    fake.seed('www.example.com', 'A', { ARecords: [{ ipv4Address: '192.0.2.1' }], metadata })
    const session = await openProvider(fake).openZone(zone, signal)
    const found = (await listAll(session)).get('www.example.com A')
    if (found === undefined) throw new Error('not listed')
    await applyAll(session, [update(found, www(['192.0.2.2']))])
    expect(fake.get('www.example.com', 'A')?.properties.metadata).toEqual({
      team: 'web',
      stoa: expect.stringContaining('stoa owner=contract-owner') as string,
    })
    await applyAll(session, [release(www(['192.0.2.2']), found)])
    expect(fake.get('www.example.com', 'A')?.properties.metadata).toEqual(metadata)
  })

  it('that follows a resource of Azure is nobody’s, beside whom no simple set can stand, whatever its metadata', async () => {
    const id = '/subscriptions/x/resourceGroups/y/providers/Microsoft.Network/publicIPAddresses/web'
    const metadata = { stoa: MARK }
    fake.seed('www.example.com', 'A', { targetResource: { id }, metadata })
    const listed = await listAll(await openProvider(fake).openZone(zone, signal))
    expect([...listed.values()]).toMatchObject([
      { key: { type: 'A', setId: 'alias' }, values: [{ value: id, owner: undefined }] },
    ])
  })

  describe('without values', () => {
    const empty = { ARecords: [], metadata: { team: 'web' } }
    const planFor = async (session: ZoneSession, adopt: boolean): Promise<Plan> =>
      calculatePlan({
        zone: { provider: 'dns/main', zone },
        intents: [{ ...wanted('A www', ['192.0.2.1']), adopt }],
        observed: new ZoneTable((await listAll(session)).values()),
        ownerId: CONTRACT_OWNER,
        capabilities: session.capabilities,
      })

    it.each([
      ['is that of whoever made it', 'A', empty],
      ['is theirs with a mark of external-dns beside it, too', 'A', empty],
      ['is theirs if it is a CNAME, too', 'CNAME', {}],
    ])('%s, and is not filled', async (what, type, properties) => {
      fake.seed('www.example.com', type, properties)
      const mark = 'heritage=external-dns,external-dns/owner=theirs,external-dns/resource=service/web/shop'
      if (what.includes('mark')) fake.seed('a-www.example.com', 'TXT', { TXTRecords: [{ value: [mark] }] })
      const { changes, refusals } = await planFor(await openProvider(fake).openZone(zone, signal), false)
      expect(changes).toEqual([])
      expect(refusals).toMatchObject([{ message: expect.stringContaining('(no values)') as string }])
    })

    it('is taken over when that is asked for', async () => {
      fake.seed('www.example.com', 'A', empty)
      const session = await openProvider(fake).openZone(zone, signal)
      await applyAll(session, (await planFor(session, true)).changes)
      expect(fake.values('www.example.com', 'A')).toEqual(['192.0.2.1'])
      expect(fake.get('www.example.com', 'A')?.properties.metadata).toMatchObject({ team: 'web' })
    })

    it.each([inMetadata, inTxt])('gets its values back if it is ours', async (ownership) => {
      const session = await openListed(fake, { ownership })
      await applyAll(session, [create(www(['192.0.2.1']))])
      fake.seed('www.example.com', 'A', { ...fake.get('www.example.com', 'A')?.properties, ARecords: [] })
      await applyAll(session, (await planFor(session, false)).changes)
      expect(fake.values('www.example.com', 'A')).toEqual(['192.0.2.1'])
    })
  })

  it('with more than 20 values, a limit not confirmed by documentation, is refused for good', async () => {
    const session = await openListed(fake)
    const values = Array.from({ length: 21 }, (_, index) => `192.0.2.${index}`)
    const [outcome] = await applyAll(session, [create(www(values))])
    expect(outcome).toMatchObject({ kind: 'failed', scope: 'Change', error: { kind: 'terminal' } })
  })

  it('that would stand beside a CNAME is refused for good, though it comes as a conflict (seen, not documented)', async () => {
    const session = await openListed(fake)
    fake.seed('www.example.com', 'CNAME', { CNAMERecord: { cname: 'target.example.net.' } })
    const [outcome] = await applyAll(session, [create(www(['192.0.2.1']))])
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'terminal', reason: 'ProviderRefused' } })
  })

  it('takes its marker back when it is refused itself, and the marker stays when that is unsure', async () => {
    const session = await openListed(fake, { ownership: inTxt })
    await applyAll(session, [create(www(['bad']))])
    expect(fake.get('a-www.example.com', 'TXT')).toBeUndefined()
    fake.http.fail({ kind: 'answer', answer: { status: 500 } }, 1, ({ path }) => path.includes('/A/'))
    expect((await applyAll(session, [create(www(['192.0.2.1']))]))[0]?.kind).toBe('unconfirmed')
    expect(fake.get('a-www.example.com', 'TXT')).toBeDefined()
  })

  it('that is gone already counts as deleted', async () => {
    const session = await openListed(fake)
    await applyAll(session, [create(www(['192.0.2.1']))])
    fake.removeByHand('www.example.com', 'A')
    expect((await applyAll(session, [remove(www(['192.0.2.1']))]))[0]?.kind).toBe('applied')
  })

  describe('that makes room for a CNAME', () => {
    const alias = ownedSet('www.example.com', 'CNAME', ['target.example.net'])

    it('is put back, with the metadata of others, when the CNAME is refused', async () => {
      const metadata = { team: 'web', stoa: MARK }
      fake.seed('www.example.com', 'A', { ARecords: [{ ipv4Address: '192.0.2.1' }], metadata })
      const session = await openListed(fake)
      fake.seed('www.example.com', 'MX', {})
      const outcomes = await applyAll(session, [remove(www(['192.0.2.1'])), create(alias)])
      expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'failed'])
      expect(fake.get('www.example.com', 'A')?.properties).toMatchObject({
        ARecords: [{ ipv4Address: '192.0.2.1' }],
        metadata: { team: 'web', stoa: expect.stringContaining('stoa owner=contract-owner') as string },
      })
    })

    it('is not touched where a set that excludes the CNAME was listed', async () => {
      fake.seed('www.example.com', 'MX', {})
      const session = await openListed(fake)
      await applyAll(session, [create(www(['192.0.2.1']))])
      const writes = fake.http.writes().length
      const outcomes = await applyAll(session, [remove(www(['192.0.2.1'])), create(alias)])
      expect(outcomes.at(-1)).toMatchObject({ kind: 'failed', error: { kind: 'terminal', reason: 'CNAMEConflict' } })
      expect(fake.http.writes()).toHaveLength(writes)
    })

    it('goes once what excluded the CNAME is gone', async () => {
      fake.seed('www.example.com', 'MX', {})
      const session = await openListed(fake)
      await applyAll(session, [create(www(['192.0.2.1']))])
      fake.removeByHand('www.example.com', 'MX')
      await listAll(session)
      await applyAll(session, [remove(www(['192.0.2.1'])), create(alias)])
      expect(fake.values('www.example.com', 'CNAME')).toEqual(['target.example.net'])
    })
  })
})
