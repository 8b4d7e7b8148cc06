import { mkdir, mkdtemp, open, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GitRepository } from '../../../test/support/git-repository.ts'
import { RECORDS_FINALIZER, REQUESTED_AT_ANNOTATION } from '../../api/kinds.ts'
import { systemClock } from '../../cli/system-clock.ts'
import type { Clock } from '../../model/clock.ts'
import { TransientError } from '../../model/errors.ts'
import type { ObjectKey, StoreEvent } from '../store.ts'
import { DataDirectory } from './data-directory.ts'
import { createGitSource } from './git-source.ts'
import { GitStore, type GitStoreOptions } from './git-store.ts'
import { locateSource } from './locate-source.ts'
import type { TreeSource, TreeVersion } from './tree-source.ts'

const never = new AbortController().signal

/** A folder that is a new commit each time it is asked for, or cannot be reached. */
class FakeSource implements TreeSource {
  description = 'somewhere'
  readonly pollMs = 30_000
  failure: string | undefined
  fetches = 0
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  fetch(): Promise<TreeVersion> {
    this.fetches += 1
    if (this.failure !== undefined) return Promise.reject(new TransientError('SourceUnreachable', this.failure))
    return Promise.resolve({ root: this.#root, prefix: 'apps', commit: `commit-${this.fetches}` })
  }

  watch = (): Promise<() => void> => Promise.resolve(() => undefined)
  close = (): Promise<void> => Promise.resolve()
}

let base: string
let source: FakeSource
let stops: (() => Promise<void>)[]

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'stoa-store-'))
  await mkdir(join(base, 'tree'))
  source = new FakeSource(join(base, 'tree'))
  stops = []
})

afterEach(async () => {
  for (const stop of stops) await stop()
  await rm(base, { recursive: true, force: true })
})

interface Running {
  readonly store: GitStore
  readonly data: DataDirectory
  readonly stop: () => Promise<void>
}

async function start(options: Partial<GitStoreOptions> = {}, now = () => systemClock.monotonicNow()): Promise<Running> {
  const data = await DataDirectory.open(join(base, 'data'), undefined, now)
  const store = new GitStore({
    source,
    data,
    clock: systemClock,
    random: Math.random,
    environment: {},
    secretPollMs: 10,
    ...options,
  })
  const stopping = new AbortController()
  const running = store.run(stopping.signal)
  const stop = async (): Promise<void> => {
    stopping.abort()
    await running
    await data.close()
  }
  stops.push(stop)
  return { store, data, stop }
}

async function startSynced(options?: Partial<GitStoreOptions>, now?: () => number): Promise<Running> {
  const running = await start(options, now)
  await running.store.whenSynced(never)
  return running
}

async function put(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(base, 'tree', file)), { recursive: true })
  await writeFile(join(base, 'tree', file), content)
}

/** Until the source has been looked at once more. */
async function sync(store: GitStore): Promise<void> {
  const before = store.source()?.commit
  store.requestSync()
  await expect.poll(() => store.source()?.commit, { interval: 2 }).not.toBe(before)
}

function pool(name: string, minMembers = 1): string {
  return `apiVersion: dns.stoa.dev/v1alpha1\nkind: NodePool\nmetadata: {name: ${name}}\nspec: {selector: {}, minMembers: ${minMembers}}\n`
}

const key = (name: string): ObjectKey => ({ namespace: 'default', name })

function namesOf(store: GitStore): readonly string[] {
  return [...store.list('NodePool')].map(({ metadata }) => metadata.name)
}

describe('a store over Git', () => {
  it('says what was applied, and where everything is written', async () => {
    await put('pools/a.yaml', `# the first\n${pool('a')}`)
    await put('node.yaml', 'apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n')
    const { store } = await startSynced()
    expect(store.source()).toEqual({
      source: 'somewhere',
      commit: 'commit-1',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    })
    expect(store.fileOf('NodePool', key('a'))).toEqual({ file: 'apps/pools/a.yaml', line: 2 })
    expect(store.fileOf('Node', { namespace: '', name: 'n1' })).toEqual({ file: 'apps/node.yaml', line: 1 })
    expect(store.findings()).toEqual([])
    expect(store.namespaceLabels('default')).toEqual({ 'kubernetes.io/metadata.name': 'default' })
  })

  it('knows which namespaces are in use without looking at every object for each question', async () => {
    for (const name of ['a', 'b', 'c']) await put(`${name}.yaml`, pool(name))
    const { store, data } = await startSynced()
    const entries = data.state.entries.get('NodePool')
    if (entries === undefined) throw new Error('there is no pool')
    const looks = vi.spyOn(entries, 'values')
    expect(store.namespaceLabels('default')).toBeDefined()
    expect(store.namespaceLabels('elsewhere')).toBeUndefined()
    expect(looks).not.toHaveBeenCalled()
    for (const name of ['a', 'b', 'c']) await rm(join(base, 'tree', `${name}.yaml`))
    await sync(store)
    await store.approveRemovals(/[0-9a-f]{16}/.exec(store.findings()[0]?.message ?? '')?.[0] ?? '')
    expect(store.namespaceLabels('default')).toBeUndefined()
  })

  it('forgets nothing while the source cannot be reached, over a restart either, and goes on', async () => {
    await put('a.yaml', pool('a'))
    const first = await startSynced()
    const uid = first.store.get('NodePool', key('a'))?.metadata.uid
    source.failure = 'no route to host'
    first.store.requestSync()
    await expect.poll(() => first.store.health()[0]?.problem).toBe('no route to host')
    expect(namesOf(first.store)).toEqual(['a'])
    await first.stop()
    const second = await startSynced()
    expect(second.store.health()[0]).toEqual({
      kind: 'DynamicDNSRecord',
      synced: true,
      lastHeardAt: undefined,
      problem: 'no route to host',
    })
    expect(second.store.get('NodePool', key('a'))?.metadata.uid).toBe(uid)
    source.failure = undefined
    await put('b.yaml', pool('b'))
    await sync(second.store)
    expect(namesOf(second.store)).toEqual(['a', 'b'])
    expect(second.store.health()[0]?.problem).toBeUndefined()
  })

  it('knows nothing before it has reached its source for the first time', async () => {
    source.failure = 'no route to host'
    const { store } = await start()
    await expect.poll(() => store.health()[0]?.problem).toBe('no route to host')
    expect(store.isSynced('NodePool')).toBe(false)
    await expect(store.approveRemovals('x')).rejects.toThrow('the tree has not been read yet')
  })

  it('does not wait for ever for a source that it remembers', async () => {
    await put('a.yaml', pool('a'))
    await (await startSynced()).stop()
    source.fetch = () => new Promise(() => undefined)
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, signal) => (ms === 5_000 ? Promise.resolve() : systemClock.sleep(ms, signal)),
    }
    const data = await DataDirectory.open(join(base, 'data'))
    stops.push(() => data.close())
    const store = new GitStore({ source, data, clock, random: Math.random, environment: {} })
    const stopping = new AbortController()
    void store.run(stopping.signal)
    await store.whenSynced(never)
    stopping.abort()
    expect(namesOf(store)).toEqual(['a'])
  })

  it('takes what it remembers of another source for nothing', async () => {
    await put('a.yaml', pool('a'))
    await (await startSynced()).stop()
    source.failure = 'no route to host'
    source.description = 'somewhere else'
    const { store } = await start()
    await expect.poll(() => store.health()[0]?.problem).toBe('no route to host')
    expect(store.isSynced('NodePool')).toBe(false)
  })

  it('does not let a tree without objects of ours pass for one where all is well', async () => {
    await put('values.yaml', 'replicas: 1')
    const { store } = await startSynced()
    const message = expect.stringMatching(/^no object of dns\.stoa\.dev found: check the path/) as string
    expect(store.findings()).toEqual([{ severity: 'warning', message }])
    await put('a.yaml', pool('a'))
    await sync(store)
    expect(store.findings()).toEqual([])
  })

  it('keeps the old record when a file breaks, shows where, and lets everything else go on', async () => {
    for (const name of ['a', 'b', 'c']) await put(`${name}.yaml`, pool(name))
    const { store } = await startSynced()
    // Renamed and broken in one commit, another one removed, and a third one changed.
    await rm(join(base, 'tree', 'a.yaml'))
    await rm(join(base, 'tree', 'b.yaml'))
    await put('renamed.yaml', 'kind: [')
    await put('c.yaml', pool('c', 2))
    await sync(store)
    expect(namesOf(store)).toEqual(['a', 'b', 'c'])
    expect(store.get('NodePool', key('c'))?.resource?.spec.minMembers).toBe(2)
    expect(store.findings().map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([
      'undefined:undefined: kept until apps/renamed.yaml:1 can be read: 2 objects no longer in the tree (NodePool default/a, NodePool default/b)',
      expect.stringMatching(/^apps\/renamed\.yaml:1: not readable as YAML/),
    ])
    await put('renamed.yaml', pool('a'))
    await sync(store)
    expect(namesOf(store)).toEqual(['a', 'c'])
    expect(store.fileOf('NodePool', key('a'))).toEqual({ file: 'apps/renamed.yaml', line: 1 })
    expect(store.findings()).toEqual([])
  })

  it('holds the removal of most objects until it is approved', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await put(`${name}.yaml`, pool(name))
    const { store } = await startSynced()
    const { metadata } = store.get('NodePool', key('a')) ?? {}
    if (metadata === undefined) throw new Error('there is no a')
    await store.setFinalizer('NodePool', metadata, true, never)
    for (const name of ['a', 'b', 'c', 'd']) await rm(join(base, 'tree', `${name}.yaml`))
    await sync(store)
    expect(namesOf(store)).toEqual(['a', 'b', 'c', 'd'])
    const [hash = ''] = /[0-9a-f]{16}/.exec(store.findings()[0]?.message ?? '') ?? []
    await expect(store.approveRemovals('0')).rejects.toThrow(`0 is not held: what is held is ${hash}`)
    await store.approveRemovals(hash)
    expect(namesOf(store)).toEqual(['a'])
    expect(store.get('NodePool', key('a'))?.metadata).toMatchObject({
      deletionTimestamp: expect.any(String) as string,
      finalizers: [RECORDS_FINALIZER],
    })
    expect(store.findings()).toEqual([])
    await expect(store.approveRemovals(hash)).rejects.toThrow('nothing is held')
  })

  it('applies nothing that it cannot save, shows why, and catches up', async () => {
    await put('a.yaml', pool('a'))
    const { store, data } = await startSynced()
    // So much that the next save after it begins a new file, which cannot be made.
    const long = pool('long').replace('metadata: {', `metadata: {annotations: {note: ${'x'.repeat(200_000)}}, `)
    for (let n = 0; n < 6; n += 1) await put(`long-${n}.yaml`, long.replace('name: long', `name: long-${n}`))
    await sync(store)
    await mkdir(join(data.path, 'state.jsonl.new'))
    await put('c.yaml', pool('c'))
    store.requestSync()
    await expect.poll(() => store.health()[0]?.problem).toContain('cannot be written to (EISDIR')
    expect(store.get('NodePool', key('c'))).toBeUndefined()
    await rm(join(data.path, 'state.jsonl.new'), { recursive: true })
    await sync(store)
    expect(store.get('NodePool', key('c'))).toBeDefined()
    expect(store.health()[0]?.problem).toBeUndefined()
  })

  it('says when it last heard of its source by a clock that nobody sets', async () => {
    const begun = systemClock.monotonicNow()
    const { store } = await startSynced({ clock: { ...systemClock, now: () => Date.now() + 3_600_000 } })
    const heardAt = store.health()[0]?.lastHeardAt
    expect(heardAt).toBeGreaterThanOrEqual(begun)
    expect(heardAt).toBeLessThanOrEqual(systemClock.monotonicNow())
  })

  it('shows what it cannot save of its own, since when, and until it can', async () => {
    await put('a.yaml', pool('a'))
    let now = 1_000
    const { store, data } = await startSynced({}, () => now)
    const save = (): Promise<void> => store.annotate('NodePool', key('a'), { [REQUESTED_AT_ANNOTATION]: `${now}` })
    const file = await open(data.path, 'r')
    await file.close()
    vi.spyOn(Object.getPrototypeOf(file) as { datasync(): Promise<void> }, 'datasync').mockRejectedValueOnce(
      new Error('ENOSPC: no space left on device, fdatasync'),
    )
    now = 2_000
    await expect(save()).rejects.toThrow('ENOSPC')
    const problem = `${data.path} cannot be written to (ENOSPC: no space left on device); what was there is kept`
    expect(store.health()).toContainEqual({ kind: 'NodePool', synced: true, problem, lastHeardAt: 2_000 })
    now = 3_000
    await mkdir(join(data.path, 'state.jsonl.new')) // Which it begins anew after a failure.
    await expect(save()).rejects.toThrow('EISDIR')
    expect(store.health()[0]).toMatchObject({
      problem: expect.stringContaining('EISDIR') as string,
      lastHeardAt: 2_000,
    })
    await rm(join(data.path, 'state.jsonl.new'), { recursive: true })
    await save()
    expect(store.health()[0]?.problem).toBeUndefined()
  })

  it('keeps the last events, counts equal ones, and tells a listener', async () => {
    const { store } = await startSynced()
    const event = (message: string): StoreEvent => ({
      ...{ type: 'Normal', reason: 'Synced', message },
      about: { kind: 'NodePool', metadata: { namespace: 'default', name: 'a', uid: 'u' } },
    })
    const heard: string[] = []
    const end = store.events.subscribe(({ message, count }) => heard.push(`${message} ${count}`))
    for (const message of ['one', 'two', 'two']) store.emit(event(message))
    end()
    for (let n = 0; n < 2_000; n += 1) store.emit(event(String(n)))
    expect(heard).toEqual(['one 1', 'two 1', 'two 2'])
    expect(store.events.list()).toHaveLength(1_000)
    expect(store.events.list().at(-1)).toMatchObject({ message: '1999', count: 1 })
  })

  it('lets a ConfigMap go with its object, also when that happened while it was killed', async () => {
    await put('a.yaml', pool('a'))
    await put('b.yaml', pool('b'))
    const first = await startSynced()
    const publish = async (name: string): Promise<void> => {
      const owner = first.store.get('NodePool', key(name))
      if (owner === undefined) throw new Error(`there is no ${name}`)
      await first.store.publishConfigMap(owner, `of-${name}`, { one: '1', two: '2' }, never)
      await first.store.publishConfigMap(owner, `of-${name}`, { one: '1' }, never)
    }
    await publish('a')
    await publish('b')
    const folder = join(base, 'data', 'configmaps', 'default')
    expect(await readdir(join(folder, 'of-a'))).toEqual(['.owner', 'one'])
    await rm(join(base, 'tree', 'a.yaml'))
    await sync(first.store)
    await expect.poll(() => readdir(folder)).toEqual(['of-b'])
    await first.data.commit(() => ({ remove: [{ kind: 'NodePool', ...key('b') }] }))
    await expect.poll(() => readdir(folder)).toEqual([])
    await first.stop()
    await mkdir(join(folder, 'left'), { recursive: true })
    await writeFile(join(folder, 'left', '.owner'), 'somebody long gone')
    await startSynced()
    await expect.poll(() => readdir(folder)).toEqual([])
  })
})

describe('Secrets of a store over Git', () => {
  const secrets = (): string => join(base, 'data', 'secrets')
  const putFile = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(secrets(), path)), { recursive: true })
    await writeFile(join(secrets(), path), content)
  }
  const look = async (name: string, environment: NodeJS.ProcessEnv = {}): Promise<unknown> => {
    const { store } = await startSynced({ environment })
    store.followSecrets([key(name)])
    await expect.poll(() => JSON.stringify(store.secret(key(name)))).not.toContain('not been read')
    const lookup = store.secret(key(name))
    return lookup.kind === 'found' ? Object.fromEntries(lookup.values) : lookup
  }

  it('come from the folder of their name, without the line break at the end', async () => {
    await putFile('cloudflare-token/token', 'abc\n')
    expect(await look('cloudflare-token')).toEqual({ token: 'abc' })
  })

  it('come from the folder of their namespace first', async () => {
    await putFile('main/token', 'general')
    await putFile('default/main/token', 'own')
    await putFile('default/main/.hidden', 'no')
    await putFile('default/main/sub/token', 'no')
    expect(await look('main')).toEqual({ token: 'own' })
  })

  it('come from the environment, with keys as they are spelt', async () => {
    const environment = {
      STOA_SECRET_MAIN_ACCESSKEYID: 'id',
      STOA_SECRET_MAIN_TOKEN: 't',
      STOA_SECRET_MAIN_OTHER: 'o',
      STOA_SECRET_MAINTENANCE_TOKEN: 'no',
    }
    expect(await look('main', environment)).toEqual({ accessKeyID: 'id', token: 't', other: 'o' })
  })

  it('come from files rather than from the environment', async () => {
    await putFile('my-main/token', 'file')
    expect(await look('my-main', { STOA_SECRET_MY_MAIN_TOKEN: 'variable' })).toEqual({ token: 'file' })
  })

  it('never come from elsewhere', async () => {
    await writeFile(join(base, 'token'), 'no')
    expect(await look('..')).toEqual({ kind: 'absent' })
  })

  it('that are no text are unknown, and the message does not say what is in them', async () => {
    await putFile('main/token', Buffer.from([0x61, 0xff]))
    expect(await look('main')).toEqual({
      kind: 'unknown',
      message: `Secret default/main cannot be read: ${join(secrets(), 'main', 'token')} is no UTF-8 text`,
    })
  })

  it('that Kubernetes mounts are of one version, whatever its links name meanwhile', async () => {
    await putFile('main/..first/token', 'abc')
    await symlink('..first', join(secrets(), 'main', '..data'))
    for (const name of ['token', 'extra']) await symlink(join('..data', name), join(secrets(), 'main', name))
    expect(await look('main')).toEqual({ token: 'abc' })
  })

  it('of which a file is a link to nowhere are unknown', async () => {
    await putFile('main/token', 'abc')
    await symlink('elsewhere', join(secrets(), 'main', 'extra'))
    expect(await look('main')).toMatchObject({ kind: 'unknown', message: expect.stringContaining('ENOENT') as string })
  })

  it('in the tree are nobody’s', async () => {
    await put('secret.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: main}\nstringData: {token: abc}\n')
    expect(await look('main')).toEqual({ kind: 'absent' })
  })
})

describe('a hostile repository', () => {
  let repository: GitRepository
  beforeEach(async () => {
    repository = await GitRepository.create()
  })
  afterEach(() => repository.remove())

  async function startOverRepository(): Promise<GitStore> {
    const location = await locateSource(repository.path, '/')
    if (location.kind === 'folder') throw new Error('not a repository')
    const gitSource = createGitSource({ location, checkouts: join(base, 'data', 'checkouts') })
    return (await startSynced({ source: gitSource })).store
  }

  it('does nothing bad, says what is wrong with it, and gives the good that is in it', async () => {
    await repository.write('good.yaml', pool('good'))
    await repository.write('latin1.yaml', Buffer.from([0x6e, 0xe4, 0x68]))
    await repository.write('utf16.yaml', Buffer.from('\ufeffkind: x', 'utf16le'))
    await repository.write('huge.yaml', Buffer.alloc(9 * 1024 * 1024, 'a'))
    await repository.write(
      'bomb.yaml',
      `a: &a [x]\n${'bcdefghij'
        .split('')
        .map((name, n) => `${name}: &${name} [${`*${'abcdefghij'[n]},`.repeat(20)}]`)
        .join('\n')}\n`,
    )
    await repository.write('proto.yaml', `${pool('proto').trimEnd()}\n__proto__: {polluted: true}\n`)
    await repository.write('.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch /tmp/x"\n')
    await symlink('/etc/passwd', join(repository.path, 'passwd.yaml'))
    await symlink('/', join(repository.path, 'root'))
    await repository.commit()
    const store = await startOverRepository()
    expect(namesOf(store)).toEqual(['good', 'proto'])
    expect(store.get('NodePool', key('proto'))).toMatchObject({
      resource: undefined,
      problem: expect.stringContaining('proto.yaml:5: __proto__') as string,
    })
    expect(store.findings().map(({ file }) => file)).toEqual(
      expect.arrayContaining(['bomb.yaml', 'huge.yaml', 'latin1.yaml', 'passwd.yaml', 'proto.yaml', 'root']),
    )
    expect('polluted' in {}).toBe(false)
  })

  it('keeps what it had where a folder has become a submodule, which nobody reads', async () => {
    for (const name of ['a', 'b', 'c']) await repository.write(`${name}.yaml`, pool(name))
    await repository.write('shop/shop.yaml', pool('shop'))
    const commit = await repository.commit()
    const store = await startOverRepository()
    await repository.git('rm', '--quiet', '-r', 'shop')
    await repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},shop`)
    await repository.git('commit', '--quiet', '--message', 'submodule')
    await vi.waitFor(() => expect(store.findings()).toMatchObject([{}, { severity: 'error', file: 'shop' }]), 10_000)
    expect(store.heldRemovals()?.finding.message).toMatch(/^kept until shop can be read: 1 object no longer/)
    expect(namesOf(store)).toEqual(['a', 'b', 'c', 'shop'])
  })

  it('with 10,000 manifests is read in a while, and a change of one at once', { timeout: 60_000 }, async () => {
    for (let file = 0; file < 100; file += 1) {
      const pools = Array.from({ length: 100 }, (_, n) => pool(`p${file}-${n}`))
      await repository.write(`${file}.yaml`, pools.join('---\n'))
    }
    await repository.commit()
    const store = await startOverRepository()
    expect(namesOf(store)).toHaveLength(10_000)
    await repository.write('0.yaml', pool('p0-0', 2))
    await repository.commit()
    await expect.poll(() => store.get('NodePool', key('p0-0'))?.resource?.spec.minMembers, { interval: 10 }).toBe(2)
    expect(namesOf(store)).toHaveLength(9_901)
  })
})
