// A big cluster for the bench: a real apiserver with nodes, pools and records, a PowerDNS that counts, and a controller to look at.
import { readFile } from 'node:fs/promises'
import { PowerDnsFake } from '../fakes/powerdns-fake.ts'
import { startApiserver, type Apiserver } from '../real/support/apiserver.ts'
import { prepareAudit, type Audit } from '../real/support/audit.ts'
import { CONTROLLER_USER, installStoa, kubectl } from '../real/support/controller.ts'
import { createTempDir } from '../real/support/leftovers.ts'

const ZONE = 'bench.test'
export const LATENCY_MS = 40
const API = '/apis/dns.stoa.dev/v1alpha1/namespaces'
/** How many objects are on their way to the apiserver at the same time. */
const CONCURRENCY = 24

export interface ClusterWorld {
  readonly apiserver: Apiserver
  readonly powerdns: PowerDnsFake
  readonly audit: Audit
  readonly stop: () => Promise<void>
}

export interface BenchRecord {
  readonly name: string
  readonly pool: string
  readonly maxAddresses: number
}

export async function startCluster(): Promise<ClusterWorld> {
  const dir = await createTempDir('bench')
  const audit = await prepareAudit(dir.path)
  const apiserver = await startApiserver({ identities: [{ user: CONTROLLER_USER }], flags: audit.flags })
  await installStoa(apiserver)
  const powerdns = await PowerDnsFake.start(ZONE)
  powerdns.http.latencyMs = LATENCY_MS
  for (const name of ['dns', 'web']) await kubectl(apiserver, ['create', 'namespace', name])
  await create(apiserver, '/api/v1/namespaces/dns/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'powerdns', namespace: 'dns' },
    stringData: { apiKey: powerdns.key },
  })
  await create(
    apiserver,
    `${API}/dns/dnsproviders`,
    stoa('DNSProvider', 'dns', 'main', {
      type: 'PowerDNS',
      zones: [ZONE],
      credentialsSecretRef: { name: 'powerdns' },
      powerdns: { endpoint: powerdns.http.url },
      allowedRecords: [{ namespaces: { from: 'All' } }],
    }),
  )
  const stop = async (): Promise<void> => {
    await apiserver.stop()
    await powerdns.http.stop()
    await dir.remove()
  }
  return { apiserver, powerdns, audit, stop }
}

export async function createPools(apiserver: Apiserver, names: readonly string[]): Promise<void> {
  await inParallel(names, (name) => {
    const spec = { selector: { matchLabels: { pool: name } }, allowNonGlobalAddresses: true }
    return create(apiserver, `${API}/web/nodepools`, stoa('NodePool', 'web', name, spec))
  })
}

export async function createRecords(apiserver: Apiserver, records: readonly BenchRecord[]): Promise<void> {
  await inParallel(records, ({ name, pool, maxAddresses }) => {
    const spec = { hostnames: [`${name}.${ZONE}`], maxAddresses, targets: [{ nodePool: { name: pool } }] }
    return create(apiserver, `${API}/web/dynamicdnsrecords`, stoa('DynamicDNSRecord', 'web', name, spec))
  })
}

export interface BenchNode {
  readonly name: string
  readonly pool: string
  readonly address: string
}

export async function createNodes(apiserver: Apiserver, nodes: readonly BenchNode[]): Promise<void> {
  await inParallel(nodes, async ({ name, pool, address }) => {
    const now = new Date().toISOString()
    const stamps = { lastHeartbeatTime: now, lastTransitionTime: now, reason: 'bench', message: 'bench' }
    const status = {
      addresses: [{ type: 'ExternalIP', address }],
      conditions: [{ type: 'Ready', status: 'True', ...stamps }],
    }
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { pool } } }
    await create(apiserver, '/api/v1/nodes', { ...node, status })
  })
}

/** As the cluster autoscaler does it, which makes both. `onTaint` hears of each node once it has its taints, and when they were asked for. */
export async function taint(
  apiserver: Apiserver,
  names: readonly string[],
  onTaint: (name: string, askedAt: number) => void = () => undefined,
): Promise<void> {
  const keys = ['DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler']
  const taints = keys.map((key) => ({ key, effect: 'NoSchedule', value: '1' }))
  await inParallel(names, async (name) => {
    const askedAt = performance.now()
    const { status, text } = await apiserver.request('PATCH', `/api/v1/nodes/${name}`, { spec: { taints } })
    if (status >= 300) throw new Error(`node ${name}: ${text}`)
    onTaint(name, askedAt)
  })
}

export async function setTtl(apiserver: Apiserver, name: string, ttlSeconds: number): Promise<void> {
  await apiserver.request('PATCH', `${API}/web/dynamicdnsrecords/${name}`, { spec: { ttlSeconds } })
}

/** How many records are Ready for the generation they have. */
export async function countReady(apiserver: Apiserver): Promise<number> {
  const { body } = await apiserver.request('GET', `${API}/web/dynamicdnsrecords`)
  const { items } = body as { readonly items: readonly SeenRecord[] }
  return items.filter(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    return ready?.status === 'True' && ready.observedGeneration === metadata.generation
  }).length
}

interface SeenRecord {
  readonly metadata: { readonly generation: number }
  readonly status?: { readonly conditions?: readonly { type: string; status: string; observedGeneration: number }[] }
}

/** Whether a call to PowerDNS writes. */
export function isWrite({ method }: { readonly method: string }): boolean {
  return method === 'PATCH'
}

/** The names of a write, once for each set. */
export function listSets(body: string): readonly string[] {
  const { rrsets } = JSON.parse(body) as { readonly rrsets: readonly { readonly name: string }[] }
  return rrsets.map(({ name }) => name)
}

/** What Node takes by itself in a container with the 512 MiB that we ship as the limit, and what our image gives it beside. */
export async function readNodeFlags(): Promise<readonly string[]> {
  const dockerfile = await readFile(new URL('../../Dockerfile', import.meta.url), 'utf8')
  const [, command = ''] = /^ENTRYPOINT \["node", (.*)\]$/m.exec(dockerfile) ?? []
  return ['--max-old-space-size=256', ...command.split(', ').flatMap((word) => /^"(--.*)"$/.exec(word)?.[1] ?? [])]
}

export interface ProcessFigures {
  readonly rssMaxMb: number
  readonly cpuSeconds: number
}

/** What Linux says of a process; it counts CPU in hundredths of a second. */
export async function inspectProcess(pid: number): Promise<ProcessFigures> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ])
  const peakKb = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1])
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return { rssMaxMb: Math.round(peakKb / 1024), cpuSeconds: ((user ?? 0) + (system ?? 0)) / 100 }
}

function stoa(kind: string, namespace: string, name: string, spec: object): object {
  return { apiVersion: 'dns.stoa.dev/v1alpha1', kind, metadata: { name, namespace }, spec }
}

async function create(apiserver: Apiserver, path: string, object: object): Promise<void> {
  const { status, text } = await apiserver.request('POST', path, object)
  if (status >= 300) throw new Error(`POST ${path}: ${text}`)
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const rest = items.values()
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}
