import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveState, type Derived } from './derive-state.ts'
import { parseTreeFile } from './parse-tree-file.ts'
import {
  applyChanges,
  emptyState,
  findEntry,
  findObject,
  listEntries,
  type ObjectEntry,
  type StoreState,
} from './state.ts'
import { joinFiles, type Tree } from './tree.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const NOTHING = emptyState({ identity: 'id', revision: 0, schemas: '' })

function pool(name: string, { minMembers = 1, more = '' } = {}): string {
  const metadata = `metadata: {name: ${name}${more}}`
  return `apiVersion: dns.stoa.dev/v1alpha1\nkind: NodePool\n${metadata}\nspec: {selector: {}, minMembers: ${minMembers}}\n`
}

function node(name: string, status = ''): string {
  return `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}}\n${status}`
}

type Files = Readonly<Record<string, string>>

function treeOf(files: Files): Tree {
  const names = Object.keys(files).sort()
  return joinFiles(
    names.map((name) => parseTreeFile(name, Buffer.from(files[name] ?? ''), 'default')),
    [],
    undefined,
  )
}

/** A store's life, one tree after another, a minute each. */
class Life {
  state: StoreState = NOTHING
  last: Derived | undefined
  #minute = 0

  see(files: Files, approved?: string): this {
    const now = `2026-01-01T00:${String(this.#minute++).padStart(2, '0')}:00Z`
    this.last = deriveState(this.state, treeOf(files), { now, approved })
    this.state = applyChanges(this.state, [this.last.change ?? {}])
    return this
  }

  get(name: string): ObjectEntry | undefined {
    return findObject(this.state, 'NodePool', { namespace: 'default', name })
  }

  finalizers(name: string, finalizers: readonly string[]): this {
    const entry = this.get(name)
    if (entry === undefined) throw new Error(`no ${name}`)
    this.state = applyChanges(this.state, [{ put: [{ ...entry, metadata: { ...entry.metadata, finalizers } }] }])
    return this
  }

  names(): readonly string[] {
    return [...listEntries(this.state)].map((entry) =>
      entry.kind === 'Node' ? entry.node.name : 'metadata' in entry ? entry.metadata.name : entry.name,
    )
  }
}

describe('an object of the tree', () => {
  it('gets a uid, a creation time and generation 1, whatever its manifest says', () => {
    const life = new Life().see({ 'a.yaml': pool('a', { more: ', uid: mine, generation: 7, finalizers: [x/y]' }) })
    expect(life.get('a')).toMatchObject({
      metadata: {
        uid: expect.stringMatching(UUID) as string,
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
        resourceVersion: '1',
      },
      status: { observedGeneration: -1 },
      place: { file: 'a.yaml', line: 1 },
    })
    expect(life.get('a')?.metadata.finalizers).toBeUndefined()
  })

  it.each([
    ['a label', pool('a', { more: ', labels: {x: z}' }), 1, '2'],
    ['the spec', pool('a', { minMembers: 2 }), 2, '2'],
    ['nothing', pool('a'), 1, '1'],
    [
      'only the order and the defaults written',
      pool('a').replace('selector: {}, minMembers: 1', 'selector: {}'),
      1,
      '1',
    ],
  ])('when %s changes has generation and version accordingly', (_what, manifest, generation, resourceVersion) => {
    const life = new Life().see({ 'a.yaml': pool('a') })
    const uid = life.get('a')?.metadata.uid
    expect(life.see({ 'a.yaml': manifest }).get('a')?.metadata).toMatchObject({ uid, generation, resourceVersion })
  })

  it('stays itself in another file, and is no new version there', () => {
    const life = new Life().see({ 'a.yaml': pool('a') })
    const uid = life.get('a')?.metadata.uid
    expect(life.see({ 'sub/b.yaml': `# moved\n${pool('a')}` }).get('a')).toMatchObject({
      metadata: { uid, generation: 1, resourceVersion: '1' },
      place: { file: 'sub/b.yaml', line: 2 },
    })
  })

  it('keeps its last valid version in force while the newest is not valid', () => {
    const life = new Life()
      .see({ 'a.yaml': pool('a', { minMembers: 3 }) })
      .see({ 'a.yaml': pool('a', { minMembers: -1, more: ', labels: {x: z}' }) })
    const uid = life.get('a')?.metadata.uid
    expect(life.get('a')).toMatchObject({
      metadata: { generation: 2, labels: { x: 'z' } },
      spec: { minMembers: 3 },
      problem: expect.stringMatching(/^a\.yaml:4: spec\.minMembers/) as string,
    })
    life.see({ 'a.yaml': pool('a', { minMembers: 3 }) })
    expect(life.get('a')).toMatchObject({ metadata: { generation: 3, uid }, spec: { minMembers: 3 } })
    expect(life.get('a')?.problem).toBeUndefined()
  })

  it('has nothing in force when it was never valid', () => {
    const life = new Life().see({ 'a.yaml': pool('a', { minMembers: -1 }) })
    expect(life.get('a')?.problem).toBeDefined()
    expect(life.get('a')?.spec).toBeUndefined()
  })

  it('that is in two files counts as the first by path says, and the other is a finding', () => {
    const life = new Life().see({ 'b.yaml': pool('a', { minMembers: 2 }), 'a.yaml': pool('a', { minMembers: 1 }) })
    expect(life.get('a')?.spec).toMatchObject({ minMembers: 1 })
    expect(life.last?.findings).toEqual([
      {
        severity: 'error',
        file: 'b.yaml',
        line: 1,
        message: 'NodePool default/a is in a.yaml:1 already, and that one counts: remove one of the two',
      },
    ])
  })
})

describe('a removed object', () => {
  const two = { 'a.yaml': pool('a'), 'b.yaml': pool('b') }
  const one = { 'b.yaml': pool('b') }

  it('without a finalizer is gone, and comes back as another one', () => {
    const life = new Life().see(two)
    const [a, b] = [life.get('a')?.metadata.uid, life.get('b')?.metadata.uid]
    expect(life.see(one).names()).toEqual(['b'])
    const back = life.see(two).get('a')?.metadata
    expect(back).toMatchObject({ uid: expect.stringMatching(UUID) as string, generation: 1 })
    expect(new Set([a, b, back?.uid]).size).toBe(3)
    expect(life.get('b')?.metadata.uid).toBe(b)
  })

  it('gets the same uid from the same memory, and another from another', () => {
    const uidAfter = (life: Life): string | undefined => life.see(two).get('a')?.metadata.uid
    expect(uidAfter(new Life().see(one))).toBe(uidAfter(new Life().see(one)))
    const stranger = new Life()
    stranger.state = emptyState({ identity: 'another', revision: 0, schemas: '' })
    expect(uidAfter(stranger)).not.toBe(uidAfter(new Life()))
  })

  it('with a finalizer is marked, once, and stays', () => {
    const life = new Life().see(two).finalizers('a', ['dns.stoa.dev/records']).see(one)
    const marked = life.get('a')
    expect(marked).toMatchObject({
      metadata: { deletionTimestamp: '2026-01-01T00:01:00Z', resourceVersion: '3' },
      spec: { minMembers: 1 },
    })
    expect(life.see(one).get('a')).toEqual(marked)
    expect(life.last?.change).toBeUndefined()
  })

  it('that was not valid at last goes as it last was when it was valid', () => {
    const life = new Life().see(two).finalizers('a', ['dns.stoa.dev/records'])
    life.see({ ...one, 'a.yaml': pool('a', { minMembers: -1 }) }).see(one)
    expect(life.get('a')).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String) as string },
      spec: { minMembers: 1 },
    })
    expect(life.get('a')?.problem).toBeUndefined()
  })

  it('that is back before its deletion is done was never gone', () => {
    const life = new Life().see(two).finalizers('a', ['dns.stoa.dev/records'])
    const uid = life.get('a')?.metadata.uid
    life.see(one).see(two)
    expect(life.get('a')?.metadata.deletionTimestamp).toBeUndefined()
    expect(life.get('a')?.metadata).toMatchObject({ uid, generation: 1, finalizers: ['dns.stoa.dev/records'] })
  })

  it.each([
    ['does not parse', 'kind: ['],
    ['holds an object that cannot be told', pool('y')],
  ])('stays while any file %s, and everything else goes on', (_what, bad) => {
    const life = new Life().see(two).see({ 'b.yaml': pool('b', { minMembers: 2 }), 'renamed.yaml': bad })
    expect(life.names()).toEqual(['a', 'b'])
    expect(life.get('b')?.spec).toMatchObject({ minMembers: 2 })
    expect(life.last?.held?.hash).toBeUndefined()
    expect(life.last?.held?.finding.message).toMatch(
      /^kept until renamed\.yaml:\d can be read: 1 object no longer in the tree \(NodePool default\/a\)$/,
    )
    expect(life.see({ 'b.yaml': pool('b') }).names()).toEqual(['b'])
  })
})

describe('a tree that has lost most of what it held', () => {
  const many = Object.fromEntries('abcdef'.split('').map((name) => [`${name}.yaml`, pool(name)]))
  const keep = (...names: readonly string[]): Files =>
    Object.fromEntries(names.map((name) => [`${name}.yaml`, pool(name)]))

  it.each([
    ['all of six', many, keep(), 6],
    ['four of six', many, keep('a', 'b'), 6],
    ['three of six', many, keep('a', 'b', 'c'), 3],
    ['two of three', keep('a', 'b', 'c'), keep('a'), 1],
    ['two of two', keep('a', 'b'), keep(), 2],
    ['one of one', keep('a'), keep(), 0],
  ])('is held or not: %s', (_what, before, after, left) => {
    expect(new Life().see(before).see(after).names()).toHaveLength(left)
  })

  it('counts nodes for themselves', () => {
    const nodes = Object.fromEntries([1, 2, 3].map((n) => [`n${n}.yaml`, node(`n${n}`)]))
    expect(
      new Life()
        .see({ ...many, ...nodes })
        .see(many)
        .names(),
    ).toHaveLength(9)
  })

  it('is let go by its hash, and by no other', () => {
    const life = new Life().see(many).see(keep('a'))
    const { hash = '' } = life.last?.held ?? {}
    expect(life.last?.held?.finding.message).toBe(
      'kept, because it is most of what was there: 5 objects no longer in the tree (NodePool default/b, NodePool default/c, ' +
        `NodePool default/d, NodePool default/e, NodePool default/f). If it is meant to go, approve ${hash}`,
    )
    expect(life.see(keep('a'), 'other').names()).toHaveLength(6)
    expect(life.see(keep('a'), hash).names()).toEqual(['a'])
    expect(life.last?.held).toBeUndefined()
  })

  it('stays held when other objects have come meanwhile', () => {
    const life = new Life()
      .see(keep('a', 'b'))
      .see(keep('c', 'd', 'e'))
      .see(keep('c', 'd', 'e'))
    expect(life.names()).toHaveLength(5)
    expect(life.last?.held?.hash).toBeDefined()
    const broken = { ...keep('c', 'd', 'e'), 'x.yaml': 'kind: [' }
    const other = new Life()
      .see(keep('a', 'b'))
      .see(broken)
      .see(keep('c', 'd', 'e'))
    expect(other.names()).toHaveLength(5)
  })

  it('heals when the tree is back', () => {
    const life = new Life().see(many)
    const before = life.state
    life.see({}).see(many)
    expect(life.last?.held).toBeUndefined()
    expect(life.state.entries).toEqual(before.entries)
  })
})

describe('a node of the tree', () => {
  const ready = (life: Life): unknown => {
    const entry = findEntry(life.state, { kind: 'Node', namespace: '', name: 'n1' })
    return entry?.kind === 'Node' ? entry.node.ready : undefined
  }
  const down = 'status: {conditions: [{type: Ready, status: "False"}]}\n'

  it('is ready unless its manifest says otherwise, since it first was', () => {
    const life = new Life().see({ 'n.yaml': node('n1') })
    expect(ready(life)).toEqual({ status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' })
    life.see({ 'n.yaml': node('n1', 'spec: {unschedulable: true}\n') })
    expect(ready(life)).toEqual({ status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' })
    life.see({ 'n.yaml': node('n1', down) })
    expect(ready(life)).toEqual({ status: 'False', lastTransitionTime: '2026-01-01T00:02:00Z' })
    life.see({ 'n.yaml': node('n1', down) })
    expect(ready(life)).toEqual({ status: 'False', lastTransitionTime: '2026-01-01T00:02:00Z' })
  })

  it('stays while a file does not parse', () => {
    const life = new Life().see({ 'n.yaml': node('n1'), 'a.yaml': pool('a') })
    expect(life.see({ 'a.yaml': 'kind: [' }).names()).toEqual(['a', 'n1'])
  })
})

describe('a manifest that is damaged', () => {
  const OTHERS = { 'provider.yaml': pool('provider'), 'a.yaml': pool('a'), 'b.yaml': pool('b') }
  const shop = pool('shop')
  const indented = shop.replaceAll(/^(?=.)/gm, '  ').replace('  api', '- api')
  const list = `apiVersion: v1\nkind: List\nitems:\n${indented}`

  it.each([
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123\n'],
    ['misspelt at apiVersion', shop.replace('apiVersion', 'apiVersoin')],
    ['without apiVersion', shop.replace(/^.*\n/, '')],
    ['with an empty apiVersion', shop.replace(/^.*\n/, 'apiVersion:\n')],
    ['with an empty text for apiVersion', shop.replace(/^.*\n/, 'apiVersion: ""\n')],
    ['no more than its kind', 'kind: NodePool\n'],
    ['a List whose item has no apiVersion', list.replace('apiVersion: dns', 'apiversion: dns')],
    ['a List whose item is empty', list.replace(/(?<=items:\n)[^]*/, '-\n')],
    ['a List with item for items', list.replace('items:', 'item:')],
    ['a Node without apiVersion', 'kind: Node\nmetadata: {name: n1}\n'],
    ['a Namespace without apiVersion', 'kind: Namespace\nmetadata: {name: shop}\n'],
    ['of any kind with a misspelt apiVersion', 'apiVerison: v1\nkind: NodePol\nmetadata: {}\n'],
    ['a NodePoolList without apiVersion', 'kind: NodePoolList\nitems: []\n'],
    ['a List without apiVersion', list.replace('apiVersion: v1\n', '')],
    ['a List of another list that lost its items', list.replace(indented, '- {apiVersion: v1, kind: List}\n')],
    ['a plain list', indented],
    [
      'encrypted as a whole',
      shop.replaceAll(/: \S.*/g, ': ENC[AES256_GCM,data:x,type:str]') + 'sops: {version: 3.9.0}\n',
    ],
    ['of a misspelt group', shop.replace('stoa.dev', 'stoa.dve')],
    ['of a group that lost its beginning', shop.replace('dns.stoa.dev', 'stoa.dev')],
    ['of another group of our domain', shop.replace('dns.stoa.dev', 'net.stoa.dev')],
    ['of no group', shop.replace('dns.stoa.dev/', '')],
  ])('holds all removals when it is %s, and says where', (_what, damaged) => {
    const life = new Life().see({ ...OTHERS, 'shop.yaml': shop })
    life.see({ ...OTHERS, 'shop.yaml': damaged })
    expect(life.names()).toEqual(['a', 'b', 'provider', 'shop'])
    expect(life.last?.held?.finding.message).toMatch(/^kept until shop\.yaml:\d+ can be read: 1 object no longer in/)
    expect(life.last?.findings).toMatchObject([{ severity: 'error', file: 'shop.yaml' }])
  })

  it('holds nothing for ordinary files of others', () => {
    const ordinary = {
      'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'values.yaml': 'kind: Deployment\nmetadata: {labels: {}}\nextraObjects:\n- apiVersion: dns.stoa.dev/v1alpha1\n',
      'kustomization.yaml': 'kind: Kustomization\nmetadata: {name: web}\nresources: [a.yaml]\n',
      'dashboard.yaml': 'kind: Dashboard\nmetadata: {name: latency, project: shop}\nspec: {panels: {}}\n',
      'patch.yaml': 'kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n',
      'ci.yml': 'kind: pipeline\nmetadata: {name: build}\nsteps: []\n',
      'instance.json':
        '{"kind": "compute#instance", "metadata": {"kind": "compute#metadata", "name": "x"}, "items": []}',
      'tasks.yml': '- name: apply\n  k8s: {definition: {apiVersion: dns.stoa.dev/v1alpha1}}\n',
      'vault.yml': '$ANSIBLE_VAULT;1.1;AES256\n3338\n',
      'secrets.yaml': 'token: ENC[AES256_GCM,data:x,type:str]\nsops: {version: 3.9.0}\n',
      'secret.yaml': 'apiVersion: v1\nkind: Secret\ndata: {a: "ENC[AES256_GCM]"}\nsops: {version: 3.9.0}\n',
      'karpenter.yaml': 'apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: k}\n',
      'stoa.yaml': 'apiVersion: stoa.example.org/v1\nkind: NodePool\nmetadata: {name: s}\n',
      'pillars.yaml': 'apiVersion: dns.pillarsofstoa.dev/v1\nkind: NodePool\nmetadata: {name: s}\n',
      'gardener.yaml': 'apiVersion: dns.gardener.cloud/v1alpha1\nkind: DNSProvider\nmetadata: {name: g}\n',
      'pods.json': '{"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "p"}}]}',
      'allowed.yaml': 'apiVersion: example.com/v1\nkind: AllowList\nitems: [192.0.2.1]\n',
      'empty.yaml': 'apiVersion: v1\nkind: List\nitems: []\n',
    }
    const life = new Life().see({ ...OTHERS, ...ordinary, 'shop.yaml': shop }).see({ ...OTHERS, ...ordinary })
    expect(life.last).toMatchObject({ findings: [], held: undefined })
    expect(life.names()).toEqual(['a', 'b', 'provider'])
  })
})

describe('whatever trees come', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const someFiles = fc
    .dictionary(fc.constantFrom(...names), fc.constantFrom('valid', 'other', 'invalid', 'broken'))
    .map((kinds) => {
      const contents = { valid: {}, other: { minMembers: 2 }, invalid: { minMembers: -1 } }
      return Object.fromEntries(
        Object.entries(kinds).map(([name, kind]) => [
          `${name}.yaml`,
          kind === 'broken' ? 'kind: [' : pool(name, contents[kind]),
        ]),
      )
    })

  it('seeing the same tree twice changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.array(someFiles, { maxLength: 5 }), someFiles, (history, files) => {
        const life = new Life()
        for (const earlier of history) life.see(earlier)
        life.see(files).see(files)
        expect(life.last?.change).toBeUndefined()
      }),
    )
  })

  it('no object ever goes while a file is broken, and no valid version is ever lost', () => {
    fc.assert(
      fc.property(fc.array(someFiles, { maxLength: 8 }), (history) => {
        const life = new Life()
        for (const files of history) {
          const before = [...listEntries(life.state)].filter((entry): entry is ObjectEntry => entry.kind === 'NodePool')
          life.see(files)
          for (const entry of before) {
            const after = life.get(entry.metadata.name)
            if (Object.values(files).includes('kind: [')) expect(after).toBeDefined()
            if (after?.metadata.uid === entry.metadata.uid && entry.spec !== undefined) expect(after.spec).toBeDefined()
          }
        }
      }),
    )
  })
})
