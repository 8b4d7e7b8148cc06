// Short ways to write our objects in tests of their status.
import { createSchemaCheck } from '../../src/api/check-schema.ts'
import { KIND_DEFINITIONS } from '../../src/api/generated/schemas.ts'
import {
  API_VERSION,
  KIND_NAMES,
  type DNSProvider,
  type DynamicDNSRecord,
  type NodePool,
  type ObjectMeta,
  type StoaObject,
  type WANAddress,
} from '../../src/api/kinds.ts'

export const NOW = Date.parse('2026-11-21T03:00:00Z')
export const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString().replace('.000Z', 'Z')

type Given<Kind extends { readonly spec: object; readonly status?: object }> = {
  readonly metadata?: Partial<ObjectMeta>
  readonly spec?: Partial<Kind['spec']>
  readonly status?: Kind['status'] | undefined
}

const meta = (given: Partial<ObjectMeta> | undefined): ObjectMeta => ({
  name: 'shop',
  namespace: 'web',
  uid: 'uid-shop',
  generation: 1,
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...given,
})

/** As the apiserver hands out an object that no controller has seen yet, unless another status is given. */
const born = { observedGeneration: -1 }

export function recordObject(given: Given<DynamicDNSRecord> = {}): DynamicDNSRecord {
  return {
    apiVersion: API_VERSION,
    kind: 'DynamicDNSRecord',
    metadata: meta(given.metadata),
    spec: {
      hostnames: ['shop.example.com'],
      addressFamilies: ['IPv4'],
      ttlSeconds: 300,
      targets: [{ nodePool: { name: 'edge' } }],
      maxAddresses: 100,
      minAddresses: 1,
      routing: { policy: 'Simple', failbackSeconds: 60 },
      syncPolicy: 'Sync',
      adopt: false,
      mode: 'Apply',
      progressDeadlineSeconds: 600,
      ...given.spec,
    },
    status: given.status ?? born,
  }
}

export function poolObject(given: Given<NodePool> = {}): NodePool {
  return {
    apiVersion: API_VERSION,
    kind: 'NodePool',
    metadata: meta({ name: 'edge', uid: 'uid-edge', ...given.metadata }),
    spec: {
      selector: {},
      addressSources: [{ type: 'ExternalIP' }],
      allowNonGlobalAddresses: false,
      drain: {
        rules: [],
        notReady: { action: 'Remove', graceSeconds: 30 },
        unreachable: { action: 'Remove', graceSeconds: 30 },
        cordoned: { action: 'Keep' },
        readmitSeconds: 30,
        maxUnavailablePercent: 50,
      },
      minMembers: 1,
      allowedNamespaces: { from: 'Same' },
      ...given.spec,
    },
    status: given.status ?? born,
  }
}

export function wanObject(given: Given<WANAddress> = {}): WANAddress {
  return {
    apiVersion: API_VERSION,
    kind: 'WANAddress',
    metadata: meta({ name: 'home', uid: 'uid-home', ...given.metadata }),
    spec: {
      addressFamilies: ['IPv4'],
      intervalSeconds: 30,
      maxAgeSeconds: 600,
      quorum: 2,
      requireAuthenticated: false,
      confirmChanges: true,
      allowNonGlobalCIDRs: [],
      denyCIDRs: [],
      allowedNamespaces: { from: 'All' },
      ...given.spec,
    },
    status: given.status ?? born,
  }
}

export function providerObject(given: Given<DNSProvider> = {}): DNSProvider {
  return {
    apiVersion: API_VERSION,
    kind: 'DNSProvider',
    metadata: meta({ name: 'main', namespace: 'dns', uid: 'uid-main', ...given.metadata }),
    spec: {
      type: 'Builtin',
      zones: ['example.com'],
      builtin: {},
      ownership: { id: '', registry: 'Auto', txtPrefix: '', txtSuffix: '' },
      guard: { maxDeletePercent: 30, windowSeconds: 600 },
      ...given.spec,
    },
    status: given.status ?? born,
  }
}

const checks = new Map(KIND_NAMES.map((kind) => [kind, createSchemaCheck(KIND_DEFINITIONS[kind].schema)]))

/** What the apiserver would not take of an object, its status included. Metadata has no schema of ours. */
export function listSchemaProblems(object: StoaObject): readonly unknown[] {
  return checks.get(object.kind)?.(JSON.parse(JSON.stringify({ ...object, metadata: {} }))) ?? ['unknown kind']
}
