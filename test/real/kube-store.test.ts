// The store of a cluster on a real apiserver: the contract, and what goes wrong in a cluster.
import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/cli/system-clock.ts'
import { createApiClient, type ApiClient } from '../../src/store/kube/api-client.ts'
import { openConnection } from '../../src/store/kube/connection.ts'
import { createKubeStore, type KubeStoreOptions } from '../../src/store/kube/kube-store.ts'
import { createDnsEndpointWriter } from '../../src/store/kube/resource-writer.ts'
import type { DnsEndpointObject } from '../../src/providers/dnsendpoint/resource-writer.ts'
import type { ObjectChange, ObjectKey, Store } from '../../src/store/store.ts'
import { SILENT_LOGGER } from '../../src/telemetry/logger.ts'
import { describeStoreContract, type Manifest, type StoreBench } from '../contracts/store-contract.ts'
import { corePath, listPathOf } from '../support/kube-bench.ts'
import { startApiserver, type Apiserver } from './support/apiserver.ts'

const crds = fileURLToPath(new URL('../../crds', import.meta.url))
const STOA = 'system:serviceaccount:stoa-system:stoa'
const never = new AbortController().signal
const APPLY = { 'content-type': 'application/apply-patch+yaml' }

let apiserver: Apiserver
let client: ApiClient

beforeAll(async () => {
  apiserver = await startApiserver({ identities: [{ user: STOA }, { user: 'nobody' }, { user: 'web-only' }] })
  await kubectl('apply', '--server-side', '--kustomize', crds)
  await kubectl('wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all')
  await grantRights()
  client = await openAs(STOA)
})
afterAll(async () => {
  await client?.close()
  await apiserver?.stop()
})

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await apiserver.kubectl(args)
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** The rights that Stoa is installed with, and those that only this test needs. */
async function grantRights(): Promise<void> {
  await kubectl('apply', '--server-side', '-f', fileURLToPath(new URL('../../deploy/rbac.yaml', import.meta.url)))
  const grant = async (name: string, ...rule: readonly string[]): Promise<void> => {
    await kubectl('create', 'clusterrole', name, ...rule)
    await kubectl('create', 'clusterrolebinding', name, `--clusterrole=${name}`, `--user=${STOA}`)
  }
  // The contract tries finalizers on a kind that has none otherwise.
  await grant('contract', '--verb=patch', '--resource=nodepools.dns.stoa.dev')
}

async function openAs(context?: string): Promise<ApiClient> {
  return createApiClient(await openConnection({ kubeconfig: apiserver.kubeconfigPath, context }))
}

async function request(
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  apply = false,
) {
  const answer = await apiserver.request(method, path, body, apply ? APPLY : {})
  if (answer.status >= 300 && answer.status !== 404) throw new Error(`${method} ${path}: ${answer.text}`)
  return answer
}

function openStore(options: Partial<KubeStoreOptions> = {}): Store {
  return createKubeStore({
    ...{ client, clock: systemClock, random: Math.random, logger: SILENT_LOGGER, instance: 'test' },
    ...options,
  })
}

async function startBench(): Promise<StoreBench> {
  const namespace = `t-${randomUUID().slice(0, 8)}`
  await request('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  const apply = (path: string, body: unknown): Promise<unknown> =>
    request('PATCH', `${path}?fieldManager=contract&force=true`, body, true)
  const itemPath = (manifest: Manifest): string => `${listPathOf(manifest)}/${manifest.metadata.name}`
  const putData = (kind: string, plural: string, key: ObjectKey, data: object): Promise<unknown> =>
    apply(corePath(plural, key), { apiVersion: 'v1', kind, metadata: key, ...data })
  return {
    namespace,
    open: () => Promise.resolve(openStore()),
    put: async (manifest) => {
      const { status, ...rest } = manifest
      await apply(itemPath(manifest), rest)
      const { apiVersion, kind, metadata } = manifest
      if (status !== undefined) await apply(`${itemPath(manifest)}/status`, { apiVersion, kind, metadata, status })
    },
    remove: async (manifest) => void (await request('DELETE', itemPath(manifest))),
    putSecret: async (key, values) => void (await putData('Secret', 'secrets', key, { stringData: values })),
    removeSecret: async (key) => void (await request('DELETE', corePath('secrets', key))),
    readConfigMap: async (key) => {
      const { status, body } = await request('GET', corePath('configmaps', key))
      return status === 404 ? undefined : (body as { data: Record<string, string> }).data
    },
    putConfigMap: async (key, data) => void (await putData('ConfigMap', 'configmaps', key, { data })),
    stop: () => Promise.resolve(),
  }
}

describeStoreContract({
  name: 'the store of a real cluster',
  start: startBench,
  skips: { 'invalid objects': 'the apiserver refuses such objects itself' },
})

interface RunningStore {
  readonly store: Store
  readonly changes: ObjectChange[]
  readonly stop: () => Promise<void>
}

async function runStore(options: Partial<KubeStoreOptions> = {}): Promise<RunningStore> {
  const store = openStore(options)
  const changes: ObjectChange[] = []
  store.subscribe((change) => changes.push(change))
  const stopping = new AbortController()
  const running = store.run(stopping.signal)
  const stop = async (): Promise<void> => {
    stopping.abort()
    await running
  }
  await store.whenSynced(AbortSignal.timeout(30_000))
  return { store, changes, stop }
}

function pool(name: string, spec: object = { selector: {} }): Manifest {
  return { apiVersion: 'dns.stoa.dev/v1alpha1', kind: 'NodePool', metadata: { name, namespace: 'default' }, spec }
}

async function applyPool(name: string, minMembers = 1): Promise<void> {
  const manifest = pool(name, { selector: {}, minMembers })
  await request('PATCH', `${listPathOf(manifest)}/${name}?fieldManager=test&force=true`, manifest, true)
}

async function until(isSo: () => boolean, timeout = 60_000): Promise<void> {
  await expect.poll(isSo, { timeout, interval: 20 }).toBe(true)
}

const key = (name: string): ObjectKey => ({ namespace: 'default', name })

describe('the store of a real cluster', () => {
  it('goes on after the apiserver was killed and came back', async () => {
    const { store, stop } = await runStore()
    await applyPool('before')
    await until(() => store.get('NodePool', key('before')) !== undefined)
    await apiserver.restart()
    await applyPool('after')
    await until(() => store.get('NodePool', key('after')) !== undefined)
    expect(store.get('NodePool', key('before'))).toBeDefined()
    await until(() => store.health().every(({ problem }) => problem === undefined))
    await stop()
  })

  it('stays true while every watch is cut again and again', async () => {
    const cut = createCut(client)
    const { store, stop } = await runStore({ client: cut.client })
    for (let round = 1; round <= 10; round += 1) {
      await applyPool('cut', round)
      cut.cutAll()
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    await until(() => store.get('NodePool', key('cut'))?.resource?.spec.minMembers === 10)
    await stop()
  })

  it('says what is forbidden and what to do, and comes to life with the right', async () => {
    const nobody = await openAs('nobody')
    const store = openStore({ client: nobody })
    const stopping = new AbortController()
    const running = store.run(stopping.signal)
    const problem = (): string => store.health().find(({ kind }) => kind === 'NodePool')?.problem ?? ''
    await until(() => problem() !== '')
    expect(problem()).toContain('list nodepools.dns.stoa.dev')
    expect(problem()).toContain('grant the verb "list" on "nodepools" in API group "dns.stoa.dev"')
    const rules = ['--verb=get,list,watch', '--resource=nodepools.dns.stoa.dev']
    await kubectl('create', 'clusterrole', 'pools', ...rules)
    await kubectl('create', 'clusterrolebinding', 'pools', '--clusterrole=pools', '--user=nobody')
    await until(() => store.isSynced('NodePool'))
    expect(store.isSynced('Node')).toBe(false)
    stopping.abort()
    await running
    await nobody.close()
  })

  it('does with rights in one namespace, not knowing nodes and namespaces', async () => {
    const { namespace } = await startBench()
    const resources = 'dynamicdnsrecords,nodepools,wanaddresses,dnsproviders'
      .split(',')
      .map((it) => `${it}.dns.stoa.dev`)
    const verbs = '--verb=get,list,watch'
    const grant = async (name: string, ...what: readonly string[]): Promise<void> => {
      await kubectl('create', 'role', name, '-n', namespace, verbs, ...what)
      await kubectl('create', 'rolebinding', name, '-n', namespace, `--role=${name}`, '--user=web-only')
    }
    await grant('watch', `--resource=${['services', ...resources].join(',')}`)
    await grant('token', '--resource=secrets', '--resource-name=token')
    await kubectl('create', 'secret', 'generic', 'token', '-n', namespace, '--from-literal=token=mine')
    await kubectl('create', 'secret', 'generic', 'other', '-n', namespace, '--from-literal=token=not-mine')
    const restricted = await openAs('web-only')
    const { store, stop } = await runStore({ client: restricted, namespaces: [namespace] })
    expect(store.isSynced('NodePool')).toBe(true)
    expect(store.isSynced('Node')).toBe(false)
    expect(store.namespaceLabels(namespace)).toBeUndefined()
    const here: Manifest = { ...pool('here'), metadata: { name: 'here', namespace } }
    await request('PATCH', `${listPathOf(here)}/here?fieldManager=test`, here, true)
    await applyPool('elsewhere')
    const token = { namespace, name: 'token' }
    const other = { namespace, name: 'other' }
    store.followSecrets([token, other])
    await until(() => store.secret(token).kind === 'found')
    const refused = {
      kind: 'unknown',
      message: expect.stringContaining('grant the verb "list" on "secrets"') as string,
    }
    await expect.poll(() => store.secret(other)).toMatchObject(refused)
    await until(() => store.get('NodePool', { namespace, name: 'here' }) !== undefined)
    expect(store.get('NodePool', key('elsewhere'))).toBeUndefined()
    await stop()
    await restricted.close()
  })

  it('writes one Event for what happens again and again, and counts', async () => {
    const { store, stop } = await runStore()
    await applyPool('eventful')
    await until(() => store.get('NodePool', key('eventful')) !== undefined)
    const metadata = store.get('NodePool', key('eventful'))?.metadata
    if (metadata === undefined) throw new Error('it was there')
    const about = { kind: 'NodePool', metadata } as const
    const read = async (): Promise<{ series?: { count: number }; regarding: unknown }[]> => {
      const { body } = await request('GET', '/apis/events.k8s.io/v1/namespaces/default/events')
      const { items } = body as { items: { regarding: { uid: string }; series?: { count: number } }[] }
      return items.filter(({ regarding }) => regarding.uid === metadata.uid)
    }
    for (let time = 1; time <= 3; time += 1) {
      store.emit({ type: 'Warning', reason: 'BelowMinimum', message: 'no member is left', about })
      await expect.poll(async () => (await read()).length, { timeout: 10_000 }).toBe(1)
    }
    await expect.poll(async () => (await read())[0]?.series?.count, { timeout: 10_000 }).toBe(3)
    expect(await kubectl('describe', 'nodepools.dns.stoa.dev', 'eventful')).toContain('no member is left')
    await stop()
  })

  it('does not hear the heartbeats of nodes', async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'beating' } }
    await request('POST', '/api/v1/nodes', node)
    const { changes, stop } = await runStore()
    changes.length = 0
    const beat = (lastHeartbeatTime: string, status = 'True'): Promise<unknown> => {
      const ready = { type: 'Ready', status, reason: 'KubeletReady', lastHeartbeatTime, lastTransitionTime: T0 }
      return request('PATCH', '/api/v1/nodes/beating/status', { status: { conditions: [ready] } })
    }
    await beat('2026-11-21T00:00:00Z')
    await until(() => changes.length === 1)
    await beat('2026-11-21T00:00:10Z')
    await beat('2026-11-21T00:00:20Z')
    await beat('2026-11-21T00:00:30Z', 'False')
    await until(() => changes.length > 1)
    expect(changes).toHaveLength(2)
    await stop()
  })

  it('writes over and over on the connections it has', async () => {
    const { store, stop } = await runStore()
    await applyPool('busy')
    await until(() => store.get('NodePool', key('busy')) !== undefined)
    let connections = 0
    const count = (): void => void (connections += 1)
    subscribe('undici:client:connected', count)
    const began = performance.now()
    for (let round = 0; round < 200; round += 1) {
      const { metadata } = store.get('NodePool', key('busy')) ?? {}
      if (metadata === undefined) throw new Error('it was there')
      await store.writeStatus('NodePool', metadata, { observedGeneration: 1, addresses: `${round} IPv4` }, never)
    }
    unsubscribe('undici:client:connected', count)
    expect(connections).toBeLessThanOrEqual(1)
    const perWrite = (performance.now() - began) / 200
    console.log(`a status write takes ${perWrite.toFixed(1)} ms`)
    expect(store.get('NodePool', key('busy'))?.status?.addresses).toBe('199 IPv4')
    await stop()
  })
})

const T0 = '2026-11-20T00:00:00Z'

/** Cuts the watches that go through it, or holds back everything. */
function createCut(inner: ApiClient): {
  readonly client: ApiClient
  /** Paths of the lists it was asked for. */
  readonly lists: readonly string[]
  cutAll(): void
  hold(): void
  release(): void
} {
  let cutting = new AbortController()
  let held = Promise.resolve()
  let release = (): void => undefined
  const lists: string[] = []
  const cutAll = (): void => {
    cutting.abort(new Error('cut'))
    cutting = new AbortController()
  }
  return {
    lists,
    cutAll,
    hold: () => {
      held = new Promise((resolve) => (release = resolve))
      cutAll()
    },
    release: () => release(),
    client: {
      request: async (method, path, options) => {
        await held
        if (path.includes('limit=')) lists.push(path)
        return inner.request(method, path, options)
      },
      async *stream(path, options) {
        await held
        yield* inner.stream(path, { ...options, signal: AbortSignal.any([options.signal, cutting.signal]) })
      },
      close: () => inner.close(),
    },
  }
}

describe('a cluster that forgets fast', () => {
  let shared: { readonly apiserver: Apiserver; readonly client: ApiClient }

  beforeAll(async () => {
    shared = { apiserver, client }
    // Without the apiserver's cache, watches depend on how far etcd was compacted.
    apiserver = await startApiserver({ flags: ['--watch-cache=false', '--etcd-compaction-interval=1s'] })
    await kubectl('apply', '--server-side', '--kustomize', crds)
    await kubectl('wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all')
    client = await openAs()
  })
  afterAll(async () => {
    await client.close()
    await apiserver.stop()
    ;({ apiserver, client } = shared)
  })

  it('is read anew where its history is gone, and only there; no deletion is missed', async () => {
    await applyPool('gone')
    await applyPool('kept')
    const cut = createCut(client)
    const { store, changes, stop } = await runStore({ client: cut.client })
    const listsOfPools = (): number => cut.lists.filter((path) => path.includes('/nodepools?')).length
    cut.cutAll()
    await applyPool('kept', 2)
    await until(() => store.get('NodePool', key('kept'))?.resource?.spec.minMembers === 2)
    expect(listsOfPools(), 'a watch that is cut goes on where it was').toBe(1)
    cut.hold()
    await request('DELETE', `${listPathOf(pool('gone'))}/gone`)
    for (let round = 3; round < 10; round += 1) {
      await applyPool('kept', round)
      await new Promise((resolve) => setTimeout(resolve, 700))
    }
    expect(store.get('NodePool', key('gone'))).toBeDefined()
    cut.release()
    await until(() => store.get('NodePool', key('gone')) === undefined)
    expect(store.get('NodePool', key('kept'))?.resource?.spec.minMembers).toBe(9)
    expect(listsOfPools()).toBe(2)
    expect(changes.filter(({ name }) => name === 'gone')).toHaveLength(2)
    await stop()
  })
})

describe('DNSEndpoints in a real cluster', () => {
  beforeAll(async () => {
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    await request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: 'dnsendpoints.externaldns.k8s.io',
        annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/external-dns/pull/2007' },
      },
      spec: {
        group: 'externaldns.k8s.io',
        scope: 'Namespaced',
        names: { plural: 'dnsendpoints', singular: 'dnsendpoint', kind: 'DNSEndpoint', listKind: 'DNSEndpointList' },
        versions: [{ name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    })
    await kubectl('wait', '--for=condition=Established', '--timeout=30s', 'crd', 'dnsendpoints.externaldns.k8s.io')
    // As the chart grants it for a namespace.
    const rights = ['--verb=list,create,update,delete', '--resource=dnsendpoints.externaldns.k8s.io']
    await kubectl('create', 'role', 'endpoints', ...rights)
    await kubectl('create', 'rolebinding', 'endpoints', '--role=endpoints', `--user=${STOA}`)
  })

  it('are created, replaced and deleted, each at exactly the version that was seen', async () => {
    const writer = createDnsEndpointWriter<DnsEndpointObject>(client)
    const object: DnsEndpointObject = { metadata: { name: 'shop', namespace: 'default' }, spec: { endpoints: [] } }
    const created = await writer.apply(object, never)
    if (created.kind !== 'Written') throw new Error('a conflict')
    expect(await writer.apply(object, never)).toEqual({ kind: 'Conflict' })
    const changed = { ...created.object, metadata: { ...created.object.metadata, labels: { a: 'b' } } }
    const second = await writer.apply(changed, never)
    expect(second.kind).toBe('Written')
    expect(await writer.apply(changed, never)).toEqual({ kind: 'Conflict' })
    expect(await writer.delete(changed, never)).toEqual({ kind: 'Conflict' })
    const [listed, ...others] = await writer.list('default', never)
    expect(others).toEqual([])
    if (listed === undefined) throw new Error('nothing listed')
    expect((await writer.delete(listed, never)).kind).toBe('Written')
    expect(await writer.delete(listed, never)).toEqual({ kind: 'Conflict' })
    expect(await writer.apply(listed, never)).toEqual({ kind: 'Conflict' })
    expect(await writer.list('default', never)).toEqual([])
  })

  it('are refused for good without the right', async () => {
    const nobody = await openAs('nobody')
    const writer = createDnsEndpointWriter<DnsEndpointObject>(nobody)
    await expect(writer.list('default', never)).rejects.toMatchObject({
      kind: 'terminal',
      reason: 'CredentialsInvalid',
    })
    await nobody.close()
  })
})
