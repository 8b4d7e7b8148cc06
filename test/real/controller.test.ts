// The whole way, for real: manifests by kubectl, a controller with the rights we ship, records in a PowerDNS.
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { CONTROLLER_USER, installStoa, kubectl, startController, type Controller } from './support/controller.ts'
import { watchConformance, type ConformanceWatch } from './support/conformance-watch.ts'
import { startPowerDns, type PowerDns } from './support/powerdns.ts'

const ZONE = 'shop.test'
let apiserver: Apiserver
let powerdns: PowerDns
let controller: Controller
let conformance: ConformanceWatch
let nodesCreatedAt = 0

beforeAll(async () => {
  ;[apiserver, powerdns] = await Promise.all([
    startApiserver({ identities: [{ user: CONTROLLER_USER }] }),
    startPowerDns(),
  ])
  await installStoa(apiserver)
  await powerdns.createZone(ZONE)
  for (const name of ['dns', 'web', 'other']) await kubectl(apiserver, ['create', 'namespace', name])
  conformance = watchConformance(apiserver)
  controller = await startController(apiserver)
  await apply(secret(powerdns.apiKey), provider(), pool())
  for (const n of [1, 2, 3]) await putNode(`n${n}`, `192.0.2.${n}`)
  nodesCreatedAt = Date.now()
  await wait('dnsprovider/main', 'dns')
  // With nothing else of ours in the zone, the guard would rightly hold the deletion of what a test has made.
  await apply(record('web/anchor'))
  await wait('dynamicdnsrecord/anchor')
})
afterAll(async () => {
  await controller?.stop()
  await conformance?.stop()
  await Promise.all([apiserver?.stop(), powerdns?.stop()])
})
afterEach(() => {
  // At every observed moment kstatus and Argo CD could read the truth.
  expect(conformance.problems()).toEqual([])
})

const secret = (apiKey: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'powerdns', namespace: 'dns' },
  stringData: { apiKey },
})
const provider = (): object =>
  stoa('DNSProvider', 'dns/main', {
    type: 'PowerDNS',
    zones: [ZONE],
    credentialsSecretRef: { name: 'powerdns' },
    powerdns: { endpoint: powerdns.url },
    allowedRecords: [{ namespaces: { from: 'All' } }],
    guard: { maxDeletePercent: 100, windowSeconds: 60 },
  })
const pool = (): object =>
  stoa('NodePool', 'web/edge', {
    selector: { matchLabels: { role: 'edge' } },
    allowNonGlobalAddresses: true,
    allowedNamespaces: { from: 'All' },
    drain: { readmitSeconds: 1, notReady: { graceSeconds: 2 }, unreachable: { graceSeconds: 2 } },
  })

function stoa(kind: string, ref: string, spec: object, annotations: Readonly<Record<string, string>> = {}): object {
  const [namespace, name] = ref.split('/')
  return { apiVersion: 'dns.stoa.dev/v1alpha1', kind, metadata: { name, namespace, annotations }, spec }
}

function record(ref: string, spec: object = {}, annotations: Readonly<Record<string, string>> = {}): object {
  const name = ref.split('/')[1] ?? ''
  const targets = [{ nodePool: { name: 'edge', namespace: 'web' } }]
  return stoa('DynamicDNSRecord', ref, { hostnames: [`${name}.${ZONE}`], targets, ...spec }, annotations)
}

async function apply(...objects: readonly object[]): Promise<void> {
  await kubectl(
    apiserver,
    ['apply', '--server-side', '--force-conflicts', '--filename=-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  )
}

async function wait(object: string, namespace = 'web', condition = 'condition=Ready'): Promise<void> {
  await kubectl(apiserver, ['wait', '--namespace', namespace, `--for=${condition}`, '--timeout=20s', object])
}

interface NodeState {
  readonly taints?: readonly string[]
  readonly ready?: 'True' | 'False' | 'Unknown'
}

async function putNode(name: string, address: string, { taints = [], ready = 'True' }: NodeState = {}): Promise<void> {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { role: 'edge' } } }
  const spec = { taints: taints.map((key) => ({ key, effect: 'NoSchedule', value: '1' })) }
  const now = new Date().toISOString()
  const conditions = [
    { type: 'Ready', status: ready, lastHeartbeatTime: now, lastTransitionTime: now, reason: 'x', message: 'x' },
  ]
  const status = { addresses: [{ type: 'ExternalIP', address }], conditions }
  const query = 'fieldManager=test&force=true'
  const headers = { 'content-type': 'application/apply-patch+yaml' }
  await ask('PATCH', `/api/v1/nodes/${name}?${query}`, { ...node, spec }, headers)
  await ask('PATCH', `/api/v1/nodes/${name}/status?${query}`, { ...node, status }, headers)
}

async function ask(...request: Parameters<Apiserver['request']>): Promise<unknown> {
  const { status, text, body } = await apiserver.request(...request)
  if (status >= 300) throw new Error(`${request[0]} ${request[1]}: ${text}`)
  return body
}

async function valuesOf(name: string, type = 'A'): Promise<readonly string[]> {
  const { text } = await powerdns.call('GET', `zones/${ZONE}.?rrset_name=${name}.${ZONE}.&rrset_type=${type}`)
  const { rrsets = [] } = JSON.parse(text) as {
    rrsets?: { name: string; type: string; records: { content: string }[] }[]
  }
  const found = rrsets.find((set) => set.name === `${name}.${ZONE}.` && set.type === type)
  return (found?.records ?? []).map(({ content }) => content).sort()
}

async function eventually<Value>(look: () => Promise<Value>, wanted: Value, withinMs = 15_000): Promise<void> {
  const until = Date.now() + withinMs
  for (;;) {
    const seen = await look()
    if (JSON.stringify(seen) === JSON.stringify(wanted)) return
    if (Date.now() > until) expect(seen, controller.output().slice(-4000)).toEqual(wanted)
    await delay(50)
  }
}

async function ready(ref: string): Promise<string> {
  const [namespace, name] = ref.split('/')
  const { body } = await apiserver.request(
    'GET',
    `/apis/dns.stoa.dev/v1alpha1/namespaces/${namespace}/dynamicdnsrecords/${name}`,
  )
  const { status } = body as {
    status?: { conditions?: { type: string; status: string; reason: string; message: string }[] }
  }
  const condition = status?.conditions?.find(({ type }) => type === 'Ready')
  return condition === undefined ? '' : `${condition.status} ${condition.reason}: ${condition.message}`
}

async function remove(ref: string): Promise<void> {
  const [namespace = '', name = ''] = ref.split('/')
  await kubectl(apiserver, [
    'delete',
    '--namespace',
    namespace,
    'dynamicdnsrecord',
    name,
    '--wait=false',
    '--ignore-not-found',
  ])
}

async function exists(ref: string): Promise<boolean> {
  const [namespace, name] = ref.split('/')
  return (
    (await apiserver.request('GET', `/apis/dns.stoa.dev/v1alpha1/namespaces/${namespace}/dynamicdnsrecords/${name}`))
      .status === 200
  )
}

describe('a record that follows nodes', () => {
  beforeAll(async () => {
    await apply(record('web/www'))
    await wait('dynamicdnsrecord/www')
  })
  afterAll(() => remove('web/www'))

  it('is at the provider once kubectl wait returns, and kubectl get shows it', async () => {
    expect(await valuesOf('www')).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    const line = await kubectl(apiserver, ['get', '--namespace=web', 'ddr', 'www', '--no-headers'])
    expect(line).toMatch(/www\s+www\.shop\.test\s+192\.0\.2\.1, 192\.0\.2\.2, 192\.0\.2\.3\s+True\s+Succeeded/)
  })

  it('keeps a node with one of the two taints, loses it with both, and has it back', async () => {
    const both = ['DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler']
    await putNode('n2', '192.0.2.2', { taints: both.slice(0, 1) })
    await delay(1_000)
    expect(await valuesOf('www')).toHaveLength(3)
    await putNode('n2', '192.0.2.2', { taints: both })
    await eventually(() => valuesOf('www'), ['192.0.2.1', '192.0.2.3'])
    await putNode('n2', '192.0.2.2')
    await eventually(() => valuesOf('www'), ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
  })

  it('loses a node that is not ready past its grace, but not most of them at once, and never the last', async () => {
    // A node that is not ready within ten seconds of its creation has not joined yet, and no brake speaks for it.
    await delay(Math.max(0, nodesCreatedAt + 11_000 - Date.now()))
    await putNode('n1', '192.0.2.1', { ready: 'False' })
    await eventually(() => valuesOf('www'), ['192.0.2.2', '192.0.2.3'])
    for (const n of [2, 3]) await putNode(`n${n}`, `192.0.2.${n}`, { ready: 'Unknown' })
    await delay(4_000)
    expect((await valuesOf('www')).length).toBeGreaterThanOrEqual(2)
    for (const n of [1, 2, 3]) await putNode(`n${n}`, `192.0.2.${n}`)
    await eventually(() => valuesOf('www'), ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
  })

  it('loses a node that is deleted, and keeps something when all are', async () => {
    await ask('DELETE', '/api/v1/nodes/n3')
    await eventually(() => valuesOf('www'), ['192.0.2.1', '192.0.2.2'])
    for (const name of ['n1', 'n2']) await ask('DELETE', `/api/v1/nodes/${name}`)
    await delay(2_000)
    expect((await valuesOf('www')).length).toBeGreaterThanOrEqual(1)
    expect(await ready('web/www')).toMatch(/^False BelowMinimum/)
    for (const n of [1, 2, 3]) await putNode(`n${n}`, `192.0.2.${n}`)
    await eventually(() => valuesOf('www'), ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
  })

  it('writes nothing while nothing changes', async () => {
    await delay(1_000)
    const before = await countStatusWrites()
    await putNode('n1', '192.0.2.1')
    await delay(3_000)
    expect(await countStatusWrites()).toBe(before)
  })
})

async function countStatusWrites(): Promise<number> {
  const text = await (await fetch(`${controller.metricsUrl}/metrics`)).text()
  return [...text.matchAll(/^stoa_status_writes_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
}

describe('a record that is deleted', () => {
  it('is gone at the provider, and then as an object', async () => {
    await apply(record('web/gone'))
    await wait('dynamicdnsrecord/gone')
    await remove('web/gone')
    await eventually(() => exists('web/gone'), false)
    expect(await valuesOf('gone')).toEqual([])
  })
})

describe('what goes wrong', () => {
  it('a name outside every zone is that record’s trouble alone', async () => {
    await apply(record('web/lost', { hostnames: ['lost.example.net'] }), record('web/fine'))
    await wait('dynamicdnsrecord/fine')
    await eventually(async () => (await ready('web/lost')).split(':')[0] ?? '', 'False NoProviderForZone')
    await remove('web/lost')
    await remove('web/fine')
  })

  it('a bad spec that is edited in stalls that record alone, which keeps what it has', async () => {
    const at = (address: string, more: object = {}): object => ({
      targets: [{ name: 'a', addresses: [address], ...more }],
    })
    const weighted = { ...at('192.0.2.92', { weight: 1 }), routing: { policy: 'Weighted' } }
    await apply(record('web/bad', at('192.0.2.91')), record('web/fine', at('192.0.2.93')))
    await Promise.all([wait('dynamicdnsrecord/bad'), wait('dynamicdnsrecord/fine')])
    await apply(record('web/bad', weighted), record('web/fine', at('192.0.2.94')))
    await wait('dynamicdnsrecord/bad', 'web', 'condition=Stalled')
    await wait('dynamicdnsrecord/fine')
    expect(await ready('web/bad')).toMatch(/^False RoutingUnsupported: .* does not know routing\.policy Weighted/)
    expect([await valuesOf('bad'), await valuesOf('fine')]).toEqual([['192.0.2.91'], ['192.0.2.94']])
    await apply(record('web/bad', { ...at('192.0.2.92'), routing: { policy: 'Simple' } }))
    await wait('dynamicdnsrecord/bad')
    expect(await valuesOf('bad')).toEqual(['192.0.2.92'])
    await remove('web/bad')
    await remove('web/fine')
  })

  it('a record of somebody else is left alone, and named', async () => {
    const rrset = {
      name: `taken.${ZONE}.`,
      type: 'A',
      ttl: 60,
      changetype: 'REPLACE',
      records: [{ content: '198.51.100.9', disabled: false }],
    }
    await powerdns.call('PATCH', `zones/${ZONE}.`, { rrsets: [rrset] })
    await delay(500)
    await apply(record('web/taken'))
    await eventually(async () => (await ready('web/taken')).startsWith('False NotOwned'), true, 90_000)
    expect(await ready('web/taken')).toContain('198.51.100.9')
    expect(await valuesOf('taken')).toEqual(['198.51.100.9'])
    await remove('web/taken')
    await eventually(() => exists('web/taken'), false)
    expect(await valuesOf('taken')).toEqual(['198.51.100.9'])
  })

  it('a Secret that is rotated is picked up', async () => {
    await apply(secret('wrong'))
    await wait('dnsprovider/main', 'dns', 'condition=CredentialsValid=False')
    await apply(secret(powerdns.apiKey))
    await wait('dnsprovider/main', 'dns')
  })
})

describe('plan modes', () => {
  it('write nothing until approved, and an approval works once', async () => {
    await apply(record('web/plan', { mode: 'PlanAll' }))
    await eventually(async () => (await ready('web/plan')).split(':')[0] ?? '', 'False AwaitingApproval')
    expect(await valuesOf('plan')).toEqual([])
    const hash = await kubectl(apiserver, [
      'get',
      '--namespace=web',
      'ddr',
      'plan',
      '--output=jsonpath={.status.plan.hash}',
    ])
    await kubectl(apiserver, ['annotate', '--namespace=web', 'ddr', 'plan', `dns.stoa.dev/approve=${hash}`])
    await eventually(() => valuesOf('plan'), ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    await wait('dynamicdnsrecord/plan')
    await apply(record('web/plan', { mode: 'PlanAll', ttlSeconds: 120 }, { 'dns.stoa.dev/approve': hash }))
    await eventually(async () => (await ready('web/plan')).split(':')[0] ?? '', 'False AwaitingApproval')
    await remove('web/plan')
    await eventually(() => exists('web/plan'), false)
  })
})

describe('a record that moves to another namespace', () => {
  it('is never without its name', async () => {
    await apply(record('web/moving'))
    await wait('dynamicdnsrecord/moving')
    const seen = new Set<number>()
    let watching = true
    const watch = (async () => {
      while (watching) seen.add((await valuesOf('moving')).length)
    })()
    await apply(record('other/moving'))
    await remove('web/moving')
    await eventually(() => exists('web/moving'), false)
    await wait('dynamicdnsrecord/moving', 'other')
    watching = false
    await watch
    expect([...seen]).toEqual([3])
    await remove('other/moving')
    await eventually(() => exists('other/moving'), false)
  })
})

describe('the process', () => {
  it('goes on after a restart of the apiserver', async () => {
    await apply(record('web/after'))
    await wait('dynamicdnsrecord/after')
    await apiserver.restart()
    await putNode('n4', '192.0.2.4')
    await eventually(() => valuesOf('after'), ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'], 60_000)
    await ask('DELETE', '/api/v1/nodes/n4')
    await eventually(() => valuesOf('after'), ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    await remove('web/after')
  })

  it('is taken over by another when it is killed, and the other goes on where it was', async () => {
    await apply(record('web/handed'))
    await wait('dynamicdnsrecord/handed')
    const second = await startController(apiserver)
    await eventually(async () => (await fetch(`${second.metricsUrl}/health/ready`)).status, 200)
    process.kill(controller.pid, 'SIGKILL')
    controller = second
    await putNode('n5', '192.0.2.5')
    await eventually(() => valuesOf('handed'), ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.5'], 40_000)
    await ask('DELETE', '/api/v1/nodes/n5')
    await remove('web/handed')
    await eventually(() => exists('web/handed'), false)
  })

  it('says nothing secret', () => {
    expect(controller.output()).not.toContain(powerdns.apiKey)
  })
})
