import { describe, expect, it } from 'vitest'
import { at, node, notReady, poolSpec } from '../../test/support/pool-builders.ts'
import type { NodeObject } from '../api/node.ts'
import { judgeHost, judgeNode, judgeNodes } from './judge-node.ts'

const readinessOf = (given: NodeObject): unknown => judgeNode(poolSpec(), given)?.readiness

describe('a node as its pool sees it', () => {
  it('has its addresses, region and age', () => {
    const given = node(1, { labels: { 'topology.kubernetes.io/region': 'eu-1' }, unschedulable: true })
    expect(judgeNode(poolSpec(), given)).toEqual({
      name: 'node-0001',
      addresses: ['1.0.0.1'],
      unparsable: [],
      noAddress: 'no address in ExternalIP',
      region: 'eu-1',
      createdAt: Date.parse(at(-86_400)),
      draining: undefined,
      readiness: { state: 'Ready' },
      cordoned: true,
    })
  })

  it('does not belong where the selector does not choose it', () => {
    expect(judgeNode(poolSpec({ selector: { matchLabels: { role: 'ingress' } } }), node(1))).toBeUndefined()
  })

  it('says since when it is not ready', () => {
    expect(readinessOf(notReady(1, -10))).toMatchObject({ state: 'NotReady', since: Date.parse(at(-10)) })
  })

  it('is unreachable while its readiness is unknown', () => {
    const ready = { status: 'Unknown', lastTransitionTime: at(-10) } as const
    expect(readinessOf(node(1, { ready }))).toMatchObject({ state: 'Unreachable', since: Date.parse(at(-10)) })
  })

  it('has been unreachable since it was created if it has never reported', () => {
    const { ready: _, ...silent } = node(1)
    expect(readinessOf(silent)).toMatchObject({ state: 'Unreachable', since: Date.parse(at(-86_400)) })
  })

  it('does not know since when where the stamp is missing', () => {
    expect(readinessOf(node(1, { ready: { status: 'False', lastTransitionTime: '' } }))).toMatchObject({
      since: undefined,
    })
  })

  it.each<[string, Partial<NodeObject>, string]>([
    ['nothing found', { addresses: [] }, 'no address in ExternalIP, annotation example.net/ip'],
    [
      'only private ones',
      { addresses: [{ type: 'ExternalIP', address: '10.0.0.1' }] },
      'no globally reachable address: ExternalIP 10.0.0.1 (private, 10.0.0.0/8); set allowNonGlobalAddresses if it should be published',
    ],
    [
      'only what is none',
      { addresses: [], annotations: { 'example.net/ip': 'here' } },
      'no IP address: annotation example.net/ip "here"',
    ],
  ])('explains why it has no address: %s', (_, overrides, expected) => {
    const addressSources = [{ type: 'ExternalIP' }, { type: 'Annotation', key: 'example.net/ip' }] as const
    expect(judgeNode(poolSpec({ addressSources }), node(1, overrides))?.noAddress).toBe(expected)
  })
})

describe('a host as its pool sees it', () => {
  it('is taken as written, private addresses included', () => {
    const host = judgeHost({ name: 'vps', addresses: ['10.0.0.1', '10.0.0.1', 'x'], region: 'eu-1' })
    expect(host).toMatchObject({ addresses: ['10.0.0.1'], unparsable: ['"x"'], region: 'eu-1', createdAt: undefined })
    expect(host.draining).toBeUndefined()
  })

  it('drains when told to', () => {
    expect(judgeHost({ name: 'vps', addresses: ['1.1.1.1'], drain: true }).draining).toBe('drain is true in hosts')
  })
})

describe('the members of a pool', () => {
  it('are its nodes and hosts, by name', () => {
    const hosts = [{ name: 'a-host', addresses: ['1.1.1.1'] }]
    const names = judgeNodes(poolSpec({ hosts }), [node(2), node(1)]).map(({ name }) => name)
    expect(names).toEqual(['a-host', 'node-0001', 'node-0002'])
  })

  it('are the hosts alone where there is no selector', () => {
    const { selector: _, ...spec } = poolSpec({ hosts: [{ name: 'vps', addresses: ['1.1.1.1'] }] })
    expect(judgeNodes(spec, [node(1)]).map(({ name }) => name)).toEqual(['vps'])
  })

  it('a host hides a node of the same name', () => {
    const hosts = [{ name: 'node-0001', addresses: ['1.1.1.1'] }]
    expect(judgeNodes(poolSpec({ hosts }), [node(1)]).map(({ addresses }) => addresses)).toEqual([['1.1.1.1']])
  })
})
