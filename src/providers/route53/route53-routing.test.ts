import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyAll, create, listAll, ownedSet, remove, update } from '../../../test/contracts/provider-contract.ts'
import type { Route53Fake } from '../../../test/fakes/route53-fake.ts'
import { field } from '../../../test/fakes/route53-rules.ts'
import { openListed, routedSet, SIGNAL, startRoute53, ZONE, ZONE_ID } from '../../../test/support/route53-bench.ts'
import { keyText, type Routing, type StoredSet } from '../../model/record-set.ts'
import type { ZoneSession } from '../provider.ts'
import { amazonZoneOf } from './alias-zones.ts'

const BALANCER = 'lb-1.eu-west-1.elb.amazonaws.com'

let fake: Route53Fake
let session: ZoneSession
beforeEach(async () => {
  fake = await startRoute53()
  session = await openListed(fake)
})
afterEach(() => fake.http.stop())

const weighted = (setId: string, weight: number, value = '192.0.2.1'): StoredSet =>
  routedSet('www.example.com', 'A', [value], { setId, routing: { policy: 'Weighted', weight } })
const alias = (name: string, target: string): StoredSet => ownedSet(name, 'ALIAS', [target], 60)

describe('routed sets', () => {
  const cases: readonly (readonly [Routing, Routing])[] = [
    [
      { policy: 'Weighted', weight: 0 },
      { policy: 'Weighted', weight: 255 },
    ],
    [
      { policy: 'Latency', region: 'eu-west-1' },
      { policy: 'Latency', region: 'us-east-1' },
    ],
    [
      { policy: 'Geo', location: { kind: 'continent', code: 'EU' } },
      { policy: 'Geo', location: { kind: 'default' } },
    ],
    [
      { policy: 'Geo', location: { kind: 'country', code: 'DE' } },
      { policy: 'Geo', location: { kind: 'subdivision', code: 'US-CA' } },
    ],
  ]
  it.each(cases)('%j beside %j are created, listed with their owners, changed and deleted', async (one, other) => {
    const sets = [one, other].map((routing, at) =>
      routedSet('www.example.com', 'A', ['192.0.2.1'], { setId: `s${at}`, routing }),
    )
    expect((await applyAll(session, sets.map(create))).map(({ kind }) => kind)).toEqual(['applied', 'applied'])
    session = await openListed(fake)
    const listed = [...(await listAll(session)).values()]
    expect(listed.map(({ key, routing }) => [key.setId, routing])).toEqual([
      ['s0', one],
      ['s1', other],
    ])
    expect(listed.every(({ values }) => values[0]?.owner?.resource === 'dynamicdnsrecord/web/shop')).toBe(true)
    const [first, second] = listed
    if (first === undefined || second === undefined) throw new Error('not listed')
    const changed = { ...first, values: ownedSet('x.example.com', 'A', ['192.0.2.7']).values }
    expect((await applyAll(session, [update(first, changed), remove(second)])).map(({ kind }) => kind)).toEqual([
      'applied',
      'applied',
    ])
    expect(fake.find(ZONE_ID, 'www.example.com', 'A').map(({ values }) => values)).toEqual([['192.0.2.7']])
    expect(fake.find(ZONE_ID, 'a-www.example.com', 'TXT').map((set) => field(set, 'SetIdentifier'))).toEqual(['s0'])
  })

  it('change their kind of routing together, in one call', async () => {
    const before = [weighted('a', 1), weighted('b', 2)]
    await applyAll(session, before.map(create))
    const regions = ['eu-west-1', 'us-east-1']
    const changes = before.map((set, at) =>
      update(set, { ...set, routing: { policy: 'Latency', region: regions[at] ?? '' } }),
    )
    const calls = fake.http.writes().length
    expect((await applyAll(session, changes)).map(({ kind }) => kind)).toEqual(['applied', 'applied'])
    expect(fake.http.writes().length - calls).toBe(1)
  })

  it('take the place of a simple set in one call', async () => {
    const simple = ownedSet('www.example.com', 'A', ['192.0.2.1'])
    await applyAll(session, [create(simple)])
    const outcomes = await applyAll(session, [remove(simple), create(weighted('a', 1)), create(weighted('b', 2))])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'applied', 'applied'])
    expect(fake.http.writes()).toHaveLength(2)
  })

  it('are all read when pages end between them', async () => {
    for (let name = 0; name < 7; name += 1)
      for (let member = 0; member < 100; member += 1)
        fake.put(
          ZONE_ID,
          { Name: `n${name}.example.com`, Type: 'A', SetIdentifier: `m${member}`, Weight: '1', TTL: '60' },
          ['192.0.2.1'],
        )
    const before = fake.http.calls.length
    const listed = await listAll(session)
    expect(listed.size).toBe(700)
    const [first, ...rest] = fake.http.calls.slice(before)
    expect(first?.query.has('identifier')).toBe(false)
    expect(rest.map(({ query }) => ['name', 'type', 'identifier'].every((part) => query.has(part)))).toEqual([
      true,
      true,
    ])
  })
})

describe('an alias', () => {
  it('follows a name of the zone at the apex, with the types it has', async () => {
    await applyAll(session, [create(ownedSet('www.example.com', 'A', ['192.0.2.1']))])
    const set = alias(ZONE, 'www.example.com')
    expect(await applyAll(session, [create(set)])).toMatchObject([{ kind: 'applied' }])
    expect(fake.find(ZONE_ID, ZONE, 'A').map((one) => field(one, 'AliasTarget.HostedZoneId'))).toEqual([ZONE_ID])
    expect(fake.find(ZONE_ID, ZONE, 'AAAA')).toEqual([])
    const listed = await listAll(await openListed(fake))
    expect(listed.get(keyText(set.key))).toEqual(session.normalise(set))
  })

  it('may be created in one call with what it follows', async () => {
    const changes = [
      create(alias(ZONE, 'www.example.com')),
      create(ownedSet('www.example.com', 'AAAA', ['2001:db8::1'])),
    ]
    expect((await applyAll(session, changes)).map(({ kind }) => kind)).toEqual(['applied', 'applied'])
    expect(fake.find(ZONE_ID, ZONE, 'AAAA')).toHaveLength(1)
  })

  it('follows a load balancer with both types, and is one set to us', async () => {
    const set = alias(ZONE, BALANCER)
    await applyAll(session, [create(set)])
    expect(fake.find(ZONE_ID, ZONE, 'AAAA').map((one) => field(one, 'AliasTarget.HostedZoneId'))).toEqual([
      'Z32O12XQLNTSW2',
    ])
    const stored = (await listAll(session)).get(keyText(set.key))
    expect(stored?.values.map(({ value }) => value)).toEqual([BALANCER])
    expect(await applyAll(session, [remove(stored ?? set)])).toMatchObject([{ kind: 'applied' }])
    expect([...fake.find(ZONE_ID, ZONE, 'A'), ...fake.find(ZONE_ID, ZONE, 'AAAA')]).toEqual([])
  })

  it('keeps watching the health of its target when it did, and is given a new one', async () => {
    const target = { 'AliasTarget.HostedZoneId': 'Z32O12XQLNTSW2', 'AliasTarget.EvaluateTargetHealth': 'true' }
    fake.put(ZONE_ID, { Name: ZONE, Type: 'A', ...target, 'AliasTarget.DNSName': `${BALANCER}.` })
    const before = (await listAll(session)).get(`${ZONE} ALIAS`)
    if (before === undefined) throw new Error('not listed')
    await applyAll(session, [update(before, alias(ZONE, 'd1.cloudfront.net'))])
    const health = fake.find(ZONE_ID, ZONE, 'A').map((one) => field(one, 'AliasTarget.EvaluateTargetHealth'))
    expect(health).toEqual(['true'])
  })

  it.each([
    ['lb.example.net', 'cannot follow lb.example.net: Route 53 wants to know the hosted zone'],
    ['gone.example.com', 'has neither A nor AAAA in example.com'],
  ])('of %s is refused with the remedy, without a call', async (target, why) => {
    const [outcome] = await applyAll(session, [create(alias(ZONE, target))])
    expect(outcome).toMatchObject({
      kind: 'failed',
      scope: 'Change',
      error: { kind: 'terminal', reason: 'InvalidSpec' },
    })
    expect(outcome?.kind === 'failed' && outcome.error.message).toContain(why)
    expect(fake.http.writes()).toEqual([])
  })

  it.each([
    ['d111111abcdef8.cloudfront.net', 'Z2FDTNDATAQYW2'],
    ['dualstack.lb-1.us-east-1.elb.amazonaws.com', 'Z35SXDOTRQ7X7K'],
    ['lb-1.elb.us-east-1.amazonaws.com', 'Z26RNL4JYFTOTI'],
    ['lb-1.cn-north-1.elb.amazonaws.com.cn', 'Z3BX2TMKNYI13Y'],
    ['lb-1.xx-nowhere-9.elb.amazonaws.com', undefined],
    ['lb-1.constructor.elb.amazonaws.com', undefined],
    ['us-east-1.elb.amazonaws.com.example.net', undefined],
    ['bucket.s3-website-us-east-1.amazonaws.com', undefined],
  ])('of %s lies in the hosted zone %s', (target, zoneId) => {
    expect(amazonZoneOf(target)).toBe(zoneId)
  })
})

describe('a set of a kind we do not write', () => {
  const www = { Name: 'www.example.com', Type: 'A', TTL: '60' }
  const elsewhere = {
    'AliasTarget.DNSName': 's3-website.example.',
    'AliasTarget.HostedZoneId': 'ZS3',
    'AliasTarget.EvaluateTargetHealth': 'false',
  }
  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['a health check', { ...www, SetIdentifier: 'a', Weight: '1', HealthCheckId: 'hc-1' }],
    ['failover routing', { ...www, SetIdentifier: 'a', Failover: 'PRIMARY' }],
    ['multivalue answer routing', { ...www, SetIdentifier: 'a', MultiValueAnswer: 'true' }],
    ['geoproximity routing', { ...www, SetIdentifier: 'a', 'GeoProximityLocation.AWSRegion': 'eu-west-1' }],
    [
      'IP-based routing',
      { ...www, SetIdentifier: 'a', 'CidrRoutingConfig.CollectionId': 'c', 'CidrRoutingConfig.LocationName': '*' },
    ],
    ['a traffic policy', { ...www, TrafficPolicyInstanceId: 'tp-1' }],
    ['an alias to a resource of another kind', { Name: 'www.example.com', Type: 'A', ...elsewhere }],
    ['an alias to a resource of another kind', { Name: 'www.example.com', Type: 'CNAME', ...elsewhere }],
  ])('with %s is listed as nobody’s and never changed', async (what, fields) => {
    fake.put(ZONE_ID, fields, 'TTL' in fields ? ['192.0.2.1'] : [])
    const [found, ...more] = [...(await listAll(session)).values()]
    if (found === undefined) throw new Error('not listed')
    expect(more).toEqual([])
    expect(found).toMatchObject({ options: { unmanaged: what }, values: [{ owner: undefined }] })
    for (const change of [remove(found), update(found, { ...found, options: undefined })]) {
      const [outcome] = await applyAll(session, [change])
      expect(outcome).toMatchObject({ kind: 'failed', scope: 'Change', error: { kind: 'terminal' } })
      expect(outcome?.kind === 'failed' && outcome.error.message).toContain(`has ${what}, which Stoa does not manage`)
    }
    expect(fake.http.writes()).toEqual([])
    // Once it is gone, and that is known, there is room for ours.
    fake.removeByHand(ZONE_ID, 'www.example.com', fields['Type'] ?? '')
    expect(await session.reread([found.key.name], SIGNAL)).toEqual([])
    const ours = {
      ...ownedSet('www.example.com', 'A', ['192.0.2.1']),
      key: { ...found.key, type: 'A' as const, setId: '' },
    }
    expect(await applyAll(session, [create(ours)])).toMatchObject([{ kind: 'applied' }])
  })
})
