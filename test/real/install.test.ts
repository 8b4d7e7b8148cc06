// From nothing to a record in DNS with the files as they are shipped: CRDs, rights and Deployment of deploy/, the bundle as the Deployment
// runs it, and a PowerDNS that is a stand-in. What the processes ask of the apiserver is compared with what RBAC grants.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { PowerDnsFake } from '../fakes/powerdns-fake.ts'
import { computeArgoHealth, type ObservedObject } from '../kstatus.ts'
import { runLua } from '../support/lua.ts'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { canFindBinary } from './support/binaries.ts'
import { prepareAudit, type Audit } from './support/audit.ts'
import { createTempDir, type TempDir } from './support/leftovers.ts'
import { parseManifests, renderChartWith, type Manifest } from './support/manifests.ts'
import { startPod } from './support/pod.ts'
import { runCommand, type RunningServer } from './support/process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const USER = 'system:serviceaccount:stoa-system:stoa'
/** Of a second installation, which may read two namespaces only. */
const NARROW_USER = 'system:serviceaccount:stoa-narrow:stoa-narrow'
const SCRIPTS = new URL('../../argocd/resource_customizations/dns.stoa.dev/', import.meta.url)

let folder: TempDir
let audit: Audit
let apiserver: Apiserver
let provider: PowerDnsFake
let narrowProvider: PowerDnsFake
let whoami: Server
const processes = new Map<string, RunningServer>()

beforeAll(async () => {
  folder = await createTempDir('install')
  audit = await prepareAudit(folder.path)
  apiserver = await startApiserver({ identities: [{ user: USER }, { user: NARROW_USER }], flags: audit.flags })
  provider = await PowerDnsFake.start('example.com')
  narrowProvider = await PowerDnsFake.start('narrow.example.com')
  whoami = createServer((_, response) => response.end('203.0.113.7\n'))
  await new Promise<void>((resolve) => whoami.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  for (const running of processes.values()) await running.stop()
  whoami.close()
  await provider.http.stop()
  await narrowProvider.http.stop()
  await apiserver.stop()
  await folder.remove()
})

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await apiserver.kubectl(args)
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

async function apply(...objects: readonly object[]): Promise<void> {
  const stdin = objects.map((object) => stringify(object)).join('---\n')
  const { code, stderr } = await apiserver.kubectl(['apply', '--server-side', '--filename=-'], { stdin })
  if (code !== 0) throw new Error(stderr)
}

function ours(kind: string, name: string, spec: object): { readonly metadata: object } {
  return { ...{ apiVersion: 'dns.stoa.dev/v1alpha1', kind, spec }, metadata: { name, namespace: 'dns' } }
}

async function startOne(name: string, deployment = 'stoa', namespace = 'stoa-system'): Promise<void> {
  processes.set(name, await startPod(apiserver, { name, deployment, namespace, folder: folder.path }))
}

const values = (name: string): readonly string[] =>
  provider
    .get(name, 'A')
    ?.records.map(({ content }) => content)
    .sort() ?? []

describe('an installation from deploy/', () => {
  it('comes into being by one command, and becomes ready', async () => {
    const env = { ...process.env, KUBECONFIG: apiserver.kubeconfigPath, HOME: folder.path }
    const result = await runCommand('bash', [join(root, 'deploy/deploy.sh'), 'base', '--no-wait'], { env })
    expect(result).toMatchObject({ code: 0 })
    await startOne('stoa-0')
    await startOne('stoa-1')
  })

  it('brings the addresses of nodes and of the WAN into DNS', async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a', labels: { role: 'ingress' } } }
    const status = {
      addresses: [{ type: 'ExternalIP', address: '8.8.4.4' }],
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: '',
          lastHeartbeatTime: '2026-01-01T00:00:00Z',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    }
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dns' } }, node)
    await apiserver.request('PATCH', '/api/v1/nodes/node-a/status', { status })
    const { port } = whoami.address() as AddressInfo
    await apply(
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'powerdns', namespace: 'dns' },
        stringData: { apiKey: provider.key },
      },
      ours('DNSProvider', 'main', {
        type: 'PowerDNS',
        zones: ['example.com'],
        powerdns: { endpoint: provider.http.url },
        credentialsSecretRef: { name: 'powerdns' },
        // One of three is more than the guard lets go by itself.
        guard: { maxDeletePercent: 50 },
      }),
      ours('NodePool', 'ingress', { selector: { matchLabels: { role: 'ingress' } } }),
      ours('WANAddress', 'home', {
        http: { urls: [`http://127.0.0.1:${port}/`] },
        quorum: 1,
        allowNonGlobalCIDRs: ['203.0.113.0/24'],
        publishTo: { configMap: { name: 'wan' } },
      }),
      ours('DynamicDNSRecord', 'shop', {
        hostnames: ['shop.example.com'],
        targets: [{ nodePool: { name: 'ingress' } }],
      }),
      ours('DynamicDNSRecord', 'home', { hostnames: ['home.example.com'], targets: [{ wan: { name: 'home' } }] }),
    )
    await kubectl(
      '--namespace=dns',
      'wait',
      '--for=condition=Ready',
      '--timeout=60s',
      'ddr/shop',
      'ddr/home',
      'dnsp/main',
      'wan/home',
      'dnspool/ingress',
    )
    expect([values('shop.example.com'), values('home.example.com')]).toEqual([['8.8.4.4'], ['203.0.113.7']])
    expect(await kubectl('--namespace=dns', 'get', 'configmap', 'wan', '--output=jsonpath={.data.current_ip}')).toBe(
      '203.0.113.7',
    )
  })

  it('goes on by another process when the one that leads ends', async () => {
    const holder = async (): Promise<string> =>
      kubectl('--namespace=stoa-system', 'get', 'lease', 'stoa', '--output=jsonpath={.spec.holderIdentity}')
    const before = await holder()
    expect(before).not.toBe('')
    // Both run on one host, so the log says who leads.
    const leader = [...processes.entries()].find(([, running]) => running.output().includes('Leading'))?.[0] ?? ''
    await processes.get(leader)?.stop()
    await expect.poll(holder, { timeout: 10_000 }).not.toMatch(new RegExp(`^(${before}|)$`))
    await apply(
      ours('DynamicDNSRecord', 'late', { hostnames: ['late.example.com'], targets: [{ addresses: ['192.0.2.9'] }] }),
    )
    await kubectl('--namespace=dns', 'wait', '--for=condition=Ready', '--timeout=60s', 'ddr/late')
    expect(values('late.example.com')).toEqual(['192.0.2.9'])
  })

  it('is shown by Argo CD as it is', async () => {
    await apply(
      ours('DynamicDNSRecord', 'poolless', {
        hostnames: ['poolless.example.com'],
        targets: [{ nodePool: { name: 'nowhere' } }],
      }),
      ours('DynamicDNSRecord', 'outside', {
        hostnames: ['outside.example.org'],
        targets: [{ addresses: ['192.0.2.9'] }],
      }),
      ours('DynamicDNSRecord', 'paused', {
        hostnames: ['paused.example.com'],
        targets: [{ addresses: ['192.0.2.9'] }],
        suspend: true,
      }),
    )
    const expected: Readonly<Record<string, string>> = {
      'DynamicDNSRecord shop': 'Healthy',
      'NodePool ingress': 'Healthy',
      'WANAddress home': 'Healthy',
      'DNSProvider main': 'Healthy',
      'DynamicDNSRecord poolless': 'Progressing',
      'DynamicDNSRecord outside': 'Progressing',
      'DynamicDNSRecord paused': 'Suspended',
    }
    await expect
      .poll(async () => (await listLive()).every(({ status }) => (status?.conditions ?? []).length > 0), {
        timeout: 10_000,
      })
      .toBe(true)
    for (const object of await listLive()) {
      const name = `${object.kind} ${object.metadata.name}`
      const script = await readFile(new URL(`${object.kind}/health.lua`, SCRIPTS), 'utf8')
      const health = runLua(script, object) as { readonly status: string; readonly message: string }
      const ready = object.status?.conditions?.find(({ type }) => type === 'Ready')
      expect(health, name).toEqual({ status: computeArgoHealth(object), message: ready?.message })
      if (name in expected) expect(health.status, `${name}: ${health.message}`).toBe(expected[name])
    }
  })

  it('takes a record out of DNS with its resource', async () => {
    await kubectl('--namespace=dns', 'delete', 'ddr', 'shop', '--timeout=30s')
    expect([values('shop.example.com'), values('home.example.com')]).toEqual([[], ['203.0.113.7']])
  })

  it('asked for nothing it may not, and may nothing it has no use for', async () => {
    const { made, refused } = await audit.requestsOf(USER)
    expect([...refused]).toEqual([])
    const granted = parseManifests(await readFile(join(root, 'deploy/rbac.yaml'), 'utf8')).flatMap((manifest) =>
      listGrants(manifest),
    )
    // It takes a change of the address, or the same event again, to ask for these; their own tests do.
    const rare = ['update configmaps', 'patch events.events.k8s.io']
    expect(granted.filter((grant) => !made.has(grant) && !rare.includes(grant))).toEqual([])
  })
})

type LiveObject = ObservedObject & { readonly kind: string; readonly metadata: { readonly name: string } }

async function listLive(): Promise<readonly LiveObject[]> {
  const text = await kubectl('--namespace=dns', 'get', 'ddr,dnspool,wan,dnsp', '--output=json')
  return (JSON.parse(text) as { readonly items: readonly LiveObject[] }).items
}

describe.skipIf(!canFindBinary('helm'))('an installation by helm that may read one namespace and one Secret', () => {
  it('does the same there, and asks for nothing beyond', async () => {
    // The first installation reads all namespaces, and is not to do the work of this one.
    for (const running of processes.values()) await running.stop()
    const manifests = await renderChartWith([
      '--namespace=stoa-narrow',
      '--set=fullnameOverride=stoa-narrow,crds.install=false,watchNamespaces={narrow},rbac.configMaps=false',
      '--set=rbac.secrets[0].namespace=narrow,rbac.secrets[0].names={powerdns}',
    ])
    const namespaces = ['stoa-narrow', 'narrow'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    }))
    await apply(
      ...namespaces,
      ...manifests.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined),
    )
    await startOne('narrow-0', 'stoa-narrow', 'stoa-narrow')
    const inNarrow = (object: { readonly metadata: object }): object => ({
      ...object,
      metadata: { ...object.metadata, namespace: 'narrow' },
    })
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'powerdns' },
      stringData: { apiKey: provider.key },
    }
    const spec = {
      type: 'PowerDNS',
      zones: ['narrow.example.com'],
      powerdns: { endpoint: narrowProvider.http.url },
      credentialsSecretRef: { name: 'powerdns' },
    }
    await apply(
      inNarrow(secret),
      inNarrow(ours('DNSProvider', 'main', spec)),
      inNarrow(
        ours('DynamicDNSRecord', 'www', {
          hostnames: ['www.narrow.example.com'],
          targets: [{ addresses: ['192.0.2.9'] }],
        }),
      ),
    )
    await kubectl('--namespace=narrow', 'wait', '--for=condition=Ready', '--timeout=60s', 'ddr/www')
    expect(narrowProvider.get('www.narrow.example.com', 'A')?.records).toHaveLength(1)
    expect([...(await audit.requestsOf(NARROW_USER)).refused]).toEqual([])
  })

  it('lets go of what is left in a namespace that took its rights along, once it has those of the guide', async () => {
    // What the deletion of a namespace comes to, of which here is nobody to carry it out.
    await kubectl('--namespace=narrow', 'delete', 'rolebinding,role,secret', '--all')
    await kubectl('--namespace=narrow', 'delete', 'ddr,dnsp', '--all', '--wait=false')
    const left = (): Promise<string> => kubectl('--namespace=narrow', 'get', 'ddr,dnsp', '--output=name')
    await expect
      .poll(async () => (await audit.requestsOf(NARROW_USER)).refused.size, { timeout: 30_000 })
      .toBeGreaterThan(0)
    expect((await left()).split('\n')).toHaveLength(3)
    const guide = await readFile(join(root, 'docs/guides/operations.md'), 'utf8')
    const grants = [...guide.matchAll(/^kubectl (create clusterrole(?:binding)? stoa-farewell .*)$/gm)]
    expect(grants).toHaveLength(2)
    for (const [, words = ''] of grants) {
      const ofThisOne = words.replace('stoa-system:stoa', 'stoa-narrow:stoa-narrow').replaceAll("'", '')
      await kubectl(...ofThisOne.split(' '))
    }
    await expect.poll(left, { timeout: 60_000, interval: 500 }).toBe('')
    expect(narrowProvider.get('www.narrow.example.com', 'A')).toBeUndefined()
  }, 120_000)
})

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

function listGrants(manifest: Manifest): readonly string[] {
  const { rules = [] } = manifest as Manifest & { rules?: readonly Rule[] }
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}${group === '' ? '' : `.${group}`}`)),
    ),
  )
}
