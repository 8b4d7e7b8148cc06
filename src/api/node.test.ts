import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNamespace, parseNode, parseService } from './node.ts'

describe('a node', () => {
  it('is narrowed to what decisions need', () => {
    const node = parseNode({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: 'n-1',
        uid: 'u-1',
        creationTimestamp: '2025-12-31T00:00:00Z',
        labels: { role: 'ingress' },
        annotations: { 'dns.stoa.dev/drain': 'true' },
        managedFields: [{}],
      },
      spec: {
        podCIDR: '10.0.0.0/24',
        unschedulable: true,
        taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }],
      },
      status: {
        addresses: [
          { type: 'ExternalIP', address: '192.0.2.1' },
          { type: 'Hostname', address: 'n-1' },
        ],
        conditions: [
          { type: 'MemoryPressure', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
          { type: 'Ready', status: 'Unknown', lastTransitionTime: '2026-01-02T00:00:00Z', reason: 'NodeStatusUnknown' },
        ],
        images: [{}],
      },
    })
    expect(node).toEqual({
      name: 'n-1',
      creationTimestamp: '2025-12-31T00:00:00Z',
      labels: { role: 'ingress' },
      annotations: { 'dns.stoa.dev/drain': 'true' },
      unschedulable: true,
      taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }],
      addresses: [
        { type: 'ExternalIP', address: '192.0.2.1' },
        { type: 'Hostname', address: 'n-1' },
      ],
      ready: { status: 'Unknown', lastTransitionTime: '2026-01-02T00:00:00Z' },
    })
  })

  it('that says next to nothing has neither addresses nor a readiness', () => {
    expect(parseNode({ metadata: { name: 'n-1', deletionTimestamp: '2026-01-01T00:00:00Z' } })).toEqual({
      name: 'n-1',
      labels: {},
      annotations: {},
      deletionTimestamp: '2026-01-01T00:00:00Z',
      unschedulable: false,
      taints: [],
      addresses: [],
    })
  })

  it('loses the parts of it that are of another type', () => {
    const node = parseNode({
      metadata: { name: 'n-1', labels: { a: 1, b: 'c' }, annotations: [] },
      spec: { taints: [{ key: 'a', value: 'b', effect: 'NoExecute' }, {}, null] },
      status: { addresses: [{ type: 'ExternalIP' }, 'x'], conditions: [{ type: 'Ready', status: 'Maybe' }] },
    })
    expect(node).toMatchObject({ labels: { b: 'c' }, annotations: {}, addresses: [] })
    expect(node?.taints).toEqual([{ key: 'a', value: 'b', effect: 'NoExecute' }])
    expect(node?.ready).toEqual({ status: 'Unknown', lastTransitionTime: '' })
  })

  it('may be anything, and is read without an error', () => {
    const part = fc.anything({ maxDepth: 3 })
    const parts = fc.record({ metadata: part, spec: part, status: part })
    fc.assert(
      fc.property(fc.oneof(parts, part), (value) => {
        parseNode(value)
        parseService(value)
        parseNamespace(value)
      }),
    )
  })
})

describe('a service', () => {
  const service = (type: string, ingress: unknown): unknown => ({
    metadata: { namespace: 'web', name: 'shop' },
    spec: { type },
    status: { loadBalancer: { ingress } },
  })

  it('gives the addresses and hostnames of its load balancer', () => {
    const ingress = [{ ip: '192.0.2.1', ipMode: 'VIP' }, { hostname: 'lb.example.net' }, {}]
    expect(parseService(service('LoadBalancer', ingress))).toEqual({
      namespace: 'web',
      name: 'shop',
      ingress: [{ ip: '192.0.2.1' }, { hostname: 'lb.example.net' }],
    })
  })

  it('of another type gives none', () => {
    expect(parseService(service('ClusterIP', [{ ip: '192.0.2.1' }]))?.ingress).toEqual([])
  })
})

describe('a namespace', () => {
  it('is its name and labels', () => {
    expect(parseNamespace({ metadata: { name: 'web', labels: { team: 'web' } } })).toEqual({
      name: 'web',
      labels: { team: 'web' },
    })
    expect(parseNamespace({})).toBeUndefined()
  })
})
