import { describe, expect, it } from 'vitest'
import { HEALTHY, judge, node, notReady, NOW, report, tainted, unhealthy } from '../../test/support/pool-builders.ts'
import {
  content,
  contribute,
  contributedText,
  health,
  member,
  pool,
  sayingOf,
  service,
  wan,
} from '../../test/support/target-builders.ts'
import type { Target } from '../api/generated/dynamic-dns-record.ts'
import type { ServiceIngress } from '../api/node.ts'
import type { HealthVerdict } from './health-verdicts.ts'
import { listPoolMembers } from './contribute-pool.ts'
import type { Sources } from './contribute-target.ts'
import type { TargetContext } from './target-context.ts'

const EDGE: Target = { name: 'edge', nodePool: { name: 'edge', namespace: 'infra' } }
const HOME: Target = { name: 'home', wan: { name: 'default', namespace: 'infra' } }
const FRONT: Target = { name: 'front', service: { name: 'front' } }
const last = content('9.9.9.9')
const SAME = { allowedNamespaces: { from: 'Same' } } as const
const TEAM = { allowedNamespaces: { from: 'Selector', matchLabels: { team: 'web' } } } as const

describe('a target that is not known keeps what it gave last', () => {
  const unread = { kind: 'unknown', message: 'the cache is not filled yet' } as const
  it.each<[string, Target, Partial<Sources>, Partial<TargetContext>, string]>([
    ['no pool', EDGE, {}, {}, 'PoolNotFound: NodePool infra/edge does not exist'],
    [
      'no pool in its own namespace',
      { nodePool: { name: 'edge' } },
      {},
      {},
      'PoolNotFound: NodePool web/edge does not exist',
    ],
    [
      'a pool that cannot be read',
      EDGE,
      { pool: () => unread },
      {},
      'PoolUnknown: NodePool infra/edge: the cache is not filled yet',
    ],
    [
      'a pool for its own namespace',
      EDGE,
      { pool: () => pool([], SAME) },
      {},
      'NamespaceNotAllowed: NodePool infra/edge does not let namespace web refer to it: see its spec.allowedNamespaces',
    ],
    [
      'a pool for some labels, which are not known',
      EDGE,
      { pool: () => pool([], TEAM) },
      { namespaceLabels: undefined },
      'NamespaceUnknown: NodePool infra/edge: the labels of namespace web could not be read, and its spec.allowedNamespaces asks for them',
    ],
    ['no WAN address', HOME, {}, {}, 'WANAddressNotFound: WANAddress infra/default does not exist'],
    [
      'no WAN address in its own namespace',
      { wan: { name: 'default' } },
      {},
      {},
      'WANAddressNotFound: WANAddress web/default does not exist',
    ],
    [
      'a WAN address for its own namespace',
      HOME,
      { wan: () => wan({}, SAME) },
      {},
      'NamespaceNotAllowed: WANAddress infra/default does not let namespace web refer to it: see its spec.allowedNamespaces',
    ],
    [
      'a WAN address that is not detected',
      HOME,
      { wan: () => wan({ IPv4: 'no quorum' }) },
      {},
      'WANAddressUnknown: WANAddress infra/default: IPv4 is unknown: no quorum',
    ],
    [
      'neither family detected',
      HOME,
      { wan: () => wan({ IPv4: 'no quorum', IPv6: 'no answer' }) },
      { families: ['IPv4', 'IPv6'] },
      'WANAddressUnknown: WANAddress infra/default: IPv4 is unknown: no quorum; IPv6 is unknown: no answer',
    ],
    [
      'the only family that is looked for is not detected',
      HOME,
      { wan: () => wan({ IPv6: 'no answer' }) },
      { families: ['IPv4', 'IPv6'] },
      'WANAddressUnknown: WANAddress infra/default: it does not look for IPv4; IPv6 is unknown: no answer',
    ],
    ['no Service', FRONT, {}, {}, 'ServiceNotFound: Service web/front does not exist'],
    [
      'a Service that cannot be read',
      FRONT,
      { service: () => unread },
      {},
      'ServiceAddressUnknown: Service web/front: the cache is not filled yet',
    ],
    [
      'a Service without an address',
      FRONT,
      { service: () => service() },
      {},
      'ServiceAddressUnknown: Service web/front has no load-balancer address: it must be of type LoadBalancer and have been given one',
    ],
    [
      'a Service with an ingress that says nothing',
      FRONT,
      { service: () => service({}) },
      {},
      'ServiceAddressUnknown: Service web/front has no load-balancer address: it must be of type LoadBalancer and have been given one',
    ],
    [
      'a Service with an address that is none',
      FRONT,
      { service: () => service({ ip: '1.1.1.1' }, { ip: 'tbd' }) },
      {},
      'ServiceAddressUnknown: Service web/front has a load-balancer address that is none: "tbd"',
    ],
    [
      'a Service with a hostname that is none',
      FRONT,
      { service: () => service({ hostname: 'a b' }) },
      {},
      'InvalidName: "a b" is not a hostname',
    ],
    ['a hostname that is none', { hostname: '-x' }, {}, {}, 'InvalidName: "-x" is not a hostname'],
    ['an address that is none', { addresses: ['1.1.1.1', '1.1.1'] }, {}, {}, 'InvalidSpec: not an IP address: "1.1.1"'],
  ])('%s', (_, target, sources, context, expected) => {
    const contributed = contribute(target, sources, { last, ...context })
    expect(sayingOf(contributed)).toBe(expected)
    expect(contributedText(contributed)).toBe('9.9.9.9')
    expect(contributed.nextChangeAt).toBeUndefined()
  })
})

describe('a pool', () => {
  it('gives each member its standing', () => {
    const membership = judge({
      nodes: [
        node(1),
        notReady(2, -60),
        tainted(3, 'karpenter.sh/disrupted'),
        node(4),
        node(5, { addresses: [] }),
        node(6, { unschedulable: true }),
        node(7, { ready: { status: 'Unknown', lastTransitionTime: '2026-05-01T11:00:00Z' } }),
        notReady(8, -40),
      ],
      health: report({ 4: unhealthy(-60) }),
      drain: { cordoned: { action: 'Remove' } },
    })
    const standings = listPoolMembers(membership).map(({ name, standing }) => `${name} ${standing}`)
    expect(standings).toEqual([
      'node-0001 active',
      'node-0002 notReady',
      'node-0003 draining',
      'node-0004 unhealthy',
      'node-0006 notReady',
      'node-0007 notReady',
      'node-0008 active',
    ])
    expect(membership.members.at(-1)?.heldIn).toBe('maxUnavailablePercent')
  })

  it('hands its members and its message on as they are', () => {
    const members = [member('a', '1.1.1.1', { region: 'eu' }), member('b', '2.2.2.2', { region: 'us' })]
    const { contribution } = contribute(EDGE, { pool: () => pool(members, { ...TEAM, message: 'one is out' }) })
    expect(contribution).toEqual({
      kind: 'known',
      target: 'edge',
      content: { kind: 'members', source: 'pool', members },
      unknownFamilies: [],
      message: 'one is out',
    })
  })

  it('lends its members the region of the target where they have none', () => {
    const members = [member('a', '1.1.1.1', { region: 'eu' }), member('b', '2.2.2.2')]
    const { contribution } = contribute({ ...EDGE, region: 'us' }, { pool: () => pool(members) })
    expect(contribution).toMatchObject({ content: { members: [{ region: 'eu' }, { region: 'us' }] } })
  })

  it('does not copy its members for each record', () => {
    const members = [member('a', '1.1.1.1', { region: 'eu' })]
    for (const target of [EDGE, { ...EDGE, region: 'us' }]) {
      const { contribution } = contribute(target, { pool: () => pool(members) })
      expect(
        contribution.kind === 'known' && contribution.content.kind === 'members' && contribution.content.members,
      ).toBe(members)
    }
  })
})

describe('a WAN address', () => {
  const both = { families: ['IPv4', 'IPv6'] } as const

  it('gives what is detected of the families that the record publishes', () => {
    const sources = { wan: () => wan({ IPv4: '1.1.1.1', IPv6: '2a00::1' }) }
    expect(contributedText(contribute(HOME, sources, both))).toBe('1.1.1.1, 2a00::1')
    expect(contributedText(contribute(HOME, sources))).toBe('1.1.1.1')
  })

  it('keeps the last address of a family that is not detected while the other one follows', () => {
    const contributed = contribute(
      HOME,
      { wan: () => wan({ IPv4: '1.1.1.1', IPv6: 'no answer' }) },
      { ...both, last: content('9.9.9.9', '2a00::9') },
    )
    expect(contributedText(contributed)).toBe('1.1.1.1, 2a00::9')
    expect(contributed.contribution).toMatchObject({ unknownFamilies: ['IPv6'] })
    expect(sayingOf(contributed)).toBe('WANAddress infra/default: IPv6 is unknown: no answer')
  })

  it('has nothing to keep where nothing was known', () => {
    for (const before of [undefined, { kind: 'hostname', hostname: 'x.example.net' } as TargetContext['last']]) {
      const contributed = contribute(
        HOME,
        { wan: () => wan({ IPv4: '1.1.1.1', IPv6: 'no answer' }) },
        { ...both, last: before },
      )
      expect(contributedText(contributed)).toBe('1.1.1.1')
      expect(contributed.contribution).toMatchObject({ unknownFamilies: ['IPv6'] })
    }
  })

  it('has none of a family that nobody looks for, and that is known', () => {
    const contributed = contribute(
      HOME,
      { wan: () => wan({ IPv4: '1.1.1.1' }) },
      { ...both, last: content('9.9.9.9', '2a00::9') },
    )
    expect(contributedText(contributed)).toBe('1.1.1.1')
    expect(contributed.contribution).toMatchObject({ unknownFamilies: [] })
    expect(sayingOf(contributed)).toBe('WANAddress infra/default: it does not look for IPv6')
  })

  it('is not moved by a probe that names no host', () => {
    const failing = health({ '1.1.1.1': unhealthy(-60) })
    const contributed = contribute(HOME, { wan: () => wan({ IPv4: '1.1.1.1' }) }, { health: failing })
    expect(contributedText(contributed)).toBe('1.1.1.1')
    expect(sayingOf(contributed)).toBe(
      'WANAddress infra/default: the health check does not count here, because httpGet.host does not say whom to ask',
    )
  })

  it('is moved by a probe that does', () => {
    const httpGet = {
      path: '/',
      port: 80,
      scheme: 'HTTP',
      host: 'x.example.net',
      httpHeaders: [],
      expectedStatus: '200',
      insecureSkipVerify: false,
    } as const
    const failing = health({ '1.1.1.1': unhealthy(-60) }, { httpGet })
    const contributed = contribute(HOME, { wan: () => wan({ IPv4: '1.1.1.1' }) }, { health: failing })
    expect(contributedText(contributed)).toBe('1.1.1.1 unhealthy')
    expect(sayingOf(contributed)).toBe('WANAddress infra/default: the health check fails: 1.1.1.1 (connection refused)')
  })
})

describe('a Service', () => {
  it.each<[string, readonly ServiceIngress[], string]>([
    ['gives its addresses', [{ ip: '1.1.1.1' }, { ip: '2a00::1' }], '1.1.1.1, 2a00::1'],
    ['gives its hostname', [{ hostname: 'LB.example.net.' }], 'lb.example.net'],
    [
      'gives the first of several hostnames',
      [{ hostname: 'b.example.net' }, { hostname: 'a.example.net' }],
      'a.example.net',
    ],
    ['gives addresses rather than hostnames', [{ hostname: 'a.example.net' }, { ip: '1.1.1.1' }], '1.1.1.1'],
  ])('%s', (_, ingress, expected) => {
    expect(contributedText(contribute(FRONT, { service: () => service(...ingress) }))).toBe(expected)
  })
})

describe('what is written in the spec', () => {
  it('is given as it is: addresses', () => {
    const { contribution } = contribute({ addresses: ['10.0.0.1', '2A00::1', '10.0.0.1'], region: 'eu' })
    expect(contribution).toEqual({
      kind: 'known',
      target: 'addresses/literal',
      content: {
        kind: 'members',
        source: 'addresses',
        members: ['10.0.0.1', '2a00::1'].map((text) => member('addresses/literal', text, { region: 'eu' })),
      },
      unknownFamilies: [],
      message: undefined,
    })
  })

  it('is given as it is: a hostname', () => {
    expect(contributedText(contribute({ hostname: 'lb.example.net' }))).toBe('lb.example.net')
  })

  it('is empty where nothing is written', () => {
    expect(contributedText(contribute({}))).toBe('')
  })
})

describe('the standing of an address that a record probes', () => {
  const delayed = { removalDelaySeconds: 20 }
  it.each<[string, TargetContext['last'], HealthVerdict | undefined, string]>([
    ['new, without a verdict: active', undefined, undefined, '1.1.1.1'],
    ['active, without a verdict: active', content('1.1.1.1'), undefined, '1.1.1.1'],
    ['unhealthy, without a verdict: unhealthy', content('1.1.1.1 unhealthy'), undefined, '1.1.1.1 unhealthy'],
    ['another one was unhealthy: active', content('2.2.2.2 unhealthy'), undefined, '1.1.1.1'],
    ['unhealthy, now healthy: active', content('1.1.1.1 unhealthy'), HEALTHY, '1.1.1.1'],
    ['active, unhealthy for less than the delay: active', content('1.1.1.1'), unhealthy(-19), '1.1.1.1'],
    ['active, unhealthy for the delay: unhealthy', content('1.1.1.1'), unhealthy(-20), '1.1.1.1 unhealthy'],
    [
      'unhealthy, unhealthy for less than the delay: unhealthy',
      content('1.1.1.1 unhealthy'),
      unhealthy(-1),
      '1.1.1.1 unhealthy',
    ],
  ])('%s', (_, before, verdict, expected) => {
    const given = health(verdict === undefined ? {} : { '1.1.1.1': verdict }, delayed)
    expect(contributedText(contribute({ addresses: ['1.1.1.1'] }, {}, { last: before, health: given }))).toBe(expected)
  })

  it('is active where the record has no check, whatever it was', () => {
    expect(contributedText(contribute({ addresses: ['1.1.1.1'] }, {}, { last: content('1.1.1.1 unhealthy') }))).toBe(
      '1.1.1.1',
    )
  })

  it('says which ones fail, and when the next one goes', () => {
    const given = health({ '1.1.1.1': unhealthy(-60), '2.2.2.2': unhealthy(-5), '3.3.3.3': unhealthy(-9) }, delayed)
    const contributed = contribute({ addresses: ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'] }, {}, { health: given })
    expect(contributedText(contributed)).toBe('1.1.1.1 unhealthy, 2.2.2.2, 3.3.3.3, 4.4.4.4')
    expect(contributed.nextChangeAt).toBe(NOW + 11_000)
    expect(sayingOf(contributed)).toBe(
      'the health check fails: 1.1.1.1 (connection refused), 2.2.2.2 (connection refused), 3.3.3.3 (connection refused)',
    )
  })

  it('counts for Services too', () => {
    const given = health({ '1.1.1.1': unhealthy(-60) })
    const sources = { service: () => service({ ip: '1.1.1.1' }, { ip: '2.2.2.2' }) }
    expect(contributedText(contribute(FRONT, sources, { health: given }))).toBe('1.1.1.1 unhealthy, 2.2.2.2')
  })
})
