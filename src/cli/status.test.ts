import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  startClusterBench,
  startGitDailyBench,
  type ClusterBench,
  type GitDailyBench,
  type Parts,
} from '../../test/support/daily-bench.ts'

const HASH = '0123456789abcdef'

const condition = (type: string, status: string, reason: string, message: string): object => ({
  ...{ type, status, reason, message },
})
const READY = { observedGeneration: 1, conditions: [condition('Ready', 'True', 'Succeeded', 'all is as wanted')] }
const notReady = (reason: string, message: string, more: readonly object[] = []): object => ({
  observedGeneration: 1,
  conditions: [condition('Ready', 'False', reason, message), ...more],
})
const TARGET = {
  name: 'edge',
  source: 'nodePool/infra/edge',
  known: true,
  addresses: ['192.0.2.1'],
  healthy: 1,
  total: 2,
}
const SET = { name: 'www.shop.test', type: 'A', ttl: 300, values: ['192.0.2.1'], state: 'InSync' }
const ZONES = [{ zone: 'shop.test', provider: 'dns/main' }]

describe('in a cluster, stoa status', () => {
  let bench: ClusterBench
  beforeEach(async () => {
    bench = await startClusterBench()
    bench.put('NodePool', 'infra/edge', { status: READY })
    bench.put('DNSProvider', 'dns/main', { spec: { type: 'PowerDNS' }, status: READY })
  })
  afterEach(() => bench.stop())

  async function explain(status: object, more: Parts = {}): Promise<{ code: number; lines: readonly string[] }> {
    const parts = { targets: [TARGET], zones: ZONES, recordSets: [SET], ...status }
    bench.put('DynamicDNSRecord', 'web/www', { ...more, status: parts })
    const { code, stdout, stderr } = await bench.run('status', 'www')
    expect(stderr).toBe('')
    return {
      code,
      lines: stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ').trim()),
    }
  }

  it('shows the whole chain of a record that is ready', async () => {
    expect(await explain(READY)).toEqual({
      code: 0,
      lines: [
        'DynamicDNSRecord web/www: Ready (Succeeded): all is as wanted',
        '',
        'Written · applied to the cluster',
        'Object ✓ generation 1 has been looked at',
        'Targets ✓ edge gives 192.0.2.1 (1 of 2 fit)',
        'Zones ✓ shop.test at DNSProvider dns/main (PowerDNS)',
        'Record sets ✓ www.shop.test A 300s 192.0.2.1 InSync',
        'Next · nothing: all is as wanted',
      ],
    })
  })

  it('leads from a record to the pool that it waits for', async () => {
    bench.put('NodePool', 'infra/edge', { status: notReady('NodesUnknown', 'the nodes could not be read') })
    const targets = [{ ...TARGET, known: false, message: 'the pool is unknown' }]
    const { code, lines } = await explain({ ...notReady('PoolUnknown', 'a target is unknown'), targets })
    expect(code).toBe(1)
    expect(lines).toContain('Targets ✗ edge is unknown, so 192.0.2.1 is kept: the pool is unknown')
    expect(lines).toContain('✗ NodePool infra/edge: Not ready (NodesUnknown): the nodes could not be read')
    expect(lines.at(-1)).toBe('Next · see stoa status pool/infra/edge')
  })

  it('says how to approve a plan, and what the guard holds', async () => {
    const zones = [{ name: 'shop.test', heldPlan: { hash: HASH, deletes: 9 } }]
    bench.put('DNSProvider', 'dns/main', { spec: { type: 'PowerDNS' }, status: { ...READY, zones } })
    const plan = { hash: 'f'.repeat(16), firstSeenTime: '2026-01-01T00:00:00Z', changes: ['create www.shop.test A'] }
    const { lines } = await explain({ ...notReady('AwaitingApproval', 'changes wait'), plan })
    expect(lines.slice(-4)).toEqual([
      `Plan ✗ ${'f'.repeat(16)} waits since 2026-01-01T00:00:00Z`,
      '· create www.shop.test A',
      `Next · to let the plan go: stoa approve web/www ${'f'.repeat(16)}`,
      '· to let what the guard of DNSProvider dns/main holds in zone shop.test: 9 to be deleted go: ' +
        `stoa approve provider/dns/main ${HASH}`,
    ])
  })

  it('shows what is refused first, and its remedy last', async () => {
    const refused = { ...SET, name: 'x.shop.test', state: 'Refused', message: 'it is there: set spec.adopt' }
    const { lines } = await explain({
      ...notReady('NotOwned', 'refused'),
      recordSets: [SET, refused],
      recordSetCount: 5,
    })
    expect(lines).toContain('Record sets ✗ x.shop.test A 300s 192.0.2.1 Refused: it is there: set spec.adopt')
    expect(lines).toContain('· and 3 more')
    expect(lines.at(-1)).toBe('Next · it is there: set spec.adopt')
  })

  it('names what is missing or may not be read', async () => {
    const zones = [{ zone: 'shop.test', provider: 'dns/lost' }]
    const { lines } = await explain({ ...notReady('ProviderNotFound', 'no provider'), zones })
    expect(lines).toContain('Zones · shop.test at DNSProvider dns/lost, which is not there or may not be read by you')
    expect(lines.at(-1)).toBe('Next · create DNSProvider dns/lost, or correct the reference')
  })

  it('is calm about what is tried again by itself', async () => {
    const again = [condition('Reconciling', 'True', 'ProgressingWithRetry', 'it is tried again')]
    const { lines } = await explain(notReady('ProviderUnavailable', 'no answer', again))
    expect(lines.at(-1)).toBe('Next · wait: it is tried again by itself; stoa refresh web/www asks at once')
  })

  it.each([
    ['suspended', { spec: { suspend: true } }, READY, 'set spec.suspend to false, or take it out, to let it go on'],
    [
      'edited just now',
      { metadata: { generation: 2 } },
      { ...READY, observedGeneration: 0 },
      'wait a moment; if it stays so',
    ],
  ] as const)('tells that it is %s', async (_what, more, status, next) => {
    const { lines } = await explain(status, more)
    expect(lines.at(-1)).toContain(next)
  })

  it.each([
    ['Argo CD application shop', { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:dns.stoa.dev/X:web/www' } }],
    [
      'Flux Kustomization flux-system/dns',
      { labels: { 'kustomize.toolkit.fluxcd.io/name': 'dns', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' } },
    ],
  ])('tells that it was brought by %s', async (words, metadata) => {
    expect((await explain(READY, { metadata })).lines).toContain(`Written · brought by ${words}`)
  })

  it('explains a pool with who may go', async () => {
    const inactive = [
      { name: 'n1', state: 'Draining', reason: 'karpenter', since: 'then', safeToRemoveAt: 'now' },
      { name: 'n2', state: 'NotReady' },
    ]
    bench.put('NodePool', 'infra/edge', {
      status: { ...READY, members: { active: 1, total: 3 }, addresses: '1 IPv4', inactive },
    })
    const { code, stdout } = await bench.run('status', 'pool/infra/edge')
    expect(code).toBe(0)
    expect(stdout).toContain('· 1 of 3 active: 1 IPv4')
    expect(stdout).toContain('· n1 Draining, karpenter since then: safe to remove from now on')
    expect(stdout).toContain('· n2 NotReady: not yet safe to remove')
    expect(stdout).not.toContain('Removal')
  })

  it('names the records for which a node of a pool is not yet safe to remove', async () => {
    const inactive = [{ name: 'n2', state: 'Draining' }]
    bench.put('NodePool', 'infra/edge', { status: { ...READY, members: { active: 1, total: 2 }, inactive } })
    const targets = [{ nodePool: { name: 'edge', namespace: 'infra' } }]
    bench.put('DynamicDNSRecord', 'web/still', { spec: { targets, suspend: true }, status: READY })
    const { stdout } = await bench.run('status', 'pool/infra/edge')
    expect(stdout).toContain(
      'Removal  · waits for DynamicDNSRecord web/still: spec.suspend is true, so nothing is changed',
    )
  })

  it('explains a WAN address with what each source says', async () => {
    const sources = [
      { name: 'stun.example.net', transport: 'UDP', answer: '203.0.113.7' },
      { name: 'checkip.example.net', transport: 'HTTPS', error: 'timed out' },
    ]
    const status = { ...READY, ipv4: '203.0.113.7', changedAt: 'then', previous: { ipv4: '203.0.113.6' }, sources }
    bench.put('WANAddress', 'web/home', { status })
    const { stdout } = await bench.run('status', 'wan/home')
    expect(stdout).toContain('✓ 203.0.113.7 since then, before that 203.0.113.6')
    expect(stdout).toContain('✗ checkip.example.net (HTTPS): timed out')
  })

  it('explains a provider with its access, zones, orphans and records', async () => {
    const access = condition('CredentialsValid', 'False', 'CredentialsInvalid', 'the token is refused')
    const zones = [{ name: 'shop.test', recordSets: 9, owned: 4, orphans: { count: 2, hash: HASH } }]
    bench.put('DNSProvider', 'dns/main', {
      spec: { type: 'PowerDNS' },
      status: { ...notReady('CredentialsInvalid', 'refused', [access]), zones },
    })
    await explain(notReady('ProviderUnavailable', 'no answer'))
    const { code, stdout } = await bench.run('status', 'provider/dns/main')
    expect(code).toBe(1)
    for (const words of [
      '✗ CredentialsValid: the token is refused',
      '✓ shop.test: 9 record sets, 4 of them ours',
      '· 1 records, 1 of them not ready',
      `· to remove the orphans of shop.test: stoa prune dns/main ${HASH}`,
    ]) {
      expect(stdout).toContain(words)
    }
  })
})

describe('without a cluster, stoa status', () => {
  let bench: GitDailyBench
  beforeEach(async () => (bench = await startGitDailyBench()))
  afterEach(() => bench.stop())

  it('begins with file, line and commit, and with what keeps Git from being read', async () => {
    bench.put('DynamicDNSRecord', 'web/www', { status: READY })
    bench.report = { ...bench.report, problem: 'the repository cannot be reached' }
    const { stdout } = await bench.run('status', 'www')
    expect(stdout).toMatch(
      /Written +· in web\/www\.yaml:1 of \/srv\/dns main, commit abc123\n +✗ the repository cannot be reached/,
    )
  })

  it('says of what is kept although its manifest is gone that it is, and where to look', async () => {
    bench.put('DynamicDNSRecord', 'web/www', { status: READY })
    bench.loseManifest('DynamicDNSRecord', 'web/www')
    const { stdout } = await bench.run('status', 'www')
    expect(stdout).toMatch(/Written +✗ no longer in \/srv\/dns main, commit abc123, and kept nevertheless\n/)
    expect(stdout).toMatch(/Next +· put its manifest back, or see what its removal waits for: stoa doctor\n/)
  })

  it('says of what is being deleted that its manifest is gone', async () => {
    bench.put('DynamicDNSRecord', 'web/www', { status: READY, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })
    bench.loseManifest('DynamicDNSRecord', 'web/www')
    const { stdout } = await bench.run('status', 'www')
    expect(stdout).toMatch(/Written +· no longer in \/srv\/dns main, commit abc123\n/)
  })
})
