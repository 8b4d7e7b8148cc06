import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LIST_LIMITS, type ListLimits } from './list-manifests.ts'
import { TreeReader, type TreeReading } from './tree-reader.ts'
import type { Tree, TreeItem } from './tree.ts'

let outside: string
let folder: string

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'stoa-tree-'))
  folder = join(outside, 'tree')
  await mkdir(folder)
})

afterEach(() => rm(outside, { recursive: true }))

async function put(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true })
  await writeFile(join(folder, file), content)
}

function pool(name: string, spec = '{selector: {}}'): string {
  return `apiVersion: dns.stoa.dev/v1alpha1\nkind: NodePool\nmetadata: {name: ${name}}\nspec: ${spec}\n`
}

async function readAll(limits?: ListLimits): Promise<TreeReading> {
  return await new TreeReader('default', limits).read({ root: folder, prefix: '' }, AbortSignal.timeout(60_000))
}

async function read(limits?: ListLimits): Promise<Tree> {
  return (await readAll(limits)).tree
}

function show(item: TreeItem): string {
  const { file, line } = item.place
  const name = item.kind === 'Node' ? item.node.name : item.kind === 'Namespace' ? item.name : item.metadata.name
  return `${item.kind} ${name} ${file}:${line}`
}

describe('reading a tree', () => {
  it('finds our objects, nodes and namespaces in every folder, each with its place, and ignores other kinds', async () => {
    await put('b.yaml', `${pool('b1')}---\n${pool('b2')}`)
    await put('a/deep/node.yml', 'apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n')
    await put('a/ns.json', '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}')
    await put('secret.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {token: abc}\n')
    await put('deployment.yaml', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n')
    await put('karpenter.yaml', 'apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: k}\n')
    await put('values.yaml', 'replicas: 3\n')
    await put('README.md', '# not a manifest')
    await put('.github/workflows/ci.yaml', ': not yaml at all')
    const tree = await read()
    expect(tree.items.map(show)).toEqual([
      'Node n1 a/deep/node.yml:1',
      'Namespace web a/ns.json:1',
      'NodePool b1 b.yaml:1',
      'NodePool b2 b.yaml:6',
    ])
    expect(tree).toMatchObject({ findings: [], incomplete: undefined })
    expect(JSON.stringify(tree)).not.toContain('abc')
  })

  it('says what is wrong with an invalid object, where, and still knows which one it is', async () => {
    await put('a.yaml', pool('p', '\n  selektor: {}\n'))
    const tree = await read()
    expect(tree.items[0]).toMatchObject({
      metadata: { name: 'p', namespace: 'default' },
      content: { kind: 'invalid', problem: expect.stringMatching(/^a\.yaml:5: spec\.selektor /) as string },
    })
    expect(tree.incomplete).toBeUndefined()
    expect(tree.findings).toEqual([
      {
        severity: 'error',
        file: 'a.yaml',
        line: 5,
        message: expect.stringContaining('NodePool p: spec.selektor') as string,
      },
    ])
  })

  it.each([
    ['text that is no YAML', `${pool('a')}---\nkind: [`],
    ['bytes that are no UTF-8', Buffer.from([0x61, 0xff, 0xfe, 0x80])],
    ['a name that is none', pool('y')],
    ['a missing name', pool('""')],
    ['a namespace that is none', pool('p, namespace: No Space')],
    ['a kind that is not there', pool('p').replace('NodePool', 'NodePol')],
    ['a version that is not there', pool('p').replace('v1alpha1', 'v2')],
    ['a node without a name', 'apiVersion: v1\nkind: Node\nmetadata: {}\n'],
  ])('counts %s as something that may hide objects', async (_what, content) => {
    await put('bad.yaml', content)
    await put('good.yaml', pool('good'))
    const tree = await read()
    expect(tree.incomplete).toMatch(/^bad\.yaml:\d+$/)
    expect(tree.findings).toMatchObject([{ severity: 'error', file: 'bad.yaml' }])
    expect(tree.items.map(show)).toContain('NodePool good good.yaml:1')
  })

  it('refuses a huge file without reading it whole', async () => {
    await put('huge.yaml', '')
    await truncate(join(folder, 'huge.yaml'), 200 * 1024 * 1024)
    const tree = await read()
    expect(tree.findings).toEqual([
      { severity: 'error', file: 'huge.yaml', line: 1, message: 'the file is larger than 8 MiB: split it' },
    ])
    expect(tree.incomplete).toBe('huge.yaml:1')
  })

  it('follows links inside the tree, once, and none out of it', async () => {
    await put('base/pool.yaml', pool('inside'))
    await writeFile(join(outside, 'stolen.yaml'), pool('stolen'))
    await mkdir(join(outside, 'elsewhere'))
    await symlink('base/pool.yaml', join(folder, 'again.yaml'))
    await symlink('.', join(folder, 'loop'))
    await symlink('../stolen.yaml', join(folder, 'stolen.yaml'))
    await symlink('/etc', join(folder, 'etc'))
    await symlink('../elsewhere', join(folder, 'v1.2'))
    await symlink('nowhere.yaml', join(folder, 'dangling.yaml'))
    await symlink('../LICENSE.txt', join(folder, 'LICENSE.txt'))
    const tree = await read()
    expect(tree.items.map(show)).toEqual(['NodePool inside base/pool.yaml:1'])
    const remedy = 'is not followed: remove it, or put what it stands for in its place'
    expect(tree.findings.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      `dangling.yaml: a link to nothing that can be reached ${remedy}`,
      `etc: a link out of the tree ${remedy}`,
      `stolen.yaml: a link out of the tree ${remedy}`,
      `v1.2: a link out of the tree ${remedy}`,
    ])
    expect(tree.incomplete).toBe('dangling.yaml')
  })

  it('takes a link without an extension for a folder only while it may be one', async () => {
    const link = join(folder, 'Makefile')
    await symlink('../Makefile', link)
    const unknown = await readAll()
    expect(unknown.tree.incomplete).toBe('Makefile')
    await writeFile(join(outside, 'Makefile'), 'all:\n')
    const plain = await readAll()
    expect(plain.tree).toMatchObject({ findings: [], incomplete: undefined })
    expect(plain.fingerprint).not.toBe(unknown.fingerprint)
  })

  it('reads a mounted ConfigMap, whose files are links into a hidden folder, also after it has changed', async () => {
    const reader = new TreeReader('default')
    const readMount = (): Promise<TreeReading> => reader.read({ root: folder, prefix: '' }, AbortSignal.timeout(60_000))
    await put('..2026_1/a.yaml', pool('a'))
    await put('..2026_1/deep/b.yaml', pool('b'))
    await symlink('..2026_1', join(folder, '..data'))
    await symlink('..data/a.yaml', join(folder, 'a.yaml'))
    await symlink('..data/deep', join(folder, 'deep'))
    const first = await readMount()
    expect(first.tree).toMatchObject({ findings: [], incomplete: undefined })
    expect(first.tree.items.map(show)).toEqual(['NodePool a a.yaml:1', 'NodePool b deep/b.yaml:1'])
    await put('..2026_2/a.yaml', pool('c'))
    await put('..2026_2/deep/b.yaml', pool('b'))
    await symlink('..2026_2', join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
    await rm(join(folder, '..2026_1'), { recursive: true })
    const second = await readMount()
    expect(second.tree.items.map(show)).toEqual(['NodePool c a.yaml:1', 'NodePool b deep/b.yaml:1'])
    expect(second.fingerprint).not.toBe(first.fingerprint)
  })

  it('hides what a link stands for that it does not follow', async () => {
    await put('.git/a.yaml', pool('a'))
    execFileSync('mkfifo', [join(folder, 'pipe')])
    await symlink('pipe', join(folder, 'piped.yaml'))
    await symlink('.git', join(folder, 'repository'))
    const { items, findings, incomplete } = await read()
    expect(items).toEqual([])
    expect(findings.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      expect.stringMatching(/^piped\.yaml: a link to what is neither file nor folder is not followed: remove it/),
      expect.stringMatching(/^repository: a link into Git's own folder is not followed: remove it/),
    ])
    expect(incomplete).toBe('piped.yaml')
  })

  it('never waits for a pipe, whatever its name', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')])
    expect((await read()).items).toEqual([])
  })

  it.each([
    ['files', { files: 2 }, 'there are more than 2 manifest files'],
    ['folders', { folders: 2 }, 'there are more than 2 folders'],
    ['bytes', { totalBytes: 200 }, 'the manifests are larger than'],
    ['depth', { depth: 1 }, 'folders may be 1 deep'],
  ])('stops at too many %s, and says so', async (_what, limit, message) => {
    for (const name of ['a', 'b', 'c', 'd/e']) await put(`${name}/pool.yaml`, pool('p'))
    const tree = await read({ ...LIST_LIMITS, ...limit })
    expect(tree.findings[0]?.message).toContain(message)
    expect(tree.incomplete).toBeDefined()
  })

  it('makes file names harmless for a terminal', async () => {
    await put('\u001b[31mred\n.yaml', 'kind: [')
    expect((await read()).findings[0]?.file).toBe('\\u{1b}[31mred\\u{a}.yaml')
  })

  it('rejects when the folder is not there: then nothing is known', async () => {
    await rm(folder, { recursive: true })
    await expect(read()).rejects.toThrow(`the folder ${folder} does not exist`)
  })

  it('has the same fingerprint until something changes', async () => {
    await put('a.yaml', pool('a'))
    const first = await readAll()
    expect((await readAll()).fingerprint).toBe(first.fingerprint)
    await rename(join(folder, 'a.yaml'), join(folder, 'b.yaml'))
    const second = await readAll()
    expect(second.fingerprint).not.toBe(first.fingerprint)
    await put('b.yaml', pool('b'))
    expect((await readAll()).fingerprint).not.toBe(second.fingerprint)
  })

  it('parses only what changed', async () => {
    await put('a.yaml', pool('a'))
    await put('b.yaml', pool('b'))
    const reader = new TreeReader('default')
    const signal = AbortSignal.timeout(60_000)
    const first = (await reader.read({ root: folder, prefix: '' }, signal)).tree
    await put('b.yaml', pool('c'))
    const second = (await reader.read({ root: folder, prefix: '' }, signal)).tree
    expect(second.items[0]).toBe(first.items[0])
    expect(second.items.map(show)).toEqual(['NodePool a a.yaml:1', 'NodePool c b.yaml:1'])
  })
})
