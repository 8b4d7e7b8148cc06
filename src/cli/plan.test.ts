import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GitRepository } from '../../test/support/git-repository.ts'
import { runCommand, type Outcome } from '../../test/support/daily-bench.ts'
import type { CommandIo } from './command-io.ts'

const INFRA = `
apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: {name: main, namespace: infra}
spec:
  type: RFC2136
  zones: [example.com]
  rfc2136: {server: "192.0.2.53:53"}
  allowedRecords: [{namespaces: {from: All}}]
---
apiVersion: dns.stoa.dev/v1alpha1
kind: WANAddress
metadata: {name: default, namespace: infra}
spec:
  http: {urls: ["https://a.example.net/", "https://b.example.org/"]}
---
apiVersion: dns.stoa.dev/v1alpha1
kind: NodePool
metadata: {name: edge, namespace: infra}
spec:
  selector: {matchLabels: {role: edge}}
  hosts: [{name: vps-1, addresses: [192.0.2.10]}]
  allowedNamespaces: {from: All}
`

function record(ref: string, spec: string): string {
  const [namespace = '', name = ''] = ref.split('/')
  return `---
apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
`
}

const HOME = record('infra/home', '{hostnames: [home.example.com], targets: [{wan: {name: default}}]}')
const SHOP = '{hostnames: [shop.example.com], targets: [{nodePool: {name: edge, namespace: infra}}]}'
const fixed = (name: string, more = ''): string =>
  record(`web/${name}`, `{hostnames: [${name}.example.com], targets: [{addresses: [192.0.2.1]}]${more}}`)

let repository: GitRepository

beforeEach(async () => {
  repository = await GitRepository.create()
  await repository.write('apps/infra.yaml', INFRA)
})
afterEach(() => repository.remove())

async function plan(args: readonly string[] = [], given: Partial<CommandIo> = {}): Promise<Outcome> {
  return await runCommand(['plan', ...args], { cwd: repository.path, env: process.env, ...given })
}

/** Both states are commits; the plan is between them. */
async function planBetween(before: string, after: string, ...args: readonly string[]): Promise<Outcome> {
  await repository.write('apps/records.yaml', before)
  const from = await repository.commit()
  await repository.write('apps/records.yaml', after)
  await repository.commit()
  return await plan(['--from', from, '--to', 'main', ...args])
}

function changesOf({ stdout }: Outcome): readonly string[] {
  return stdout.split('\n').flatMap((line) => (/^ {2}[+~<-] /.test(line) ? line.trim() : []))
}

describe('stoa plan between two commits', () => {
  it('shows what the world knows in words, and what is written as it is written', async () => {
    const outcome = await planBetween(
      '',
      HOME +
        record('web/shop', SHOP) +
        record('web/front', '{hostnames: [front.example.com], targets: [{service: {name: front}}]}'),
    )
    expect(outcome.code).toBe(0)
    expect(changesOf(outcome)).toEqual([
      '+ create A front.example.com: Service front (TTL 300)',
      '+ create A home.example.com: the WAN address (TTL 300)',
      '+ create A shop.example.com: the members of pool edge, 192.0.2.10 (TTL 300)',
    ])
  })

  it.each([
    ['nothing changes', fixed('a'), `# a comment\n${fixed('a')}`, []],
    ['a record is added', fixed('a'), fixed('a') + fixed('b'), ['+ create A b.example.com: 192.0.2.1 (TTL 300)']],
    [
      'a record is edited',
      fixed('a'),
      fixed('a', ', ttlSeconds: 60').replace('192.0.2.1', '192.0.2.7'),
      ['~ update A a.example.com: adds 192.0.2.7; removes 192.0.2.1; TTL 300 → 60'],
    ],
    ['a record is removed', fixed('a') + fixed('b'), fixed('b'), ['- delete A a.example.com: was 192.0.2.1 (TTL 300)']],
    [
      'a record is removed that is to be retained',
      fixed('a', ', deletionPolicy: Retain') + fixed('b'),
      fixed('b'),
      ['< release A a.example.com: 192.0.2.1 stays, but is no longer managed'],
    ],
    [
      'a hostname leaves a record',
      record('web/a', '{hostnames: [a.example.com, b.example.com], targets: [{addresses: [192.0.2.1]}]}'),
      fixed('a'),
      ['- delete A b.example.com: was 192.0.2.1 (TTL 300)'],
    ],
    [
      'what is suspended is edited',
      fixed('a', ', suspend: true'),
      fixed('a', ', suspend: true').replace('192.0.2.1', '192.0.2.7'),
      [],
    ],
    [
      'a target moves to another priority',
      record(
        'web/a',
        '{hostnames: [a.example.com], routing: {policy: Failover}, targets: [{name: x, priority: 1, addresses: [192.0.2.1]}, {name: y, priority: 2, addresses: [192.0.2.2]}]}',
      ),
      record(
        'web/a',
        '{hostnames: [a.example.com], routing: {policy: Failover}, targets: [{name: x, priority: 3, addresses: [192.0.2.1]}, {name: y, priority: 2, addresses: [192.0.2.2]}]}',
      ),
      ['~ update A a.example.com: adds 192.0.2.2; removes 192.0.2.1'],
    ],
  ])('when %s', async (_, before, after, changes) => {
    expect(changesOf(await planBetween(before, after))).toEqual(changes)
  })

  it('calls a move between namespaces a handover, and no change', async () => {
    const outcome = await planBetween(record('web/shop', SHOP), record('shop/shop', SHOP), '--detailed-exitcode')
    expect(outcome.code).toBe(0)
    expect(outcome.stdout).toBe(
      `zone example.com at infra/main
  i A shop.example.com is handed over from web/shop to shop/shop; what it answers stays

plan: no changes; 1 unchanged
`,
    )
  })

  it('follows the hosts of a pool into every record that uses it', async () => {
    await repository.write('apps/records.yaml', record('web/shop', SHOP))
    await repository.commit()
    await repository.write('apps/infra.yaml', INFRA.replace('192.0.2.10', '192.0.2.11'))
    const outcome = await plan(['apps'])
    expect(changesOf(outcome)).toEqual(['~ update A shop.example.com: adds 192.0.2.11; removes 192.0.2.10'])
    expect(outcome.stdout).not.toContain('is edited')
  })

  it('says that a symbol hides what became of its source', async () => {
    await repository.write('apps/records.yaml', record('web/shop', SHOP))
    await repository.commit()
    await repository.write('apps/infra.yaml', INFRA.replace('role: edge', 'role: ingress'))
    const { stdout } = await plan()
    expect(stdout).toContain('! NodePool infra/edge is edited: what it gives may be other addresses')
  })

  it('takes nodes that are written down for the members of a pool', async () => {
    const node = `---
apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {role: edge}}
status: {addresses: [{type: ExternalIP, address: 198.51.100.7}]}
`
    const outcome = await planBetween(record('web/shop', SHOP), record('web/shop', SHOP) + node)
    expect(changesOf(outcome)).toEqual([
      '~ update A shop.example.com: adds 198.51.100.7; removes the members of pool edge',
    ])
  })

  it('reports refusals without making errors of them', async () => {
    const two =
      fixed('a') + record('web/b', '{hostnames: [a.example.com, x.example.org], targets: [{addresses: [192.0.2.9]}]}')
    const outcome = await planBetween(fixed('a'), two, '--detailed-exitcode')
    expect(outcome.code).toBe(0)
    expect(outcome.stdout).toContain('(Conflicted)')
    expect(outcome.stdout).toContain('x.example.org: add the zone or correct the name (NoProviderForZone)')
    expect(outcome.stdout).toContain('plan: no changes; 2 refused, 1 unchanged\n')
  })

  it('shows findings with file and line, exits with 1, and plans the rest', async () => {
    const broken = record('web/a', '{hostnames: [a.example.com], targets: [{addresses: [nonsense]}]}')
    const outcome = await planBetween(fixed('a'), broken + fixed('b'), '--detailed-exitcode')
    expect(outcome.code).toBe(1)
    expect(outcome.stdout).toMatch(/^! apps\/records\.yaml:\d+: DynamicDNSRecord a: /m)
    expect(changesOf(outcome)).toEqual(['+ create A b.example.com: 192.0.2.1 (TTL 300)'])
  })

  it('removes nothing while a file cannot be read', async () => {
    await repository.write('apps/other.yaml', fixed('b'))
    await repository.write('apps/records.yaml', fixed('a'))
    await repository.commit()
    await repository.write('apps/records.yaml', 'a: [')
    await repository.write('apps/other.yaml', fixed('c'))
    const outcome = await plan()
    expect(outcome.code).toBe(1)
    expect(changesOf(outcome)).toEqual(['+ create A c.example.com: 192.0.2.1 (TTL 300)'])
    expect(outcome.stdout).toContain('! no removal is shown: kept until apps/records.yaml:1 can be read')
  })

  it('shows a removal of most of the tree, and that it will be asked about', async () => {
    const outcome = await planBetween(fixed('a') + fixed('b') + fixed('c') + fixed('d'), fixed('a'))
    expect(changesOf(outcome)).toHaveLength(3)
    expect(outcome.stdout).toContain('! a Stoa that follows this repository will ask first: kept, because')
    expect(outcome.stdout).toContain(
      '! the guard of DNSProvider infra/main will ask first: deleting 3 record sets is held',
    )
  })

  it('says what waits for an approval by its mode', async () => {
    const { stdout } = await planBetween('', fixed('a', ', mode: PlanAll'))
    expect(stdout).toContain('! web/a has spec.mode PlanAll: its changes wait for an approval')
  })

  it('says that names move to another zone only when asked', async () => {
    await repository.write('apps/records.yaml', fixed('a'))
    await repository.commit()
    const other = INFRA.split('---')[0]?.replace('name: main', 'name: other') ?? ''
    await repository.write('apps/other.yaml', other)
    await repository.write('apps/records.yaml', fixed('a', ', providerRef: {name: other, namespace: infra}'))
    const outcome = await plan()
    expect(changesOf(outcome)).toEqual([])
    expect(outcome.stdout).toMatch(
      /names move from example\.com of DNSProvider infra\/main to example\.com of DNSProvider infra\/other/,
    )
  })
})

describe('stoa plan of manifests that say only a part', () => {
  it('presumes providers, pools and WAN addresses that are elsewhere, and says so', async () => {
    await repository.delete('apps/infra.yaml')
    const outcome = await planBetween(
      '',
      HOME +
        record(
          'web/a',
          '{hostnames: ["{member}.a.example.co.uk"], targets: [{nodePool: {name: edge, namespace: infra}}]}',
        ),
    )
    expect(changesOf(outcome)).toEqual([
      '+ create A {member}.a.example.co.uk: the members of pool edge (TTL 300)',
      '+ create A home.example.com: the WAN address (TTL 300)',
    ])
    expect(outcome.stdout).toContain('! NodePool infra/edge is not among these manifests')
    expect(outcome.stdout).toContain('! WANAddress infra/default is not among these manifests')
    expect(outcome.stdout).toContain('taken to be example.co.uk, example.com\n')
  })

  it('presumes the zones of a provider that lists them itself', async () => {
    await repository.write(
      'apps/infra.yaml',
      INFRA.replace('type: RFC2136', 'type: Cloudflare').replace(/ {2}zones.*\n {2}rfc2136.*\n/, ''),
    )
    const outcome = await planBetween('', fixed('a'))
    expect(changesOf(outcome)).toEqual(['+ create A a.example.com: 192.0.2.1 (TTL 300)'])
    expect(outcome.stdout).toContain(
      'the zones of DNSProvider infra/main are not written in these manifests; taken to be example.com',
    )
  })

  it('says which names wait because nobody knows who may have them', async () => {
    await repository.write(
      'apps/infra.yaml',
      INFRA.replace('{from: All}}]', '{from: Selector, matchLabels: {team: web}}}]'),
    )
    const { stdout } = await planBetween('', fixed('a'))
    expect(stdout).toContain('its labels could not be read')
  })
})

describe('where the trees of stoa plan come from', () => {
  it('compares the working tree with HEAD, leaving ignored files and other repositories out', async () => {
    await repository.write('apps/records.yaml', fixed('a'))
    await repository.write('.gitignore', 'ignored.yaml\n')
    await repository.commit()
    await repository.write('ignored.yaml', 'a: [')
    await repository.write('data/checkouts/.git/HEAD', 'ref: refs/heads/main\n')
    await repository.write('data/checkouts/.git/objects/x', '')
    await repository.write('data/checkouts/.git/refs/x', '')
    await repository.write('data/checkouts/a.yaml', fixed('z'))
    await repository.write('new.yaml', fixed('b'))
    const before = await repository.git('status', '--porcelain=v2')
    const outcome = await plan()
    expect(outcome.code).toBe(0)
    expect(changesOf(outcome)).toEqual(['+ create A b.example.com: 192.0.2.1 (TTL 300)'])
    expect(await repository.git('status', '--porcelain=v2')).toBe(before)
  })

  it('compares a folder outside every repository with nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-plain-'))
    try {
      await writeFile(join(folder, 'a.yaml'), INFRA + fixed('a'))
      const outcome = await plan([folder])
      expect(changesOf(outcome)).toEqual(['+ create A a.example.com: 192.0.2.1 (TTL 300)'])
      const refused = await plan([folder, '--from', 'main'])
      expect(refused.code).toBe(64)
      expect(refused.stderr).toContain('is in no Git repository')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('takes what git takes for a commit, and a folder that is new', async () => {
    await repository.commit()
    await repository.write('new/records.yaml', fixed('a'))
    await repository.commit()
    const outcome = await plan([
      'new',
      '--from',
      'HEAD~1',
      '--to',
      await repository.git('rev-parse', '--short', 'HEAD'),
    ])
    expect(changesOf(outcome)).toEqual(['+ create A a.example.com: 192.0.2.1 (TTL 300)'])
  })

  it.each([
    ['a ref that is not there', ['--from', 'nowhere'], 'has no branch, tag or commit nowhere'],
    ['a ref that looks like an option', ['--from=--output=/tmp/x'], 'has no branch, tag or commit --output=/tmp/x'],
    ['a path that is not there', ['nowhere'], 'nowhere does not exist'],
    ['a file', ['apps/infra.yaml'], 'apps/infra.yaml is no folder'],
    ['--live with --from', ['--live', '--from', 'main'], '--from: with --live'],
    ['--data without --live', ['--data', 'x'], '--data: is only used with --live'],
    ['a timeout that is none', ['--live', '--timeout', 'soon'], '--timeout: must be a number of seconds'],
  ])('refuses %s', async (_, args, message) => {
    await repository.commit()
    const outcome = await plan(args)
    expect(outcome.code).toBe(64)
    expect(outcome.stderr).toContain(message)
  })
})

describe('how stoa plan prints', () => {
  beforeEach(async () => {
    await repository.write('apps/records.yaml', HOME + fixed('old') + fixed('kept', ', deletionPolicy: Retain'))
    await repository.commit()
    const refused = record(
      'web/late',
      '{hostnames: [home.example.com, "a|b.example.org"], targets: [{addresses: [192.0.2.9]}]}',
    )
    await repository.write(
      'apps/records.yaml',
      HOME.replace('targets', 'ttlSeconds: 60, targets') + record('web/shop', SHOP) + refused,
    )
    await repository.commit()
  })
  const between = ['--from', 'HEAD~1', '--to', 'HEAD']

  it('exits with 2 for changes where that is asked for', async () => {
    expect((await plan([...between, '--detailed-exitcode'])).code).toBe(1)
    await repository.write('apps/records.yaml', HOME + fixed('x'))
    expect((await plan(['--detailed-exitcode'])).code).toBe(2)
    expect((await plan()).code).toBe(0)
  })

  it('writes the Markdown of a pull request', async () => {
    const { stdout } = await plan([...between, '--output', 'markdown'])
    await expect(stdout).toMatchFileSnapshot('../../test/golden/plan-between-commits.md')
  })

  it('writes JSON', async () => {
    const { stdout } = await plan([...between, '--output', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, summary: { create: 1, update: 1, delete: 1, release: 1 } })
  })

  it.each([
    ['on a terminal', true, {}, true],
    ['on a terminal with NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['on a dumb terminal', true, { TERM: 'dumb' }, false],
    ['in a file', false, {}, false],
  ])('has colours %s: %s', async (_, stdoutIsTty, env, isColoured) => {
    const { PATH = '' } = process.env
    const { stdout } = await plan(between, { stdoutIsTty, env: { PATH, ...env } })
    expect(stdout.includes('\u001b[32m')).toBe(isColoured)
  })

  it('shows how far it is on a terminal, and leaves nothing of it', async () => {
    const { stderr } = await plan(between, { stderrIsTty: true })
    expect(stderr).toContain('reading HEAD …')
    expect(stderr.endsWith('\r\u001b[K')).toBe(true)
  })
})
