import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CommandIo } from './command-io.ts'
import { runProgram } from './program.ts'

const PROVIDER = `apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata:
  name: main
  namespace: web
spec:
  type: Route53
  zones: [example.com]
`

function record(name: string, spec = `hostnames: [${name}.example.com]`): string {
  return `apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata:
  name: ${name}
  namespace: web
spec:
  ${spec}
  targets:
    - addresses: [192.0.2.1]
`
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-validate-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

interface Outcome {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

async function validate(args: readonly string[], stdin = '', signal = new AbortController().signal): Promise<Outcome> {
  const outcome: { code: number | undefined; stdout: string; stderr: string } = {
    code: undefined,
    stdout: '',
    stderr: '',
  }
  const io: CommandIo = {
    stdout: (text) => void (outcome.stdout += text),
    stderr: (text) => void (outcome.stderr += text),
    stdoutIsTty: false,
    stderrIsTty: false,
    env: {},
    cwd: folder,
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream whose bytes are all there
    stdin: async function* () {
      yield Buffer.from(stdin)
    },
    setExitCode: (code) => void (outcome.code = code),
    signal,
  }
  await runProgram(['validate', ...args], io)
  return outcome
}

describe('findings', () => {
  it('stand with file, line, column, severity, object and field', async () => {
    await write({ 'provider.yaml': PROVIDER, 'a/records.yaml': `# ours\n---\n${record('shop', 'ttlSeconds: 0')}` })
    expect(await validate(['.'])).toEqual({
      code: 1,
      stdout:
        'a/records.yaml:8:1: error: DynamicDNSRecord web/shop spec.hostnames: is required\n' +
        'a/records.yaml:9:3: error: DynamicDNSRecord web/shop spec.ttlSeconds: must be at least 1\n',
      stderr: 'checked 2 objects in 2 files: 2 errors\n',
    })
  })

  it('are none for good objects', async () => {
    await write({
      'provider.yaml': PROVIDER,
      'record.yml': record('shop'),
      'more.json': JSON.stringify({ kind: 'List' }),
    })
    expect(await validate(['.', '--strict'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'checked 2 objects in 2 files: no findings\n',
    })
  })

  it.each([
    [
      'a field written twice',
      record('shop', 'ttlSeconds: 1\n  ttlSeconds: 2\n  hostnames: [a.example.com]'),
      '8:3',
      'spec.ttlSeconds: is written twice; remove one of the two',
    ],
    [
      'an unknown field',
      record('shop', 'hostname: x\n  hostnames: [a.example.com]'),
      '7:3',
      'spec.hostname: is not a field here; did you mean hostnames?',
    ],
    ['an unknown field beside spec', `${record('shop')}extra: 1\n`, '10:1', 'extra: is not a field here; remove it'],
    [
      'a wrong type',
      record('shop', 'hostnames: a.example.com'),
      '7:3',
      'spec.hostnames: must be of type array but is of type string',
    ],
    [
      'a boolean that looks like text',
      record('y'),
      '4:3',
      'metadata.name: must be lower-case letters, digits, hyphens and dots, at most 253 characters (YAML reads y as true)',
    ],
    [
      '__proto__ as a field',
      record('shop', '__proto__: {a: 1}\n  hostnames: [a.example.com]'),
      '7:3',
      'spec.__proto__: is not a field here; remove it',
    ],
    [
      'a CEL rule, once without its field',
      record('shop', 'hostnames: [Shop.example.com]'),
      '7:15',
      'spec.hostnames[0]: write a full name of two or more labels',
    ],
    [
      'a version that is not ours',
      'apiVersion: dns.stoa.dev/v2\nkind: NodePool\n',
      '1:1',
      'apiVersion: must be dns.stoa.dev/v1alpha1',
    ],
    [
      'a kind that is not ours',
      'apiVersion: dns.stoa.dev/v1alpha1\nkind: DynamicDnsRecord\n',
      '2:1',
      'kind: must be one of',
    ],
  ])('name %s', async (_what, text, place, message) => {
    await write({ 'a.yaml': text })
    const { code, stdout } = await validate(['a.yaml'])
    const [line = ''] = stdout.split('\n').filter((each) => each.startsWith(`a.yaml:${place}: error: `))
    expect(line).toContain(message)
    expect(code).toBe(1)
  })

  it('of one broken document do not hide the others', async () => {
    await write({
      'a.yaml': `a: [\n---\n${record('shop', 'ttlSeconds: 0\n  hostnames: [a.example.com]')}`,
      'b.yaml': PROVIDER,
    })
    const { stdout, stderr } = await validate(['.'])
    expect(stdout).toMatch(/^a\.yaml:2:1: error: not readable as YAML: .*\na\.yaml:9:3: error: .* spec\.ttlSeconds/)
    expect(stderr).toBe('checked 2 objects in 2 files: 2 errors\n')
  })

  it('are limited for one object, with the number of those left out', async () => {
    const fields = Array.from({ length: 150 }, (_, index) => `  extra${index}: 1`).join('\n')
    await write({ 'a.yaml': `${PROVIDER}${fields}\n` })
    const { stdout } = await validate(['a.yaml'])
    expect(stdout.split('\n')).toHaveLength(102)
    expect(stdout).toContain('a.yaml:1:1: error: DNSProvider web/main: has 50 more problems; those above come first')
  })
})

describe('objects together', () => {
  it('must not claim the same name', async () => {
    await write({
      'a.yaml': `${PROVIDER}---\n${record('one')}`,
      'b.yaml': record('two', 'hostnames: [one.example.com]'),
    })
    expect(await validate(['.'])).toMatchObject({
      code: 1,
      stdout:
        'b.yaml:7:15: error: DynamicDNSRecord web/two spec.hostnames[0]: ' +
        'DynamicDNSRecord web/one claims one.example.com too; remove it from one of the two\n',
    })
  })

  it('of one name are told where each of them stands', async () => {
    await write({ 'a.yaml': PROVIDER, 'b.yaml': record('shop'), 'c.yaml': `---\n${record('shop')}` })
    const { stdout } = await validate(['.'])
    expect(stdout).toMatch(/^c\.yaml:5:\d+: error: .* is given twice.*remove one \(the other one is at b\.yaml:4\)$/m)
  })

  it('must stay inside the zones that are given', async () => {
    await write({ 'a.yaml': `${PROVIDER}---\n${record('one', 'hostnames: [one.example.org]')}` })
    expect((await validate(['.'])).stdout).toMatch(/^a\.yaml:16:15: error: .* one\.example\.org is outside the zones/)
  })

  it('may refer to what is not given: a warning, which fails with --strict', async () => {
    await write({ 'a.yaml': record('one') })
    const warning = {
      stdout:
        'a.yaml:7:15: warning: DynamicDNSRecord web/one spec.hostnames[0]: ' +
        'no DNSProvider is given for one.example.com; check it together with the manifests of its provider\n',
      stderr: 'checked 1 object in 1 file: 1 warning\n',
    }
    expect(await validate(['.'])).toEqual({ code: 0, ...warning })
    expect(await validate(['.', '--strict'])).toEqual({ code: 1, ...warning })
  })

  it.each([
    ['refused', PROVIDER.replace('Route53', 'Route54')],
    ['unreadable', `${PROVIDER}broken: [`],
  ])('are not said to miss a provider that is given but %s', async (_what, provider) => {
    await write({ 'a.yaml': record('one'), 'provider.yaml': provider })
    expect(await validate(['.'])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^provider\.yaml:.*\n$/) as string,
    })
  })

  it('are said to be open between two providers only where every provider could be read', async () => {
    const other = PROVIDER.replace('name: main', 'name: other')
    await write({ 'a.yaml': record('one'), 'providers.yaml': `${PROVIDER}---\n${other}` })
    expect((await validate(['.'])).stdout).toMatch(
      /^a\.yaml:7:15: error: .* could go to DNSProvider web\/main or web\/other, .*\n$/,
    )
    await write({ 'third.yaml': 'broken: [' })
    expect((await validate(['.'])).stdout).toMatch(/^third\.yaml:.*\n$/)
  })

  it('are judged by the labels of the namespaces that are given', async () => {
    const allowed = `${PROVIDER}  allowedRecords:\n  - namespaces: {from: Selector, matchLabels: {team: web}}\n    hostnames: ["*"]\n`
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: web, labels: {team: web}}\n'
    await write({ 'provider.yaml': allowed, 'record.yaml': record('one'), 'namespace.yaml': namespace })
    expect(await validate(['.', '--strict'])).toMatchObject({ code: 0, stdout: '' })
    await write({ 'namespace.yaml': namespace.replace('team: web', 'team: data') })
    expect((await validate(['.'])).stdout).toContain('does not let the namespace web have one.example.com')
  })

  it('see the name that Kubernetes gives every namespace as a label', async () => {
    const selector = '{from: Selector, matchLabels: {kubernetes.io/metadata.name: web}}'
    const allowed = `${PROVIDER}  allowedRecords:\n  - namespaces: ${selector}\n    hostnames: ["*"]\n`
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n'
    await write({ 'all.yaml': [allowed, record('one'), namespace].join('---\n') })
    expect(await validate(['.', '--strict'])).toMatchObject({ code: 0, stdout: '' })
  })
})

describe('output', () => {
  const bad = record('shop', 'ttlSeconds: 0\n  hostnames: [a.example.com]')

  it('as JSON has the same findings with their parts, and the counts', async () => {
    await write({
      'a.yaml': bad,
      'values.yaml': 'replicas: 1\n',
      'deployment.yaml': 'apiVersion: apps/v1\nkind: Deployment\n',
    })
    const { stdout } = await validate(['.', '--output', 'json'])
    expect(JSON.parse(stdout)).toEqual({
      findings: [
        {
          severity: 'error',
          file: 'a.yaml',
          line: 7,
          column: 3,
          object: { kind: 'DynamicDNSRecord', namespace: 'web', name: 'shop' },
          field: 'spec.ttlSeconds',
          rule: 'schema',
          message: 'must be at least 1',
        },
      ],
      summary: { files: 3, objects: 1, ignored: 2, errors: 1, warnings: 0 },
    })
  })

  it('for GitHub escapes what would end a property or the message', async () => {
    await write({ '50%,a:b.yaml': bad, 'c.yaml': 'a: "x%\n b' })
    const { stdout } = await validate(['.', '--output', 'github'])
    expect(stdout.split('\n')).toEqual([
      '::error file=50%25%2Ca%3Ab.yaml,line=7,col=3,title=stoa%3A schema::DynamicDNSRecord web/shop spec.ttlSeconds: must be at least 1',
      '::error file=c.yaml,line=2,col=3,title=stoa%3A unreadable::not readable as YAML: Missing closing "quote',
      '',
    ])
  })
})

describe('input', () => {
  it('may come from standard input, beside files and only once', async () => {
    await write({ 'provider.yaml': PROVIDER })
    expect(await validate(['-', 'provider.yaml', '-', '--strict'], record('shop'))).toMatchObject({
      code: 0,
      stderr: 'checked 2 objects in 2 files: no findings\n',
    })
    expect((await validate(['-'], 'a: [')).stdout).toMatch(/^<stdin>:1:5: error: /)
  })

  it('in folders leaves hidden folders and other files out, and reads each file once', async () => {
    await write({
      'a/ok.yaml': PROVIDER,
      'a/.git/bad.yaml': 'a: [',
      'a/notes.txt': 'a: [',
      'a/.hidden.yaml': 'replicas: 1',
    })
    expect(await validate(['a', 'a/ok.yaml', './a/../a'])).toMatchObject({
      code: 0,
      stderr: 'checked 1 object in 2 files: no findings\n',
    })
  })

  it.each([
    ['a misspelt apiVersion', record('shop').replace('apiVersion', 'apiVersoin'), 'did you mean apiVersion?'],
    ['a misspelt group', record('shop').replace('stoa.dev', 'stoa.dve'), 'must be dns.stoa.dev/v1alpha1'],
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\nsize 1\n', 'keep manifests out of Git LFS'],
  ])('with %s is no other kind of file', async (_what, text, message) => {
    await write({ 'provider.yaml': PROVIDER, 'shop.yaml': text })
    const { code, stdout } = await validate(['.'])
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^shop\.yaml:1:1: error: .*\n$/)])
    expect(stdout).toContain(message)
  })

  it('has nothing to say of what others write without apiVersion', async () => {
    await write({
      'provider.yaml': PROVIDER,
      'dashboard.yaml': 'kind: Dashboard\nmetadata: {name: latency, project: shop}\nspec: {}\n',
      'datasource.json': '{"kind": "Datasource", "metadata": {"name": "d"}, "spec": {}}',
      'patch.yaml': 'kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n',
    })
    expect(await validate(['.'])).toMatchObject({ code: 0, stdout: '' })
  })

  it('passes over JSON that does not name our group: tools keep settings with comments in it', async () => {
    await write({
      'tsconfig.json': '{ "a": [1 } // no JSON',
      'ok.yaml': PROVIDER,
      'ours.json': '{ "apiVersion": "dns.stoa.dev/v1alpha1"',
    })
    const { stdout } = await validate(['.'])
    expect(stdout).toMatch(/^ours\.json:1:\d+: error: not readable as YAML: .*\n$/)
    expect((await validate(['tsconfig.json'])).code).toBe(1)
  })

  it('follows links inside the folder, as ConfigMap mounts have them, and no others', async () => {
    await write({ 'outside/x.yaml': 'a: [', 'mount/..2026/records.yaml': PROVIDER })
    await symlink('..2026', join(folder, 'mount/..data'))
    await symlink('..data/records.yaml', join(folder, 'mount/records.yaml'))
    await symlink('../outside', join(folder, 'mount/out'))
    await symlink('nowhere', join(folder, 'mount/dangling.yaml'))
    await symlink('.', join(folder, 'mount/loop'))
    expect(await validate(['mount'])).toEqual({
      code: 0,
      stdout: '',
      stderr:
        'note: links that lead nowhere or out of their folder were left out: mount/dangling.yaml, mount/out\n' +
        'checked 1 object in 1 file: no findings\n',
    })
  })

  it('that holds nothing of ours is a warning', async () => {
    await write({ 'kustomization.yaml': 'resources: [a.yaml]\n' })
    const warning =
      'warning: no object of dns.stoa.dev found: check the path; Kustomize and Helm sources need to be rendered first\n'
    expect(await validate(['.'])).toEqual({
      code: 0,
      stdout: warning,
      stderr: 'checked 0 objects in 1 file: 1 warning\n',
    })
    expect((await validate(['.', '--strict'])).code).toBe(1)
  })

  it('that is too large is refused by name, without being read to its end', async () => {
    await write({ 'big.yaml': Buffer.alloc(9 * 1024 * 1024, '#') })
    expect((await validate(['.'])).stdout).toBe('big.yaml:1:1: error: the file is larger than 8 MiB: split it\n')
    expect((await validate(['-'], '#'.repeat(9 * 1024 * 1024))).stdout).toContain(
      '<stdin>:1:1: error: the file is larger',
    )
  })

  it('of ten thousand documents is checked whole', async () => {
    const records = Array.from({ length: 9_999 }, (_, index) => record(`r${index}`))
    await write({ 'all.yaml': [PROVIDER, ...records].join('---\n') })
    expect(await validate(['all.yaml', '--strict'])).toMatchObject({
      code: 0,
      stderr: 'checked 10,000 objects in 1 file: no findings\n',
    })
  })

  it('may take its namespace from the command line', async () => {
    await write({ 'a.yaml': PROVIDER.replace('  namespace: web\n', '').replace('Route53', 'Nowhere') })
    expect((await validate(['.'])).stdout).toContain('DNSProvider default/main')
    expect((await validate(['.', '--default-namespace', 'infra'])).stdout).toContain('DNSProvider infra/main')
  })
})

describe('wrong usage', () => {
  it.each([
    [['missing.yaml', 'here.yaml'], 'error: missing.yaml does not exist\nsee stoa validate --help\n'],
    [
      ['here.yaml/below'],
      'error: here.yaml/below cannot be opened (ENOTDIR: not a directory)\nsee stoa validate --help\n',
    ],
    [
      ['here.yaml', '--default-namespace', 'A'],
      'error: --default-namespace: A is no namespace name\nsee stoa validate --help\n',
    ],
    [[], "error: missing required argument 'path'\nsee stoa validate --help\n"],
    [
      ['here.yaml', '--output', 'xml'],
      "error: option '--output <format>' argument 'xml' is invalid. Allowed choices are text, json, github.\nsee stoa validate --help\n",
    ],
  ])('%j is told and ends with 64', async (args, stderr) => {
    await write({ 'here.yaml': PROVIDER })
    expect(await validate(args)).toEqual({ code: 64, stdout: '', stderr })
  })
})

it('stops when asked to', async () => {
  await write({ 'a.yaml': PROVIDER })
  expect(await validate(['.'], '', AbortSignal.abort())).toEqual({ code: 130, stdout: '', stderr: '' })
})
