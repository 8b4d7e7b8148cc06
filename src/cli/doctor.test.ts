import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectProxy } from '../../test/fakes/connect-proxy.ts'
import { runCommand } from '../../test/support/command-bench.ts'
import {
  startClusterBench,
  startGitDailyBench,
  type ClusterBench,
  type GitDailyBench,
} from '../../test/support/daily-bench.ts'
import { KIND_DEFINITIONS } from '../api/generated/schemas.ts'
import { KIND_NAMES } from '../api/kinds.ts'
import { findDifference } from './doctor/check-crds.ts'

const READY = { conditions: [{ type: 'Ready', status: 'True', reason: 'Succeeded', message: 'all is well' }] }
const STUCK = { conditions: [{ type: 'Ready', status: 'False', reason: 'NotOwned', message: 'somebody else owns it' }] }
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/stoa-system/leases'
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

describe('in a cluster, stoa doctor', () => {
  let bench: ClusterBench
  beforeEach(async () => {
    bench = await startClusterBench()
    bench.put('DNSProvider', 'dns/main', { spec: { type: 'PowerDNS' }, status: { ...READY, zoneSummary: 'shop.test' } })
    bench.put('DynamicDNSRecord', 'web/www', { status: READY })
    for (const kind of KIND_NAMES) putCrd(kind)
    putLease(new Date().toISOString())
    bench.fake.answers.set('GET /version', { respond: () => ({ gitVersion: 'v1.36.0' }) })
    allow(() => true)
  })
  afterEach(() => bench.stop())

  function putCrd(kind: (typeof KIND_NAMES)[number], schema: object = KIND_DEFINITIONS[kind].schema): void {
    const versions = [{ name: 'v1alpha1', schema: { openAPIV3Schema: schema } }]
    bench.fake.seed(CRDS, { metadata: { name: `${KIND_DEFINITIONS[kind].plural}.dns.stoa.dev` }, spec: { versions } })
  }

  function putLease(renewTime: string, holderIdentity = 'stoa-1'): void {
    bench.fake.seed(LEASES, {
      metadata: { name: 'stoa' },
      spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 },
    })
  }

  /** Which verbs on which resources the caller has. */
  function allow(allowed: (verb: string, resource: string, namespace?: string) => boolean): void {
    const respond = (body: unknown): unknown => {
      const { spec } = body as { spec: { resourceAttributes: Record<'verb' | 'resource' | 'namespace', string> } }
      const { verb, resource, namespace } = spec.resourceAttributes
      return { status: { allowed: allowed(verb, resource, namespace) } }
    }
    bench.fake.answers.set(`POST ${REVIEWS}`, { respond })
  }

  it('says on one screen that all is well', async () => {
    const { code, stdout } = await bench.run('doctor')
    expect(stdout).toContain('✓ Kubernetes v1.36.0 answers')
    expect(stdout).toContain("✓ this clock agrees with the cluster's")
    expect(stdout).toContain('✓ you may do all that is needed')
    expect(stdout).toContain('✓ all four CRDs are there, and those of this version')
    expect(stdout).toMatch(/✓ stoa-1 leads \(Lease stoa-system\/stoa, renewed \ds ago\)/)
    expect(stdout).toContain('✓ dns/main (PowerDNS, shop.test)')
    expect(stdout).toContain('✓ 1 of 1 record ready')
    expect(stdout).toMatch(/\nall is well\n$/)
    expect(stdout.split('\n').length).toBeLessThan(24)
    expect(code).toBe(0)
  })

  it('tells through which proxy the cluster is reached', async () => {
    const proxy = await ConnectProxy.start({ targetUrl: bench.fake.url })
    const kubeconfig = await readFile(bench.kubeconfig, 'utf8')
    const named = `server: ${bench.fake.url}`
    const through = `${named}\n      proxy-url: ${proxy.url.replace('//', '//me:s3cret@')}`
    await writeFile(bench.kubeconfig, kubeconfig.replace(named, through))
    const { stdout } = await bench.run('doctor')
    const { url } = proxy
    await proxy.stop()
    expect(stdout).toContain(`it is reached through the proxy ${url} (proxy-url in the kubeconfig)`)
    expect(stdout).toMatch(/\nall is well\n$/)
    expect(stdout).not.toContain('s3cret')
  })

  it('names what is stuck and why', async () => {
    for (let index = 0; index < 12; index += 1) bench.put('DynamicDNSRecord', `web/r${index}`, { status: STUCK })
    bench.put('WANAddress', 'web/home')
    const { code, stdout } = await bench.run('doctor')
    expect(code).toBe(1)
    expect(stdout).toContain('✗ 1 of 13 records ready')
    expect(stdout).toContain('✗ web/r0: Not ready (NotOwned): somebody else owns it')
    expect(stdout).toContain('✗ and 2 more: stoa get records -A')
    expect(stdout).toContain('✗ web/home: no controller has looked at it yet')
    expect(stdout).toMatch(/\n13 findings\n$/)
  })

  it.each([
    [1, '1 finding'],
    [2, '2 findings'],
  ])('counts %i stuck records as so many findings', async (count, words) => {
    for (let index = 0; index < count; index += 1) bench.put('DynamicDNSRecord', `web/r${index}`, { status: STUCK })
    const { code, stdout } = await bench.run('doctor')
    expect(stdout).toContain(`✗ 1 of ${count + 1} records ready`)
    expect(stdout.endsWith(`\n${words}\n`)).toBe(true)
    expect(code).toBe(1)
  })

  it('tells what a provider holds, and of its orphans', async () => {
    const hash = '0123456789abcdef'
    const zones = [{ name: 'shop.test', heldPlan: { hash, deletes: 7 }, orphans: { count: 2, hash } }]
    bench.put('DNSProvider', 'dns/main', { status: { ...READY, zones } })
    const { code, stdout } = await bench.run('doctor')
    expect(code).toBe(1)
    expect(stdout).toContain(`waits: stoa approve provider/dns/main ${hash}`)
    expect(stdout).toContain('· shop.test has 2 orphans: stoa orphans')
  })

  it.each([
    [
      'an old Lease',
      () => putLease('2026-01-01T00:00:00Z'),
      '✗ stoa-1 holds Lease stoa-system/stoa and has not renewed it for',
    ],
    ['a released Lease', () => putLease('2026-01-01T00:00:00Z', ''), '✗ nobody holds Lease stoa-system/stoa'],
    ['no Lease', () => bench.fake.remove(`${LEASES}/stoa`), '✗ there is no Lease stoa-system/stoa'],
    [
      'a CRD of another version',
      () => putCrd('NodePool', { type: 'object' }),
      '✗ the CRD nodepools.dns.stoa.dev is of another version of Stoa (required differs)',
    ],
    [
      'a missing CRD',
      () => bench.fake.remove(`${CRDS}/nodepools.dns.stoa.dev`),
      '✗ the CRD nodepools.dns.stoa.dev is missing: kubectl apply',
    ],
    [
      'no right to list',
      () => allow((verb) => verb !== 'list'),
      '✗ you may not list dynamicdnsrecords, list nodepools',
    ],
  ])('finds %s', async (_what, change, words) => {
    change()
    const { code, stdout } = await bench.run('doctor')
    expect({ code, found: stdout.includes(words) }, stdout).toEqual({ code: 1, found: true })
  })

  it('shows the kinds that one may list, and counts the right that is missing once', async () => {
    allow((verb, resource) => verb !== 'list' || resource !== 'dnsproviders')
    forbid('/apis/dns.stoa.dev/v1alpha1/dnsproviders')
    const { stdout } = await bench.run('doctor')
    expect(stdout).toContain('✗ you may not list dnsproviders: grant it')
    expect(stdout).toContain('· you may not list dnsproviders, so nobody knows how they are')
    expect(stdout).toContain('✓ 1 of 1 record ready')
    expect(stdout).toMatch(/\n1 finding\n$/)
  })

  it('has no finding in a Pod whose rights name the Secrets it reads', async () => {
    bench.env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', POD_NAMESPACE: 'stoa-system' }
    allow((_verb, resource) => resource !== 'secrets')
    const { code, stdout } = await bench.run('doctor')
    expect(stdout).toContain(
      '· the controller may not list secrets, watch secrets of any name: right where rbac.secrets',
    )
    expect(code, stdout).toBe(0)
  })

  describe('where the controller reads some namespaces alone', () => {
    const WATCHED = ['dns', 'web']
    const API = '/apis/dns.stoa.dev/v1alpha1'

    beforeEach(() => {
      bench.env = {
        KUBERNETES_SERVICE_HOST: '10.0.0.1',
        POD_NAMESPACE: 'stoa-system',
        STOA_WATCH_NAMESPACES: 'dns, web',
      }
      allow((_verb, resource, namespace = '') => resource === 'namespaces' || WATCHED.includes(namespace))
      bench.fake.fault = ({ path }) =>
        path.startsWith(API) && !path.startsWith(`${API}/namespaces/`) ? { status: 403 } : undefined
    })

    it('has no finding in its Pod, and shows what is in these', async () => {
      const { code, stdout } = await bench.run('doctor')
      expect(stdout).toContain('· the controller may not list nodes, watch nodes: a NodePool with a selector stays')
      expect(stdout).toContain('✓ dns/main (PowerDNS, shop.test)')
      expect(stdout).toContain('✓ 1 of 1 record ready')
      expect(code, stdout).toBe(0)
    })

    it('finds the rights that are missing in one of them', async () => {
      const { code, stdout } = await bench.run('doctor', '--watch-namespaces', 'dns,shop')
      expect(stdout).toContain('✗ the controller may not list dynamicdnsrecords in shop, ')
      expect(stdout).toContain(': grant it with a Role there')
      expect(code).toBe(1)
    })

    it.each([
      ['--watch-namespaces', ['--watch-namespaces', 'Web'], '--watch-namespaces: "Web"'],
      ['the variable', [], 'STOA_WATCH_NAMESPACES: "dns,,web"'],
    ])('refuses in %s what names no namespaces', async (_where, flags, words) => {
      bench.env = { ...bench.env, STOA_WATCH_NAMESPACES: 'dns,,web' }
      const { code, stderr } = await bench.run('doctor', ...flags)
      expect(stderr).toContain(`error: ${words} is not names of namespaces, separated by commas`)
      expect(code).toBe(64)
    })
  })

  it.each([
    ['may only look', () => allow((verb) => verb === 'list'), '· you may look only'],
    [
      'may do all but drain',
      () => allow((_verb, resource) => resource !== 'nodes'),
      '· you may not drain: that needs patch nodes',
    ],
    ['may not see CRDs', () => forbid(CRDS), '· you may not read the CRD'],
    ['may not see the Lease', () => forbid(LEASES), '· you may not read Lease'],
    ['may not see Pods', () => forbid('/api/v1/namespaces/stoa-system/pods'), '· you may not list Pods'],
  ])('has no finding where one %s', async (_what, change, words) => {
    change()
    const { code, stdout } = await bench.run('doctor')
    expect({ code, found: stdout.includes(words) }, stdout).toEqual({ code: 0, found: true })
  })

  function forbid(path: string): void {
    bench.fake.fault = (call) => (call.path.startsWith(path) ? { status: 403 } : undefined)
  }

  it('looks for the Lease where a controller with the same environment has it', async () => {
    bench.fake.remove(`${LEASES}/stoa`)
    const holder = { metadata: { name: 'second' }, spec: { holderIdentity: 'b', renewTime: new Date().toISOString() } }
    bench.fake.seed(LEASES.replace('stoa-system', 'dns'), {
      ...holder,
      spec: { ...holder.spec, leaseDurationSeconds: 15 },
    })
    bench.env = { POD_NAMESPACE: 'dns', STOA_LEASE_NAME: 'second' }
    expect((await bench.run('doctor')).stdout).toContain('✓ b leads (Lease dns/second, ')
    expect((await bench.run('doctor', '--lease-name', 'stoa')).stdout).toContain('✗ there is no Lease dns/stoa')
  })

  it.each(['--kubeconfig', '--context', '--data', '--lease-name'])('refuses an empty %s', async (flag) => {
    const { code, stderr } = await bench.run('doctor', flag, '')
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: `error: ${flag}: is empty; give a value, or leave it out\nsee stoa doctor --help\n`,
    })
  })

  it('refuses a namespace for the Lease that can be none', async () => {
    const { code, stderr } = await bench.run('doctor', '--lease-namespace', '')
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: 'error: --lease-namespace: an empty text is no namespace name\nsee stoa doctor --help\n',
    })
  })

  it('asks the Pods for their health', async () => {
    const pods = '/api/v1/namespaces/stoa-system/pods'
    for (const name of ['stoa-a', 'stoa-b']) bench.fake.seed(pods, { metadata: { name }, status: { phase: 'Running' } })
    bench.fake.answers.set(`GET ${pods}/stoa-a%3A8080/proxy/health`, { respond: () => ({}) })
    bench.fake.fault = ({ path }) => (path.includes('stoa-b') ? { status: 503 } : undefined)
    const { code, stdout } = await bench.run('doctor')
    expect(stdout).toContain('✓ Pod stoa-a is healthy')
    expect(stdout).toContain('✗ Pod stoa-b is not ready: kubectl logs -n stoa-system stoa-b says why')
    expect(code).toBe(1)
  })

  it('finds a clock that is wrong', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString()
    bench.fake.answers.set('GET /version', { respond: () => ({ gitVersion: 'v1.36.0' }), headers: { date } })
    const { code, stdout } = await bench.run('doctor')
    expect(code).toBe(1)
    expect(stdout).toMatch(/✗ this clock is (59|60|61) seconds behind the cluster's: set both by NTP/)
  })

  it('says so when the cluster does not answer', async () => {
    bench.fake.fault = () => 'break'
    const { code, stdout } = await bench.run('doctor')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^the cluster\n\nAccess {2}✗ cannot GET \/version/)
  })
})

describe('without a cluster, stoa doctor', () => {
  let bench: GitDailyBench
  beforeEach(async () => {
    bench = await startGitDailyBench()
    bench.put('DNSProvider', 'dns/main', { status: READY })
  })
  afterEach(() => bench.stop())

  it('says that all is well', async () => {
    const { code, stdout } = await bench.run('doctor')
    expect(stdout).toContain('✓ Stoa 0.1.0 runs')
    expect(stdout).toContain('· health and metrics are turned off')
    expect(stdout).toMatch(/Git +✓ git version/)
    expect(stdout).toContain('✓ /srv/dns main: commit abc123 applied at 2026-01-01T00:00:00Z')
    expect(stdout).toContain(`✓ ${bench.folder}`)
    expect(stdout).toMatch(/Findings +✓ none/)
    expect(code).toBe(0)
  })

  it('tells what is wrong with the source and the manifests', async () => {
    const heldRemovals = { hash: '0123456789abcdef', message: 'most of what was there' }
    bench.report = {
      ...bench.report,
      problem: 'it cannot be reached',
      findings: ['a.yaml:3: what is wrong'],
      heldRemovals,
    }
    const { code, stdout } = await bench.run('doctor')
    expect(code).toBe(1)
    expect(stdout).toContain('✗ /srv/dns main: it cannot be reached (commit abc123 applied at')
    expect(stdout).toContain('✗ a.yaml:3: what is wrong')
    expect(stdout).toContain('· to let the removals go: stoa approve removals 0123456789abcdef')
  })

  it('says of objects nothing before the source has been read, instead of missing them', async () => {
    bench.report = { ...bench.report, commit: undefined, appliedAt: undefined, problem: 'it cannot be reached' }
    const { code, stdout } = await bench.run('doctor')
    expect(code).toBe(1)
    expect(stdout).toContain('✗ /srv/dns main: it cannot be reached (nothing has been applied yet)')
    expect(stdout).toContain('· nothing is known of the manifests before the source has been read')
    expect(stdout).not.toContain('Providers')
    expect(stdout).toContain('\n1 finding\n')
    const { stderr } = await bench.run('status', 'www')
    expect(stderr).toBe('error: nobody knows yet whether there is DynamicDNSRecord www: it cannot be reached\n')
  })

  it('does not wonder long about an address that does not answer', async () => {
    bench.report = { ...bench.report, metricsPort: 1 }
    expect((await bench.run('doctor')).stdout).toContain('· http://127.0.0.1:1/health does not answer from here')
  })

  it('is a finding where nothing runs', async () => {
    const { code, stdout } = await runCommand(['doctor', '--data', `${bench.folder}/nowhere`])
    expect(code).toBe(1)
    expect(stdout).toContain('✗ no Stoa runs with the data directory')
  })
})

describe('two schemas', () => {
  it.each([
    [{ type: 'object', description: 'a' }, { description: 'b', type: 'object' }, undefined],
    [{ type: 'string', blockDefault: '/' }, { type: 'string' }, undefined],
    [{ properties: { description: { type: 'string' } } }, { properties: {} }, 'properties.description'],
    [{ enum: ['a', 'b'] }, { enum: ['a', 'c'] }, 'enum[1]'],
    [{ enum: ['a'] }, { enum: ['a', 'c'] }, 'enum'],
    [{ type: 'object' }, undefined, 'everything'],
  ])('%j and %j differ in %s', (ours, theirs, difference) => {
    expect(findDifference(ours, theirs)).toBe(difference)
  })
})
