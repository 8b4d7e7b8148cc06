import { afterEach, describe, expect, it, vi } from 'vitest'
import { applyAll, create, listAll, ownedSet, remove, update } from '../../../test/contracts/provider-contract.ts'
import type { FakeRequest } from '../../../test/fakes/http-fake.ts'
import type { WebhookFake, WebhookHabits } from '../../../test/fakes/webhook-fake.ts'
import type { StoredSet } from '../../model/record-set.ts'
import { carryOut } from '../../apply/carry-out.ts'
import { signal, resource, www, openListed, planFor, startWebhook } from '../../../test/support/webhook-bench.ts'

describe('Webhook, after a write,', () => {
  let fake: WebhookFake
  afterEach(() => fake.http.stop())

  it('tells which changes of a refused request were made all the same, and takes back marks without a set', async () => {
    fake = await startWebhook({ atomic: false })
    const session = await openListed(fake)
    const sets = ['a', 'b', 'c'].map((label) =>
      ownedSet(`${label}.example.com`, 'A', [label === 'b' ? 'bad' : '192.0.2.1']),
    )
    const outcomes = await applyAll(session, sets.map(create))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'failed', 'failed'])
    expect(fake.endpoints.map(({ dnsName }) => dnsName).sort()).toEqual(['a-a.example.com', 'a.example.com'])
  })

  it('writes a set again whose mark could not be taken back', async () => {
    fake = await startWebhook({ atomic: false })
    const session = await openListed(fake)
    const bad = ownedSet('www.example.com', 'A', ['bad'])
    fake.http.fail({ kind: 'answer', answer: { status: 500 } }, 1, ({ body }) => /"delete":\[\{/.test(body))
    expect((await applyAll(session, [create(bad)]))[0]).toMatchObject({ kind: 'failed', error: { kind: 'terminal' } })
    expect(fake.get('a-www.example.com', 'TXT')).toBeDefined()
    expect((await applyAll(session, [create(www)]))[0]?.kind).toBe('applied')
    expect(await planFor(session)).toEqual([])
  })

  describe('what somebody writes beside a call', () => {
    const isWrite = ({ method, path }: FakeRequest): boolean => method === 'POST' && path === '/records'
    /** Between the last look and the write. */
    const atWrite = (edit: () => void): void => {
      let isDone = false
      fake.http.fail({ kind: 'hang' }, 1, (request) => {
        if (isWrite(request) && !isDone) edit()
        isDone ||= isWrite(request)
        return false
      })
    }
    const other = ownedSet('b.example.com', 'A', ['192.0.2.1'])

    it('is not written over by the next call, which has read it', async () => {
      fake = await startWebhook()
      const session = await openListed(fake)
      atWrite(() => fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['198.51.100.7'] }))
      await session.apply([create(other)], signal)
      expect(await session.apply([create(www)], signal)).toMatchObject([{ kind: 'outdated' }])
      expect(fake.get('www.example.com', 'A')?.targets).toEqual(['198.51.100.7'])
    })

    it('is not taken back for a mark of ours', async () => {
      fake = await startWebhook()
      const session = await openListed(fake)
      atWrite(() => fake.seed({ dnsName: 'a-www.example.com', recordType: 'TXT', targets: ['"hello"'] }))
      await session.apply([create(www)], signal)
      expect(fake.get('a-www.example.com', 'TXT')?.targets).toEqual(['"hello"'])
    })

    it('gets no mark of ours in place of what made room for a refused CNAME', async () => {
      fake = await startWebhook()
      const session = await openListed(fake)
      await applyAll(session, [create(www)])
      atWrite(() => {
        fake.removeByHand('a-www.example.com', 'TXT')
        fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['198.51.100.7'] })
      })
      await session.apply([remove(www), create(ownedSet('www.example.com', 'CNAME', ['t.example.net']))], signal)
      expect((await listAll(await openListed(fake))).get('www.example.com A')?.values).toEqual([
        { value: '198.51.100.7', owner: undefined },
      ])
    })
  })

  it('could not confirm a refused change of which a part was made', async () => {
    fake = await startWebhook({ atomic: false })
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    const stored = (await listAll(session)).get('www.example.com A') ?? www
    fake.http.fail({ kind: 'answer', answer: { status: 400, body: 'no' } }, 1, ({ method, path }) => {
      if (method !== 'POST' || path !== '/records') return false
      fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['192.0.2.2'], recordTTL: 300 })
      return true
    })
    const changes = [update(stored, ownedSet('www.example.com', 'A', ['192.0.2.2', '192.0.2.3']))]
    expect((await applyAll(session, changes))[0]).toMatchObject({
      kind: 'unconfirmed',
      error: { message: expect.stringContaining('a part of it was done all the same') as string },
    })
  })

  it.each([true, false])(
    'writes all but the one that its server always fails on, in few calls (all or nothing: %s)',
    async (atomic) => {
      fake = await startWebhook({ atomic, refusal: 500 })
      const session = await openListed(fake)
      const labels = Array.from({ length: 100 }, (_, index) => `n${String(index).padStart(2, '0')}`)
      const named = (label: string, value: string): StoredSet => ownedSet(`${label}.example.com`, 'A', [value])
      const sets = labels.map((label) => named(label, label === 'n37' ? 'bad' : '192.0.2.1'))
      for (let pass = 0; pass < 12; pass += 1) {
        const present = await listAll(session)
        const left = sets.filter(({ key }) => !present.has(`${key.name} A`))
        const outcomes = await carryOut(session, left.map(create), signal)
        expect(outcomes.filter(({ kind }) => kind === 'failed')).toEqual([])
      }
      const missing = sets.filter(({ key }) => fake.get(key.name, 'A') === undefined)
      expect(missing.map(({ key }) => key.name)).toEqual(['n37.example.com'])
      expect(fake.writes()).toBeLessThanOrEqual(25)
      await listAll(session)
      const changes = [...missing, named('n99z', '192.0.2.1')].map(create)
      const names = session.batch(changes).map((batch) => batch.map(({ key }) => key.name))
      expect(names).toEqual([['n99z.example.com'], ['n37.example.com']])
      await applyAll(session, [create(named('n37', '192.0.2.1'))])
      expect(session.batch(changes)).toHaveLength(1)
    },
  )

  it('does not believe a success that is not to be seen, and finds it later', async () => {
    fake = await startWebhook({ staleReads: 1 })
    const session = await openListed(fake)
    const [outcome] = await applyAll(session, [create(www)])
    expect(outcome).toMatchObject({
      kind: 'unconfirmed',
      error: { kind: 'transient', message: expect.stringContaining('does not show it as asked for') as string },
    })
    expect(await planFor(session)).toEqual([])
  })

  it('could not confirm a write that takes too long, and finds it when it has landed', async () => {
    fake = await startWebhook()
    const session = await openListed(fake)
    fake.habits.drops = (): boolean => {
      fake.http.latencyMs = 4_000
      return false
    }
    const [outcome] = await applyAll(session, [create(www)])
    fake.http.latencyMs = 0
    expect(outcome).toMatchObject({ kind: 'unconfirmed', error: { kind: 'transient' } })
    expect(await session.reread([www.key.name], signal)).toEqual([])
    await vi.waitFor(async () => expect(await planFor(session)).toEqual([]), { timeout: 30_000, interval: 100 })
  }, 60_000)

  it('names what was accepted and not stored', async () => {
    fake = await startWebhook({ ignores: ({ dnsName }) => dnsName === 'www.example.com' })
    const outcomes = await applyAll(await openListed(fake), [
      create(www),
      create(ownedSet('api.example.com', 'A', ['192.0.2.1'])),
    ])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['unconfirmed', 'applied'])
  })

  it('could not confirm a write after which nothing could be read', async () => {
    fake = await startWebhook()
    const session = await openListed(fake)
    fake.http.fail(
      { kind: 'answer', answer: { status: 500 } },
      1,
      ({ method, path }) => method === 'GET' && path === '/records',
    )
    const [outcome] = await applyAll(session, [create(www)])
    expect(outcome).toMatchObject({ kind: 'unconfirmed', error: { kind: 'transient' } })
    expect(await planFor(session)).toEqual([])
  })

  it('still owns a set whose mark did not arrive, and writes the mark', async () => {
    const habits: Partial<WebhookHabits> = { ignores: ({ recordType }) => recordType === 'TXT' }
    fake = await startWebhook(habits)
    const session = await openListed(fake)
    expect((await applyAll(session, [create(www)]))[0]?.kind).toBe('unconfirmed')
    expect(await session.reread([www.key.name], signal)).toHaveLength(1)
    fake.habits.ignores = () => false
    const changes = await planFor(session)
    expect(changes.map(({ kind }) => kind)).toEqual(['update'])
    const [outcome] = await applyAll(session, changes)
    expect(outcome).toMatchObject({
      kind: 'applied',
      stored: { values: [{ owner: { uid: resource.uid, adopted: false } }] },
    })
    expect(fake.get('a-www.example.com', 'TXT')).toBeDefined()
    expect(await planFor(await openListed(fake))).toEqual([])
  })

  it('deletes a set whose mark did not arrive', async () => {
    fake = await startWebhook({ ignores: ({ recordType }) => recordType === 'TXT' })
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    const stored = (await listAll(session)).get('www.example.com A') ?? www
    expect(stored).toMatchObject({ values: [{ owner: { uid: resource.uid } }], options: { mark: 'missing' } })
    expect((await applyAll(session, [remove(stored)]))[0]?.kind).toBe('applied')
    expect(fake.endpoints).toEqual([])
  })

  it('does not claim a set that somebody else has changed since its mark went missing', async () => {
    fake = await startWebhook({ ignores: ({ recordType }) => recordType === 'TXT' })
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    fake.seed({ dnsName: 'www.example.com', recordType: 'A', targets: ['198.51.100.7'] })
    expect((await listAll(session)).get('www.example.com A')?.values).toEqual([
      { value: '198.51.100.7', owner: undefined },
    ])
  })

  it('puts an address back that made room for a CNAME which was refused', async () => {
    fake = await startWebhook({ atomic: false })
    const session = await openListed(fake)
    await applyAll(session, [create(www)])
    const before = fake.endpoints.map(({ dnsName, recordType, targets }) => ({ dnsName, recordType, targets }))
    const mail = { dnsName: 'www.example.com', recordType: 'MX', targets: ['10 mail.example.net'] }
    fake.seed(mail)
    const stored = (await listAll(session)).get('www.example.com A') ?? www
    const alias = ownedSet('www.example.com', 'CNAME', ['target.example.net'])
    const outcomes = await applyAll(session, [remove(stored), create(alias)])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'failed'])
    expect(fake.endpoints).toHaveLength(3)
    expect(fake.endpoints).toEqual(
      expect.arrayContaining([...before, mail].map((one) => expect.objectContaining(one) as object)),
    )
    expect((await listAll(session)).get('www.example.com A')).toEqual(stored)
  })
})
