import { afterEach, describe, expect, it } from 'vitest'
import { httpBench } from '../../../test/contracts/http-bench.ts'
import {
  applyAll,
  CONTRACT_OWNER,
  create,
  describeProviderContract,
  listAll,
  remove,
} from '../../../test/contracts/provider-contract.ts'
import {
  MEDIA_TYPE,
  type FakeEndpoint,
  type WebhookFake,
  type WebhookHabits,
} from '../../../test/fakes/webhook-fake.ts'
import type { Fqdn } from '../../model/name.ts'
import type { StoredSet } from '../../model/record-set.ts'
import type { WebhookOptions } from './webhook-provider.ts'
import {
  zone,
  signal,
  resource,
  www,
  openProvider,
  openListed,
  planFor,
  startWebhook,
} from '../../../test/support/webhook-bench.ts'

const habitsOf: readonly (readonly [string, Partial<WebhookHabits>])[] = [
  ['all or nothing', {}],
  ['not atomic', { atomic: false }],
]

for (const [kind, habits] of habitsOf) {
  describeProviderContract({
    name: `Webhook (${kind})`,
    skips: {
      'foreign beside': 'a mark speaks for a whole set; the planner refuses to share one',
      'concurrent edit': 'the protocol has no compare-and-swap; the set is read again before deletes',
      'refused token': 'the protocol has no credentials',
      secret: 'the protocol has no credentials',
    },
    maxCalls: { created: { one: 1, fiveHundred: 1 }, replaced: { one: 1, fiveHundred: 1 } },
    badValue: 'not-an-address',
    async start() {
      const fake = await startWebhook(habits)
      return httpBench({
        zone,
        http: fake.http,
        provider: () => openProvider(fake),
        credential: undefined,
        seed: ({ name, type, values }) => fake.seed({ dnsName: name, recordType: type, targets: values }),
        remove: (name, type) => fake.removeByHand(name, type),
        peek: (name, type) => fake.get(name, type)?.targets ?? [],
        writes: () => fake.writes(),
        isFaulty: ({ path }) => path === '/records',
        throttled: { status: 429, body: 'slow down' },
      })
    },
  })
}

describe('Webhook', () => {
  let fake: WebhookFake
  afterEach(() => fake.http.stop())

  describe('in negotiation', () => {
    it('takes the included domains for zones when the spec names none', async () => {
      fake = await startWebhook(
        {},
        { include: ['.b.example', 'A.example.', 'c.example', ''], exclude: ['c.example', 'x.a.example'] },
      )
      expect(await openProvider(fake).listZones(signal)).toEqual(['a.example', 'b.example'])
    })

    it('prefers the zones of the spec, without asking', async () => {
      fake = await startWebhook()
      expect(await openProvider(fake, { zones: ['z.example' as Fqdn, zone] }).listZones(signal)).toEqual([
        zone,
        'z.example',
      ])
      expect(fake.http.calls).toEqual([])
    })

    it.each([{}, { filters: ['example.com'] }, { regexInclude: '(a+)+$' }])(
      'wants zones in the spec when the filter %j names none, and serves any',
      async (filter) => {
        fake = await startWebhook({}, filter)
        const provider = openProvider(fake)
        await expect(provider.listZones(signal)).rejects.toMatchObject({
          kind: 'terminal',
          message: expect.stringContaining('spec.zones') as string,
        })
        expect((await provider.openZone('any.example' as Fqdn, signal)).zone).toBe('any.example')
      },
    )

    it.each<readonly [string, unknown, boolean]>([
      ['itself', { include: ['example.com'] }, true],
      ['what is below', { include: ['.example.com'] }, true],
      ['a part', { include: ['www.example.com'] }, true],
      ['what is above', { include: ['com'] }, true],
      ['another', { include: ['ample.com', 'example.org'] }, false],
      ['all but itself', { exclude: ['example.com'] }, false],
      ['all but a part', { exclude: ['www.example.com'] }, true],
    ])('judges whether a filter for %s serves the zone', async (_what, filter, serves) => {
      fake = await startWebhook({}, filter)
      const opened = await openProvider(fake)
        .openZone(zone, signal)
        .catch((error: unknown) => error)
      if (serves) expect(opened).toMatchObject({ zone })
      else expect(opened).toMatchObject({ kind: 'terminal', reason: 'ZoneNotFound' })
    })

    it.each(['application/json', `${MEDIA_TYPE}; charset=utf-8`, 'application/external.dns.webhook+json;version=2'])(
      'does not take a server that answers with %s for one that speaks the protocol',
      async (type) => {
        fake = await startWebhook()
        fake.http.fail({ kind: 'answer', answer: { status: 200, body: {}, headers: { 'content-type': type } } })
        await expect(openProvider(fake).openZone(zone, signal)).rejects.toMatchObject({
          kind: 'terminal',
          reason: 'ProviderRefused',
          message: expect.stringContaining('check spec.webhook.endpoint') as string,
        })
      },
    )

    it('waits for a server that is still starting', async () => {
      fake = await startWebhook()
      fake.http.fail({ kind: 'answer', answer: { status: 503 } })
      await expect(openProvider(fake).openZone(zone, signal)).rejects.toMatchObject({ kind: 'transient' })
    })
  })

  describe('reading', () => {
    it('leaves what lies in a longer zone of the same provider to that zone', async () => {
      fake = await startWebhook({}, { include: [zone, 'sub.example.com'] })
      const targets = ['192.0.2.1']
      for (const dnsName of ['www.example.com', 'www.sub.example.com', 'sub.example.com', 'www.example.org'])
        fake.seed({ dnsName, recordType: 'A', targets })
      const names = async (options: Partial<WebhookOptions>, of: string): Promise<readonly string[]> => {
        const listed = await listAll(await openProvider(fake, options).openZone(of as Fqdn, signal))
        return [...listed.values()].map(({ key }) => key.name)
      }
      expect(await names({}, zone)).toEqual(['www.example.com'])
      expect(await names({}, 'sub.example.com')).toEqual(['www.sub.example.com', 'sub.example.com'])
      expect(await names({ zones: [zone] }, zone)).toHaveLength(3)
    })

    it('reads what others wrote in their own way', async () => {
      fake = await startWebhook()
      fake.seed(
        { dnsName: 'WWW.example.com', recordType: 'CNAME', targets: ['Web.Example.NET.'] },
        { dnsName: 'six.example.com', recordType: 'AAAA', targets: ['2001:DB8:0::1'] },
        { dnsName: 'mail.example.com', recordType: 'MX', targets: ['10 mx.example.net'] },
        { dnsName: 'routed.example.com', recordType: 'A', targets: ['192.0.2.1'], setIdentifier: 'blue' },
      )
      const listed = await listAll(await openListed(fake))
      expect([...listed].map(([text, { values }]) => [text, values[0]?.value])).toEqual([
        ['www.example.com CNAME', 'web.example.net'],
        ['six.example.com AAAA', '2001:db8::1'],
        ['routed.example.com A blue', '192.0.2.1'],
      ])
    })

    it('joins endpoints that hold one value each', async () => {
      fake = await startWebhook()
      const endpoint = (target: string): FakeEndpoint => ({
        dnsName: 'www.example.com',
        recordType: 'A',
        targets: [target],
      })
      const body = [endpoint('192.0.2.2'), endpoint('192.0.2.1')]
      const session = await openProvider(fake).openZone(zone, signal)
      fake.http.fail({ kind: 'answer', answer: { status: 200, body } })
      expect((await listAll(session)).get('www.example.com A')?.values.map(({ value }) => value)).toEqual([
        '192.0.2.1',
        '192.0.2.2',
      ])
    })

    it('takes a field that is null for one that is not there', async () => {
      fake = await startWebhook()
      const session = await openListed(fake)
      const body =
        '[{"dnsName":"www.example.com","recordType":"A","targets":["192.0.2.1"],"recordTTL":null,"setIdentifier":null}]'
      fake.http.fail({ kind: 'answer', answer: { status: 200, body } })
      expect((await listAll(session)).get('www.example.com A')).toMatchObject({ ttl: 0, key: { setId: '' } })
    })

    it.each(['<html>', '{"items":[]}', '[{"dnsName":7}]', '[null]', '[{"targets":"192.0.2.1"}]'])(
      'takes %s for no list of records at all, rather than for an empty one',
      async (body) => {
        fake = await startWebhook()
        const session = await openListed(fake)
        fake.http.fail({ kind: 'answer', answer: { status: 200, body } })
        await expect(listAll(session)).rejects.toMatchObject({ kind: 'transient', reason: 'ProviderUnavailable' })
      },
    )

    it('reads an answer as long as the protocol allows, and no longer', async () => {
      fake = await startWebhook()
      const session = await openProvider(fake, { timeoutMs: 5000 }).openZone(zone, signal)
      const body = (length: number): string => `[]${' '.repeat(length - 2)}`
      fake.http.fail({ kind: 'answer', answer: { status: 200, body: body(32 * 1024 * 1024) } })
      expect((await listAll(session)).size).toBe(0)
      fake.http.fail({ kind: 'answer', answer: { status: 200, body: body(32 * 1024 * 1024 + 1) } })
      await expect(listAll(session)).rejects.toMatchObject({ message: expect.stringContaining('32 MiB') as string })
    })
  })

  it.each<readonly [string, WebhookHabits['text']]>([
    ['strips the quotes of TXT', (target) => target.replace(/^"|"$/g, '')],
    ['quotes TXT once more', (target) => `"${target.replaceAll('"', '\\"')}"`],
  ])('reads marks of a provider that %s', async (_what, text) => {
    fake = await startWebhook({ text })
    const session = await openListed(fake)
    expect((await applyAll(session, [create(www)]))[0]?.kind).toBe('applied')
    const found: StoredSet | undefined = (await listAll(await openListed(fake))).get('www.example.com A')
    expect(found?.values[0]?.owner).toMatchObject({ id: CONTRACT_OWNER, uid: resource.uid })
    expect(await planFor(session)).toEqual([])
    await applyAll(session, [remove(found ?? www)])
    expect(fake.endpoints).toEqual([])
  })
})
