import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { runProgram } from './program.ts'

const record = (name: string, hostname = `${name}.example.com`): string => `apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata:
  name: ${name}
spec:
  hostnames: [${hostname}]
  targets:
    - addresses: [192.0.2.1]
`
const PROVIDER = `apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: {name: main}
spec: {type: Builtin, zones: [example.com]}
`
const OTHER = `apiVersion: v1
kind: ConfigMap
metadata: {name: other}
data: {answer: "yes", mode: "0755"}
`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-argocd-'))
})
afterEach(() => rm(folder, { recursive: true }))

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function generate(
  files: Readonly<Record<string, string>>,
  args: readonly string[] = ['.'],
  stdin = '',
  namespace = 'dns',
): Promise<Outcome> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const outcome = { code: 0, stdout: '', stderr: '' }
  await runProgram(['argocd', 'generate', ...args], {
    stdout: (text) => void (outcome.stdout += text),
    stderr: (text) => void (outcome.stderr += text),
    stdoutIsTty: false,
    stderrIsTty: false,
    env: { ARGOCD_APP_NAMESPACE: namespace },
    cwd: folder,
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream that has all it will ever have
    stdin: async function* () {
      yield Buffer.from(stdin)
    },
    setExitCode: (code) => void (outcome.code = code),
    signal: new AbortController().signal,
  })
  return outcome
}

const objectsOf = (text: string): readonly unknown[] =>
  parseAllDocuments(text).map((document) => document.toJS() as unknown)

describe('stoa argocd generate', () => {
  it('takes an application without a namespace for one in default, and a namespace that is none for a mistake', async () => {
    const wrong = { 'record.yaml': `${record('shop')}  wrong: 1\n` }
    expect((await generate(wrong, ['.'], '', '')).stderr).toContain('DynamicDNSRecord default/shop spec.wrong')
    for (const [namespace, said] of [
      ['', 'an empty text'],
      ['A b', 'A b'],
    ]) {
      const { code, stderr } = await generate(wrong, ['.', `--default-namespace=${namespace}`])
      expect([code, stderr]).toEqual([64, expect.stringContaining(`--default-namespace: ${said} is no namespace name`)])
    }
  })

  it('refuses an object with an integer that it cannot print to its last digit', async () => {
    const other = (number: string): string =>
      `apiVersion: example.com/v1\nkind: Quota\nmetadata: {name: a}\nspec:\n  bytes: ${number}\n`
    for (const number of ['9007199254740993', '9223372036854775807', '-9_007_199_254_740_993', '0x20000000000001']) {
      const { code, stdout, stderr } = await generate({ 'record.yaml': record('shop'), 'other.yaml': other(number) })
      expect([number, code, stdout]).toEqual([number, 1, ''])
      expect(stderr).toMatch(
        /^other.yaml:5:3: error: the number would be printed as -?9[0-9]+, and Argo CD would apply that/m,
      )
    }
    for (const number of ['9007199254740992', '1000000000000000000', '1e30', '1.5', '"9007199254740993"']) {
      const { code, stdout } = await generate({ 'record.yaml': record('shop'), 'other.yaml': other(number) })
      expect([number, code, stdout]).toEqual([number, 0, expect.stringContaining('"Quota"')])
    }
  })

  it('prints every object as it is, ours with annotations that come from the files alone', async () => {
    const files = { 'a/shop.yaml': record('shop'), 'provider.yaml': PROVIDER, 'other.yaml': OTHER }
    const { code, stdout, stderr } = await generate(files)
    expect([code, stderr]).toEqual([0, 'checked 2 objects in 3 files: no findings\n'])
    const annotations = (file: string): unknown => ({
      annotations: {
        'dns.stoa.dev/source-file': file,
        'dns.stoa.dev/source-hash': expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      },
    })
    expect(objectsOf(stdout)).toMatchObject([
      { kind: 'DynamicDNSRecord', metadata: { name: 'shop', ...(annotations('a/shop.yaml') as object) } },
      { kind: 'ConfigMap', metadata: { name: 'other' }, data: { answer: 'yes', mode: '0755' } },
      { kind: 'DNSProvider', metadata: { name: 'main', ...(annotations('provider.yaml') as object) } },
    ])
    expect((await generate({})).stdout).toBe(stdout)
  })

  it('prints objects of others that stand in JSON, and leaves what tools keep in it', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } }
    const { code, stdout } = await generate({
      'shop.YAML': record('shop'),
      'provider.yaml': PROVIDER,
      'svc.json': JSON.stringify(service),
      'two.json': JSON.stringify(service).repeat(2),
      'tsconfig.json': '{ "compilerOptions": {} } // "kind": and "apiVersion":',
      'package.json': '{ "name": "x", "kind": "y" }',
    })
    expect([code, objectsOf(stdout).slice(1)]).toEqual([
      0,
      [expect.objectContaining({ kind: 'DynamicDNSRecord' }), service, service, service],
    ])
  })

  it('prints nothing when a link leads out of the folder, for what it stands for would be deleted', async () => {
    const files = { 'base/rec.yaml': record('base'), 'app/provider.yaml': PROVIDER, LICENSE: 'free' }
    await generate(files)
    await symlink('../base', join(folder, 'app/base'))
    await symlink('../base/rec.yaml', join(folder, 'app/rec.yaml'))
    await symlink('../LICENSE', join(folder, 'app/LICENSE'))
    await symlink('provider.yaml', join(folder, 'app/again.yaml'))
    const { code, stdout, stderr } = await generate({}, ['app'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.match(/^\S+: error: a link out of the given folder/gm)).toEqual([
      'app/base: error: a link out of the given folder',
      'app/rec.yaml: error: a link out of the given folder',
    ])
  })

  it.each(['kustomization.yaml', 'kustomization.yml', 'Kustomization'])(
    'sees a source of Kustomize in %s, whatever is written in it, and says so once',
    async (name) => {
      for (const text of ['resources: [../a.yaml]\n', 'apiVersion: kustomize.config.k8s.io/v1beta1\n']) {
        const { code, stdout, stderr } = await generate({ 'a.yaml': record('shop'), [`sub/${name}`]: text })
        expect([code, stdout]).toEqual([1, ''])
        expect(stderr.match(/^.*kustomize build/gm)).toEqual([
          `sub/${name}: error: this folder is a source of Kustomize: render it first (kustomize build`,
        ])
      }
    },
  )

  it('takes what Kustomize has rendered', async () => {
    const { code, stdout } = await generate({}, ['-'], `${PROVIDER}---\n${record('shop')}`)
    expect([code, objectsOf(stdout).length]).toEqual([0, 2])
  })

  it.each([
    [
      'a field that is not known',
      { 'a.yaml': record('shop').replace('targets', 'target') },
      /^a\.yaml:\d+:\d+: error: .*target/m,
    ],
    [
      'a name that two records claim',
      { 'a.yaml': record('one', 'x.example.com'), 'b.yaml': record('two', 'x.example.com') },
      /b\.yaml:\d+:\d+: error: .*x\.example\.com/,
    ],
    [
      'a record with a misspelt apiVersion',
      { 'a.yaml': record('shop').replace('apiVersion', 'apiVersoin'), 'provider.yaml': PROVIDER },
      /^a\.yaml:1:1: error: .*did you mean apiVersion/m,
    ],
    [
      'an object of others without apiVersion, also in JSON',
      { 'a.json': '{"kind": "Service", "metadata": {"name": "web"}}', 'provider.yaml': PROVIDER },
      /^a\.json:1:1: error: Service web: apiVersion is missing/m,
    ],
    [
      'what others write without apiVersion, for nobody can tell it from an object',
      { 'a.yaml': 'kind: Dashboard\nmetadata: {name: d, project: shop}\n', 'provider.yaml': PROVIDER },
      /^a\.yaml:1:1: error: Dashboard d: apiVersion is missing/m,
    ],
    [
      'JSON of others that is cut off',
      { 'a.json': '{"apiVersion": "v1", "kind": "Service", "metadata": {', 'provider.yaml': PROVIDER },
      /^a\.json:\d+:\d+: error: not readable/m,
    ],
    ['a file that cannot be read', { 'a.yaml': `${record('shop')}  - [` }, /^a\.yaml:\d+:\d+: error: /],
    [
      'a source of Kustomize',
      {
        'kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n',
        'a.yaml': record('shop'),
      },
      /kustomize build/,
    ],
    ['an empty tree', { 'README.md': 'nothing' }, /Argo CD would delete what it has/],
    ['a tree with nothing in it', { 'a.yaml': '# all gone\n' }, /Argo CD would delete what it has/],
  ])('prints nothing for %s, and says where', async (_, files, message) => {
    const { code, stdout, stderr } = await generate(files)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(message)
  })

  it('lets warnings pass unless told otherwise', async () => {
    const lonely = { 'shop.yaml': record('shop') }
    expect(await generate(lonely)).toMatchObject({ code: 0, stderr: expect.stringContaining('warning') as string })
    expect(await generate(lonely, ['.', '--strict'])).toMatchObject({ code: 1, stdout: '' })
  })

  it('takes the namespace of the application for objects that name none', async () => {
    const { stderr } = await generate({
      'a.yaml': record('one', 'x.example.com'),
      'b.yaml': record('two', 'x.example.com'),
    })
    expect(stderr).toContain('dns/')
  })

  it('says how it is used', async () => {
    expect(await generate({}, [])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('stoa argocd generate --help') as string,
    })
    expect(await generate({}, ['nowhere'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('nowhere does not exist') as string,
    })
  })
})
