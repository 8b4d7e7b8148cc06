import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectMeta } from '../../api/kinds.ts'
import { describeStoreContract } from '../../../test/contracts/store-contract.ts'
import type { FakeCall } from '../../../test/fakes/apiserver-fake.ts'
import { startKubeBench, type KubeBench } from '../../../test/support/kube-bench.ts'
import type { ObjectChange, ObjectKey, Store, StoredObject } from '../store.ts'
import type { KubeStoreOptions } from './kube-store.ts'

describeStoreContract({ name: 'the store of a cluster', start: startKubeBench, skips: {} })

const POOLS = '/apis/dns.stoa.dev/v1alpha1/namespaces/web/nodepools'
const never = new AbortController().signal
const EDGE: ObjectKey = { namespace: 'web', name: 'edge' }

let bench: KubeBench
let store: Store
let changes: ObjectChange[]
let stop: () => Promise<void>

beforeEach(async () => {
  bench = await startKubeBench()
  stop = () => Promise.resolve()
})
afterEach(async () => {
  await stop()
  await bench.stop()
})

async function run(options: Partial<KubeStoreOptions> = {}): Promise<void> {
  store = bench.openWith(options)
  changes = []
  store.subscribe((change) => changes.push(change))
  const stopping = new AbortController()
  const running = store.run(stopping.signal)
  stop = async () => {
    stopping.abort()
    await running
  }
  await store.whenSynced(AbortSignal.timeout(5000))
}

function edge(): StoredObject {
  const found = store.get('NodePool', EDGE)
  if (found === undefined) throw new Error('the pool is not there')
  return found
}

const until = (isSo: () => boolean): Promise<void> => expect.poll(isSo, { interval: 2 }).toBe(true)
const seedPool = (minMembers = 1): void => {
  bench.fake.seed(POOLS, { metadata: { name: 'edge' }, spec: { selector: {}, minMembers } })
}
const writes = (): readonly FakeCall[] => bench.fake.calls.filter(({ method }) => method !== 'GET')
const writeStatus = (metadata: ObjectMeta, addresses: string): Promise<void> =>
  store.writeStatus('NodePool', metadata, { observedGeneration: 1, addresses }, never)

describe('a status', () => {
  it('is applied by its own field manager, to exactly the object and version that was seen', async () => {
    seedPool()
    await run()
    const { metadata } = edge()
    await writeStatus(metadata, '10 IPv4')
    expect(writes()).toHaveLength(1)
    expect(writes()[0]).toMatchObject({
      method: 'PATCH',
      path: `${POOLS}/edge/status`,
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: {
        apiVersion: 'dns.stoa.dev/v1alpha1',
        kind: 'NodePool',
        metadata: { name: 'edge', namespace: 'web', uid: metadata.uid, resourceVersion: metadata.resourceVersion },
        status: { observedGeneration: 1, addresses: '10 IPv4' },
      },
    })
    expect(writes()[0]?.query.toString()).toBe('fieldManager=stoa-nodepool&force=true')
  })

  it.each([
    [409, 'transient', 'Conflict'],
    [422, 'terminal', 'ApiRefused'],
    [429, 'waiting', 'RateLimited'],
    [403, 'transient', 'Forbidden'],
    [500, 'transient', 'ApiUnavailable'],
  ])('that is answered with %i is %s: %s', async (status, kind, reason) => {
    seedPool()
    await run()
    bench.fake.fault = ({ method }) => (method === 'PATCH' ? { status } : undefined)
    await expect(writeStatus(edge().metadata, 'x')).rejects.toMatchObject({ kind, reason })
    expect(edge().status).not.toMatchObject({ addresses: 'x' })
  })

  it('is seen although the watch is cut, and is not undone when the watch catches up', async () => {
    seedPool(1)
    await run()
    const { metadata } = edge()
    bench.fake.fault = (call) => (call.query.has('watch') ? { status: 503 } : undefined)
    bench.fake.endWatches('close')
    seedPool(2)
    const current = bench.fake.find(`${POOLS}/edge`)?.metadata.resourceVersion ?? ''
    await writeStatus({ ...metadata, resourceVersion: current }, '2 IPv4')
    expect(edge()).toMatchObject({ status: { addresses: '2 IPv4' }, resource: { spec: { minMembers: 2 } } })
    const states: unknown[] = []
    store.subscribe(() => states.push(edge().status))
    bench.fake.fault = () => undefined
    bench.fake.seed(POOLS, { metadata: { name: 'later' }, spec: { selector: {} } })
    await until(() => store.get('NodePool', { namespace: 'web', name: 'later' }) !== undefined)
    expect(states).toEqual([expect.objectContaining({ addresses: '2 IPv4' })])
  })
})

describe('a finalizer', () => {
  it('is put on and taken off beside those of others, at exactly the version that was seen', async () => {
    seedPool()
    bench.fake.seed(POOLS, { metadata: { name: 'edge', finalizers: ['theirs/one'] }, spec: { selector: {} } })
    await run()
    const { uid, resourceVersion } = edge().metadata
    await store.setFinalizer('NodePool', edge().metadata, true, never)
    const finalizers = ['theirs/one', 'dns.stoa.dev/records']
    expect(writes()[0]?.body).toEqual({ metadata: { uid, resourceVersion, finalizers } })
    await store.setFinalizer('NodePool', edge().metadata, false, never)
    expect(bench.fake.find(`${POOLS}/edge`)?.metadata.finalizers).toEqual(['theirs/one'])
  })

  it('costs nothing when it is as it should be, or can no longer be', async () => {
    seedPool()
    await run()
    await store.setFinalizer('NodePool', edge().metadata, false, never)
    const going = { ...edge().metadata, deletionTimestamp: '2026-11-21T00:00:00Z' }
    await store.setFinalizer('NodePool', going, true, never)
    expect(writes()).toEqual([])
  })
})

describe('a ConfigMap', () => {
  it('belongs to its object, and is not written again when it is equal', async () => {
    seedPool()
    await run()
    const data = { current_ip: '192.0.2.1' }
    await store.publishConfigMap(edge(), 'published', data, never)
    await store.publishConfigMap(edge(), 'published', data, never)
    expect(writes()).toHaveLength(1)
    const owner = { apiVersion: 'dns.stoa.dev/v1alpha1', kind: 'NodePool', name: 'edge', uid: edge().metadata.uid }
    expect(writes()[0]?.body).toMatchObject({ metadata: { ownerReferences: [{ ...owner, controller: true }] } })
  })

  it.each(['GET', 'POST', 'PUT'])('that cannot be written for want of the right to %s says which', async (method) => {
    seedPool()
    await run()
    const publish = (ip: string): Promise<void> =>
      store.publishConfigMap(edge(), 'published', { current_ip: ip }, never)
    if (method === 'PUT') await publish('192.0.2.1')
    const message =
      'configmaps "published" is forbidden: User "stoa" cannot touch resource "configmaps" in API group ""'
    bench.fake.fault = (call) => (call.method === method ? { status: 403, message } : undefined)
    const verb = { GET: 'get', POST: 'create', PUT: 'update' }[method]
    await expect(publish('192.0.2.2')).rejects.toMatchObject({
      kind: 'transient',
      reason: 'ConfigMapNotWritten',
      message: expect.stringMatching(
        new RegExp(`^ConfigMap web/published cannot be written: .* grant the verb "${verb}" on "configmaps" .* "stoa"`),
      ) as string,
    })
  })

  it.each([
    [422, 'terminal'],
    [429, 'waiting'],
    [503, 'transient'],
  ])('that the apiserver does not take with a %i is tried again as the answer says', async (status, kind) => {
    seedPool()
    await run()
    bench.fake.fault = ({ method }) => (method === 'POST' ? { status } : undefined)
    const publishing = store.publishConfigMap(edge(), 'published', { current_ip: '192.0.2.1' }, never)
    await expect(publishing).rejects.toMatchObject({ kind, reason: 'ConfigMapNotWritten' })
  })
})

describe('a Node', () => {
  it('may send as many heartbeats as it likes', async () => {
    await run()
    const beat = (lastHeartbeatTime: string, status = 'True'): void => {
      const ready = { type: 'Ready', status, lastHeartbeatTime, lastTransitionTime: '2026-11-21T00:00:00Z' }
      bench.fake.seed('/api/v1/nodes', { metadata: { name: 'n1' }, status: { conditions: [ready] } })
    }
    beat('00:00:00')
    const heard = (): number => changes.filter(({ kind }) => kind === 'Node').length
    await until(() => heard() === 1)
    beat('00:00:10')
    beat('00:00:20')
    beat('00:00:30', 'False')
    await until(() => store.node('n1')?.ready?.status === 'False')
    expect(heard()).toBe(2)
  })
})

describe('a Secret', () => {
  it('is watched alone, by its name', async () => {
    await run()
    store.followSecrets([{ namespace: 'dns', name: 'token' }])
    store.followSecrets([{ namespace: 'dns', name: 'token' }])
    await until(() => store.secret({ namespace: 'dns', name: 'token' }).kind === 'absent')
    const calls = (): readonly FakeCall[] => bench.fake.calls.filter(({ path }) => path.endsWith('/secrets'))
    await until(() => calls().length === 2)
    for (const { path, query } of calls()) {
      expect([path, query.get('fieldSelector')]).toEqual(['/api/v1/namespaces/dns/secrets', 'metadata.name=token'])
    }
  })

  it('that may not be read is unknown, and says so without holding up the rest', async () => {
    bench.fake.fault = ({ path }) => (path.endsWith('/secrets') ? { status: 403 } : undefined)
    const key = { namespace: 'dns', name: 'token' }
    const idle = bench.openWith({})
    idle.followSecrets([key])
    expect(idle.secret(key)).toEqual({ kind: 'unread', message: 'Secret dns/token is not known: it is not read yet' })
    await run()
    store.followSecrets([key])
    await until(() => changes.some(({ kind }) => kind === 'Secret'))
    const message = expect.stringContaining(
      'Secret dns/token is not known: the Kubernetes API does not let us',
    ) as string
    expect(store.secret(key)).toEqual({ kind: 'unknown', message })
  })

  it('stays known while the apiserver is away', async () => {
    const key = { namespace: 'dns', name: 'token' }
    await bench.putSecret(key, { token: 'one' })
    await run()
    store.followSecrets([key])
    await until(() => store.secret(key).kind === 'found')
    bench.fake.fault = () => ({ status: 503 })
    bench.fake.endWatches('tear')
    await until(() => store.health().some(({ kind, problem }) => kind === 'Secret' && problem !== undefined))
    expect(store.secret(key).kind).toBe('found')
  })
})

describe('a store of some namespaces', () => {
  const inOther = (name: string): ObjectKey => ({ namespace: 'other', name })

  it('reads nothing from elsewhere, and each namespace on its own', async () => {
    for (const namespace of ['web', 'other', 'hidden']) {
      const path = `/apis/dns.stoa.dev/v1alpha1/namespaces/${namespace}/nodepools`
      bench.fake.seed(path, { metadata: { name: 'edge' }, spec: { selector: {} } })
    }
    await run({ namespaces: ['web', 'other'] })
    expect([...store.list('NodePool')].map(({ metadata }) => metadata.namespace).sort()).toEqual(['other', 'web'])
    expect(bench.fake.calls.some(({ path }) => path.endsWith('/v1alpha1/nodepools'))).toBe(false)
    bench.fake.compact()
    bench.fake.remove('/apis/dns.stoa.dev/v1alpha1/namespaces/other/nodepools/edge')
    bench.fake.endWatches('close')
    await until(() => store.get('NodePool', inOther('edge')) === undefined)
    expect(edge()).toBeDefined()
  })

  it('runs without nodes and labels of namespaces when it may not read them', async () => {
    bench.fake.fault = ({ path }) => (/^\/api\/v1\/(nodes|namespaces)$/.test(path) ? { status: 403 } : undefined)
    await run({ namespaces: ['web'] })
    expect(store.isSynced('NodePool')).toBe(true)
    expect(store.isSynced('Node')).toBe(false)
    expect(store.isSynced('Namespace')).toBe(false)
    expect(store.health().find(({ kind }) => kind === 'Node')?.problem).toContain('"nodes"')
  })

  it('waits where the whole cluster should be read', async () => {
    bench.fake.fault = ({ path }) => (path === '/api/v1/nodes' ? { status: 403 } : undefined)
    const idle = bench.openWith({})
    const stopping = new AbortController()
    const running = idle.run(stopping.signal)
    await expect(idle.whenSynced(AbortSignal.timeout(200))).rejects.toThrow()
    expect(idle.isSynced('NodePool')).toBe(true)
    stopping.abort()
    await running
  })
})
