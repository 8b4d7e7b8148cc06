// What every store must do, told once. A store that cannot do a thing says why; the reason stands in the test's name.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RECORDS_FINALIZER, type KindName, type NodePool } from '../../src/api/kinds.ts'
import type { NodePoolStatus } from '../../src/api/generated/node-pool.ts'
import type { ObjectChange, ObjectKey, Store, StoredObject, WatchedKind } from '../../src/store/store.ts'

export interface Manifest {
  readonly apiVersion: string
  readonly kind: KindName | 'Node' | 'Service' | 'Namespace'
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: unknown
  /** Of a Node or a Service; what one of our kinds says there does not count. */
  readonly status?: unknown
}

/** A world with nothing in it, at least not in its namespace. */
export interface StoreBench {
  readonly namespace: string
  /** A store as after a start of the process; it does not run yet, and never at the same time as another one. */
  open(): Promise<Store>
  /** Creates an object, or makes it what the manifest says, as `kubectl apply` or a commit does. */
  put(manifest: Manifest): Promise<void>
  /** Deletes the object, or the file with its manifest. */
  remove(manifest: Manifest): Promise<void>
  putSecret(key: ObjectKey, values: Readonly<Record<string, string>>): Promise<void>
  removeSecret(key: ObjectKey): Promise<void>
  /** Undefined where there is none. Not called when `config maps` is skipped. */
  readConfigMap(key: ObjectKey): Promise<Readonly<Record<string, string>> | undefined>
  /** Somebody else's. */
  putConfigMap(key: ObjectKey, values: Readonly<Record<string, string>>): Promise<void>
  stop(): Promise<void>
}

export type StoreCase = 'config maps' | 'invalid objects' | 'namespaces' | 'secrets' | 'services'

export interface StoreContractOptions {
  readonly name: string
  readonly start: () => Promise<StoreBench>
  readonly skips: Readonly<Partial<Record<StoreCase, string>>>
}

const KINDS: readonly WatchedKind[] = ['DynamicDNSRecord', 'NodePool', 'WANAddress', 'DNSProvider', 'Node']
const never = new AbortController().signal

export function describeStoreContract({ name, start, skips }: StoreContractOptions): void {
  const unless = (theCase: StoreCase, title: string, run: () => Promise<void>): void => {
    const reason = skips[theCase]
    if (reason === undefined) it(title, run)
    else it.skip(`${title} (skipped: ${reason})`, run)
  }

  describe(`${name} keeps the store contract`, () => {
    let bench: StoreBench
    let store: Store
    let stop: () => Promise<void>

    const runStore = async (): Promise<void> => {
      store = await bench.open()
      const stopping = new AbortController()
      const running = store.run(stopping.signal)
      stop = async () => {
        stopping.abort()
        await running
      }
      await store.whenSynced(never)
    }

    beforeEach(async () => {
      bench = await start()
      await runStore()
    })
    afterEach(async () => {
      await stop()
      await bench.stop()
    })

    const key = (name: string): ObjectKey => ({ namespace: bench.namespace, name })
    const poolManifest = (name: string, spec: unknown = { selector: {} }, metadata: object = {}): Manifest => ({
      apiVersion: 'dns.stoa.dev/v1alpha1',
      kind: 'NodePool',
      metadata: { name, namespace: bench.namespace, ...metadata },
      spec,
    })
    const pool = (name: string): StoredObject<NodePool> | undefined => store.get('NodePool', key(name))
    const poolOf = (name: string): StoredObject<NodePool> => {
      const found = pool(name)
      if (found === undefined) throw new Error(`there is no NodePool ${name}`)
      return found
    }
    const putPool = async (name: string, spec?: unknown, metadata?: object): Promise<StoredObject<NodePool>> => {
      await bench.put(poolManifest(name, spec, metadata))
      await until(() => pool(name) !== undefined)
      return poolOf(name)
    }
    const statusOf = (addresses: string, members?: NodePoolStatus['members']): NodePoolStatus => ({
      observedGeneration: 1,
      addresses,
      ...(members !== undefined && { members }),
    })
    const hear = (): ObjectChange[] => {
      const changes: ObjectChange[] = []
      store.subscribe((change) => changes.push(change))
      return changes
    }
    /** Once this one is heard of, whatever was done before has been heard of too. */
    const putMarker = async (changes: readonly ObjectChange[]): Promise<void> => {
      await bench.put(poolManifest('marker'))
      await until(() => changes.some((change) => change.name === 'marker'))
    }

    it('reads what is there, and knows nothing of what is not', async () => {
      await bench.put(poolManifest('edge', { hosts: [{ name: 'vps-1', addresses: ['192.0.2.10'] }] }))
      await until(() => pool('edge') !== undefined)
      expect([...store.list('NodePool')].map(({ metadata }) => metadata).filter(isHere)).toEqual([
        poolOf('edge').metadata,
      ])
      const { kind, metadata, resource, problem } = poolOf('edge')
      expect(kind).toBe('NodePool')
      expect(problem).toBeUndefined()
      expect(metadata).toMatchObject({ name: 'edge', namespace: bench.namespace, generation: 1 })
      expect(metadata.uid).not.toBe('')
      expect(Number.isNaN(Date.parse(metadata.creationTimestamp))).toBe(false)
      expect(resource?.metadata).toEqual(metadata)
      expect(resource?.spec.hosts?.[0]?.name).toBe('vps-1')
      expect(pool('other')).toBeUndefined()
      expect(store.get('WANAddress', key('edge'))).toBeUndefined()
    })
    const isHere = ({ namespace }: { readonly namespace: string }): boolean => namespace === bench.namespace

    it('fills in defaults, and a status that says nothing was seen yet', async () => {
      const { resource, status } = await putPool('edge')
      expect(resource?.spec.minMembers).toBe(1)
      expect(status?.observedGeneration).toBe(-1)
    })

    it('says that something is new, other, or gone, until the listener ends it', async () => {
      const changes = hear()
      const ended: ObjectChange[] = []
      store.subscribe((change) => ended.push(change))()
      const heardOf = (): number => changes.filter(({ name }) => name === 'edge').length
      await putPool('edge')
      await until(() => heardOf() === 1)
      expect(changes[0]).toEqual({ kind: 'NodePool', ...key('edge') })
      await bench.put(poolManifest('edge', { selector: {}, minMembers: 2 }))
      await until(() => poolOf('edge').resource?.spec.minMembers === 2)
      expect(heardOf()).toBe(2)
      await bench.remove(poolManifest('edge'))
      await until(() => pool('edge') === undefined)
      expect(heardOf()).toBe(3)
      expect(ended).toEqual([])
    })

    it('counts the generation up with the spec, and with nothing else', async () => {
      const first = await putPool('edge')
      await bench.put(poolManifest('edge', { selector: {} }, { annotations: { 'dns.stoa.dev/requestedAt': '1' } }))
      await until(() => poolOf('edge').metadata.annotations?.['dns.stoa.dev/requestedAt'] === '1')
      expect(poolOf('edge').metadata).toMatchObject({ generation: 1, uid: first.metadata.uid })
      await bench.put(poolManifest('edge', { selector: {}, minMembers: 3 }))
      await until(() => poolOf('edge').resource?.spec.minMembers === 3)
      expect(poolOf('edge').metadata.generation).toBe(2)
      expect(poolOf('edge').metadata.uid).toBe(first.metadata.uid)
      expect(first.metadata.generation, 'a value handed out is never changed').toBe(1)
    })

    it('says nothing when the same is written again', async () => {
      await putPool('edge', { selector: {} }, { labels: { team: 'web' } })
      const changes = hear()
      await bench.put(poolManifest('edge', { selector: {} }, { labels: { team: 'web' } }))
      await putMarker(changes)
      expect(changes.filter(({ name }) => name === 'edge')).toEqual([])
    })

    it('shows a status as soon as it is written, says so, and leaves the generation', async () => {
      const { metadata } = await putPool('edge')
      const changes = hear()
      await store.writeStatus('NodePool', metadata, statusOf('10 IPv4'), never)
      expect(poolOf('edge')).toMatchObject({ status: { addresses: '10 IPv4' }, metadata: { generation: 1 } })
      expect(poolOf('edge').resource?.status).toEqual(poolOf('edge').status)
      expect(changes).toEqual([{ kind: 'NodePool', ...key('edge') }])
      await putMarker(changes)
      expect(changes.filter(({ name }) => name === 'edge')).toHaveLength(1)
    })

    it('replaces the whole status', async () => {
      const { metadata } = await putPool('edge')
      const members = { total: 2, active: 2, draining: 0, notReady: 0, unhealthy: 0, noAddress: 0 }
      await store.writeStatus('NodePool', metadata, statusOf('2 IPv4', members), never)
      expect(poolOf('edge').status?.members?.total).toBe(2)
      await store.writeStatus('NodePool', poolOf('edge').metadata, statusOf('unknown'), never)
      expect(poolOf('edge').status?.members).toBeUndefined()
    })

    it('keeps status, finalizer and identity of objects over a restart and over a change of the spec', async () => {
      const { metadata } = await putPool('edge')
      await store.setFinalizer('NodePool', metadata, true, never)
      await store.writeStatus('NodePool', poolOf('edge').metadata, statusOf('10 IPv4'), never)
      const identity = await store.identity(never)
      await stop()
      await bench.put(poolManifest('edge', { selector: {}, minMembers: 2 }))
      await runStore()
      await until(() => poolOf('edge').resource?.spec.minMembers === 2)
      expect(poolOf('edge')).toMatchObject({
        status: { addresses: '10 IPv4' },
        metadata: { uid: metadata.uid, finalizers: [RECORDS_FINALIZER], generation: 2 },
      })
      expect(await store.identity(never)).toBe(identity)
    })

    it('refuses a status that was derived from an earlier version', async () => {
      const { metadata } = await putPool('edge')
      await bench.put(poolManifest('edge', { selector: {}, minMembers: 2 }))
      await until(() => poolOf('edge').metadata.generation === 2)
      const late = store.writeStatus('NodePool', metadata, statusOf('late'), never)
      await expect(late).rejects.toMatchObject({ kind: 'transient', reason: 'Conflict' })
      expect(poolOf('edge').status?.addresses).not.toBe('late')
    })

    it('has nobody to tell when the object is gone', async () => {
      const { metadata } = await putPool('edge')
      await bench.remove(poolManifest('edge'))
      await until(() => pool('edge') === undefined)
      await store.writeStatus('NodePool', metadata, statusOf('late'), never)
      await store.setFinalizer('NodePool', metadata, true, never)
      await store.setFinalizer('NodePool', { ...metadata, finalizers: [RECORDS_FINALIZER] }, false, never)
      expect(pool('edge')).toBeUndefined()
    })

    it('keeps a deleted object with a finalizer in sight until that is taken off', async () => {
      const { metadata } = await putPool('edge')
      await store.setFinalizer('NodePool', metadata, true, never)
      expect(poolOf('edge').metadata.finalizers).toEqual([RECORDS_FINALIZER])
      await store.setFinalizer('NodePool', poolOf('edge').metadata, true, never)
      await bench.remove(poolManifest('edge'))
      await until(() => poolOf('edge').metadata.deletionTimestamp !== undefined)
      expect(poolOf('edge').resource?.metadata.deletionTimestamp).toBe(poolOf('edge').metadata.deletionTimestamp)
      await store.writeStatus('NodePool', poolOf('edge').metadata, statusOf('going'), never)
      const changes = hear()
      await store.setFinalizer('NodePool', poolOf('edge').metadata, false, never)
      expect(pool('edge')).toBeUndefined()
      expect(changes).toEqual([{ kind: 'NodePool', ...key('edge') }])
      await putMarker(changes)
      expect(pool('edge'), 'a late event does not bring it back').toBeUndefined()
    })

    it('gives an object that is made again another uid', async () => {
      const first = await putPool('edge')
      await bench.remove(poolManifest('edge'))
      await until(() => pool('edge') === undefined)
      const second = await putPool('edge')
      expect(second.metadata.uid).not.toBe(first.metadata.uid)
      expect(second.status?.observedGeneration).toBe(-1)
    })

    unless('invalid objects', 'keeps the last valid version in force, and says what is wrong', async () => {
      await putPool('edge', { selector: {}, minMembers: 2 })
      await bench.put(poolManifest('edge', { selector: {}, minMembers: 'many' }))
      await until(() => poolOf('edge').problem !== undefined)
      const { metadata, resource, problem } = poolOf('edge')
      expect(problem).toContain('spec.minMembers')
      expect(metadata.generation).toBe(2)
      expect(resource?.spec.minMembers).toBe(2)
      expect(resource?.metadata).toEqual(metadata)
      await store.writeStatus('NodePool', metadata, statusOf('held'), never)
      expect(poolOf('edge')).toMatchObject({
        status: { addresses: 'held' },
        resource: { status: { addresses: 'held' } },
      })
      expect(poolOf('edge').problem).toBe(problem)
      await bench.put(poolManifest('edge', { selector: {}, minMembers: 3 }))
      await until(() => poolOf('edge').problem === undefined)
      expect(poolOf('edge').resource?.spec.minMembers).toBe(3)
    })

    unless('invalid objects', 'has an object that never was valid, but no version in force', async () => {
      await bench.put(poolManifest('bad', { selector: {}, minMembers: 'many' }))
      await putPool('good')
      await until(() => pool('bad') !== undefined)
      expect(poolOf('bad')).toMatchObject({ resource: undefined, metadata: { name: 'bad' } })
      expect(poolOf('bad').problem).toContain('spec.minMembers')
      expect(poolOf('good').problem).toBeUndefined()
    })

    it('knows the nodes, and hears of what matters in them', async () => {
      const name = `node-${bench.namespace}`
      const node = (labels: Readonly<Record<string, string>>): Manifest => ({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels },
        spec: {},
        status: { addresses: [{ type: 'ExternalIP', address: '192.0.2.1' }] },
      })
      const changes = hear()
      await bench.put(node({ role: 'ingress' }))
      await until(() => store.node(name)?.addresses.length === 1)
      expect(store.node(name)).toMatchObject({ name, labels: { role: 'ingress' }, unschedulable: false })
      expect([...store.nodes()].some((other) => other.name === name)).toBe(true)
      expect(changes.at(-1)).toEqual({ kind: 'Node', namespace: '', name })
      await bench.put(node({ role: 'worker' }))
      await until(() => store.node(name)?.labels['role'] === 'worker')
      await bench.remove(node({}))
      await until(() => store.node(name) === undefined)
      expect(changes.at(-1)).toEqual({ kind: 'Node', namespace: '', name })
    })

    unless('services', 'knows the addresses of Services', async () => {
      const service: Manifest = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'front', namespace: bench.namespace },
        spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } },
      }
      const changes = hear()
      await bench.put(service)
      await until(() => store.service(key('front'))?.ingress.length === 1)
      expect(store.service(key('front'))?.ingress).toEqual([{ ip: '192.0.2.7' }])
      expect(changes.at(-1)).toEqual({ kind: 'Service', ...key('front') })
      await bench.remove(service)
      await until(() => store.service(key('front')) === undefined)
    })

    unless('namespaces', 'knows the labels of namespaces', async () => {
      const metadata = { name: bench.namespace, labels: { team: 'web' } }
      await bench.put({ apiVersion: 'v1', kind: 'Namespace', metadata })
      await until(() => store.namespaceLabels(bench.namespace)?.['team'] === 'web')
      expect(store.namespaceLabels('nowhere')).toBeUndefined()
    })

    unless('secrets', 'knows the Secrets it follows, as they come, change and go', async () => {
      const secret = key('token')
      const changes = hear()
      expect(store.secret(secret).kind).toBe('unknown')
      store.followSecrets([secret])
      await until(() => store.secret(secret).kind === 'absent')
      await until(() => changes.some(({ kind, name }) => kind === 'Secret' && name === 'token'))
      // The line break is what an editor leaves.
      await bench.putSecret(secret, { token: 'first ✓\n' })
      await until(() => store.secret(secret).kind === 'found')
      expect(store.secret(secret)).toEqual({ kind: 'found', values: new Map([['token', 'first ✓']]) })
      changes.length = 0
      await bench.putSecret(secret, { token: 'second', extra: '' })
      await until(() => changes.length > 0)
      expect(changes).toEqual([{ kind: 'Secret', ...secret }])
      expect(store.secret(secret)).toMatchObject({ values: new Map(Object.entries({ token: 'second', extra: '' })) })
      await bench.removeSecret(secret)
      await until(() => store.secret(secret).kind === 'absent')
    })

    unless('secrets', 'keeps no Secret that it does not follow any more', async () => {
      await bench.putSecret(key('one'), { token: '1' })
      await bench.putSecret(key('two'), { token: '2' })
      store.followSecrets([key('one'), key('two')])
      await until(() => store.secret(key('one')).kind === 'found' && store.secret(key('two')).kind === 'found')
      store.followSecrets([key('two')])
      expect(store.secret(key('one')).kind).toBe('unknown')
      expect(store.secret(key('two')).kind).toBe('found')
    })

    unless('config maps', 'publishes a ConfigMap, and changes it', async () => {
      const owner = await putPool('edge')
      await store.publishConfigMap(owner, 'published', { current_ip: '192.0.2.1' }, never)
      expect(await bench.readConfigMap(key('published'))).toEqual({ current_ip: '192.0.2.1' })
      await store.publishConfigMap(owner, 'published', { current_ip: '192.0.2.2' }, never)
      expect(await bench.readConfigMap(key('published'))).toEqual({ current_ip: '192.0.2.2' })
    })

    unless('config maps', 'leaves a ConfigMap that is not its own', async () => {
      const owner = await putPool('edge')
      await bench.putConfigMap(key('theirs'), { mine: 'yes' })
      const refused = store.publishConfigMap(owner, 'theirs', { current_ip: '192.0.2.1' }, never)
      await expect(refused).rejects.toMatchObject({
        kind: 'terminal',
        message: expect.stringContaining('theirs') as string,
      })
      expect(await bench.readConfigMap(key('theirs'))).toEqual({ mine: 'yes' })
    })

    it('takes events, and never fails at it', async () => {
      const { metadata } = await putPool('edge')
      const event = { type: 'Normal', reason: 'Succeeded', message: 'all is well' } as const
      store.emit({ ...event, about: { kind: 'NodePool', metadata } })
      store.emit({ ...event, about: { kind: 'NodePool', metadata: { namespace: 'no such', name: '', uid: '' } } })
    })

    it('is synced and healthy, and says when it last heard', () => {
      for (const kind of KINDS) {
        expect(store.isSynced(kind)).toBe(true)
        const health = store.health().find((candidate) => candidate.kind === kind)
        expect(health).toMatchObject({ synced: true, problem: undefined })
        expect(health?.lastHeardAt).toBeGreaterThan(0)
      }
    })

    it('is not synced before it runs, and stops waiting when told to', async () => {
      await stop()
      const idle = await bench.open()
      expect(KINDS.some((kind) => idle.isSynced(kind))).toBe(false)
      const waiting = new AbortController()
      const synced = idle.whenSynced(waiting.signal)
      waiting.abort(new Error('enough'))
      await expect(synced).rejects.toThrow('enough')
      const stopping = new AbortController()
      const running = idle.run(stopping.signal)
      stopping.abort()
      await running
    })
  })
}

async function until(isSo: () => boolean): Promise<void> {
  await expect.poll(isSo, { timeout: 10_000, interval: 5 }).toBe(true)
}
