import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { CloudflareFake } from '../../test/fakes/cloudflare-fake.ts'
import { GandiFake } from '../../test/fakes/gandi-fake.ts'
import { startClusterBench, startGitDailyBench } from '../../test/support/daily-bench.ts'
import { runCommand, type CommandOutcome, type CommandSurroundings } from '../../test/support/command-bench.ts'

const ZONE = 'example.com'

type Environment = Readonly<{ [variable: string]: string }>

let folder: string
let stopFake: () => Promise<void>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-import-'))
  stopFake = () => Promise.resolve()
})
afterEach(async () => {
  await stopFake()
  await rm(folder, { recursive: true })
})

async function startGandi(ownership = '{}'): Promise<GandiFake> {
  const fake = await GandiFake.start(ZONE)
  stopFake = () => fake.http.stop()
  await writeFile(
    join(folder, 'provider.yaml'),
    `apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: { name: gandi, namespace: dns }
spec:
  type: Gandi
  zones: [${ZONE}]
  credentialsSecretRef: { name: gandi-token }
  gandi: { endpoint: '${fake.http.url}/v5/livedns' }
  ownership: ${ownership}
`,
  )
  return fake
}

async function startCloudflare(): Promise<CloudflareFake> {
  const fake = await CloudflareFake.start({ [ZONE]: 'pro' })
  stopFake = () => fake.http.stop()
  await writeFile(
    join(folder, 'provider.yaml'),
    `apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: { name: cf, namespace: dns }
spec:
  type: Cloudflare
  credentialsSecretRef: { name: cf-token }
  cloudflare: { endpoint: '${fake.http.url}/client/v4' }
`,
  )
  return fake
}

const runImport = (
  env: Environment,
  more: readonly string[] = [],
  surroundings: CommandSurroundings = {},
): Promise<CommandOutcome> =>
  runCommand(['import', '--provider', 'provider.yaml', '--zone', ZONE, ...more], {
    cwd: folder,
    env,
    ...surroundings,
  })

interface Manifest {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: object
}

const recordsIn = ({ stdout }: CommandOutcome): readonly Manifest[] =>
  parseAllDocuments(stdout).flatMap((document) => (document.toJS() as Manifest | null) ?? [])

const writesOf = ({ http }: GandiFake | CloudflareFake): number =>
  http.calls.filter(({ method }) => method !== 'GET').length

describe('stoa import', () => {
  const TOKEN = { STOA_SECRET_GANDI_TOKEN_TOKEN: 'gandi-test-token' }

  it('writes a record for each name, with what applying it would do, and calls nothing but reads', async () => {
    const fake = await startGandi()
    fake.seed(ZONE, '@', 'A', ['192.0.2.1'])
    fake.seed(ZONE, 'www', 'A', ['192.0.2.2', '192.0.2.1'])
    fake.seed(ZONE, 'www', 'AAAA', ['2001:db8::1'])
    fake.seed(ZONE, '*.apps', 'CNAME', ['www'])
    fake.seed(ZONE, 'text', 'TXT', ['"hello"'])
    const outcome = await runImport(TOKEN)
    expect([outcome.code, outcome.stderr]).toEqual([0, ''])
    const shared = { ttlSeconds: 300, providerRef: { name: 'gandi' }, adopt: true }
    expect(recordsIn(outcome).map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
      [
        'wildcard-apps-example-com',
        { hostnames: ['*.apps.example.com'], ...shared, targets: [{ hostname: 'www.example.com' }] },
      ],
      ['example-com', { hostnames: ['example.com'], ...shared, targets: [{ addresses: ['192.0.2.1'] }] }],
      [
        'www-example-com',
        {
          hostnames: ['www.example.com'],
          ...shared,
          addressFamilies: ['IPv4', 'IPv6'],
          targets: [{ addresses: ['192.0.2.1', '192.0.2.2', '2001:db8::1'] }],
        },
      ],
    ])
    expect(outcome.stdout).toContain(
      '# 4 record sets of types A, AAAA and CNAME: 3 DynamicDNSRecords below, 0 left out.\n',
    )
    expect(outcome.stdout).toContain('# 1 TXT set and all other types stay as they are.\n')
    expect(outcome.stdout).toContain('# update A example.com: adopts what had no owner\n')
    expect(writesOf(fake)).toBe(0)
  })

  it('makes what stoa validate takes', async () => {
    const fake = await startGandi()
    fake.seed(ZONE, 'www', 'A', ['192.0.2.2'])
    fake.seed(ZONE, '_sip', 'CNAME', ['www'])
    const { stdout } = await runImport(TOKEN)
    expect(await runCommand(['validate', '-'], { stdin: stdout })).toMatchObject({ code: 0 })
    await writeFile(join(folder, 'records.yaml'), stdout)
    expect(await runCommand(['validate', '--strict', 'provider.yaml', 'records.yaml'], { cwd: folder })).toMatchObject({
      code: 0,
      stdout: '',
    })
  })

  it('leaves out what somebody else owns, and takes what external-dns left under the same id', async () => {
    const fake = await startGandi('{ id: cluster-a }')
    const heritage = (owner: string): string => `"heritage=external-dns,external-dns/owner=${owner}"`
    fake.seed(ZONE, 'mine', 'A', ['192.0.2.1'])
    fake.seed(ZONE, 'a-mine', 'TXT', [heritage('cluster-a')])
    fake.seed(ZONE, 'theirs', 'A', ['192.0.2.2'])
    fake.seed(ZONE, 'a-theirs', 'TXT', [heritage('cluster-b')])
    const outcome = await runImport(TOKEN)
    expect(recordsIn(outcome).map(({ metadata }) => metadata.name)).toEqual(['mine-example-com'])
    expect(outcome.stdout).toMatch(/^# - A theirs\.example\.com: is owned by cluster-b /m)
    expect(outcome.stdout).toMatch(/^# update A mine\.example\.com: takes over from /m)
  })

  it('leaves out what a delegation hides, but not its glue', async () => {
    const fake = await startGandi()
    fake.seed(ZONE, 'sub', 'NS', ['ns1.sub'])
    fake.seed(ZONE, 'ns1.sub', 'A', ['192.0.2.53'])
    fake.seed(ZONE, 'www.sub', 'A', ['192.0.2.1'])
    const outcome = await runImport(TOKEN)
    expect(recordsIn(outcome).map(({ metadata }) => metadata.name)).toEqual(['ns1-sub-example-com'])
    expect(outcome.stdout).toContain('# - no resolver would see A www.sub.example.com in zone example.com, ')
  })

  it('says nothing when it is interrupted', async () => {
    await startGandi()
    const outcome = await runImport(TOKEN, [], { signal: AbortSignal.abort() })
    expect(outcome).toEqual({ code: 130, stdout: '', stderr: '' })
  })

  it('leaves out what could not be marked', async () => {
    const fake = await startGandi()
    fake.seed(ZONE, 'www', 'A', ['192.0.2.1'])
    fake.seed(ZONE, 'a-www', 'TXT', ['"an encrypted mark, for instance"'])
    const outcome = await runImport(TOKEN)
    expect(recordsIn(outcome)).toEqual([])
    expect(outcome.stdout).toContain(
      '# - the mark for A www.example.com would stand at a-www.example.com, where there is a TXT record of somebody else; ',
    )
  })

  it('leaves out what no manifest can say', async () => {
    const fake = await startGandi()
    fake.seed(ZONE, 'odd', 'CNAME', ['localhost.'])
    const outcome = await runImport(TOKEN)
    expect([outcome.code, outcome.stderr]).toEqual([0, 'note: nothing in example.com is there to take over\n'])
    expect(outcome.stdout).toContain('# - CNAME odd.example.com: cannot be said in a manifest: ')
  })

  it('keeps the proxy of Cloudflare, and parts families with different settings', async () => {
    const fake = await startCloudflare()
    fake.seed(ZONE, 'app.example.com', 'A', '192.0.2.1', { proxied: true })
    fake.seed(ZONE, 'app.example.com', 'AAAA', '2001:db8::1', { ttl: 600 })
    const outcome = await runImport({ STOA_SECRET_CF_TOKEN_TOKEN: fake.token })
    expect(recordsIn(outcome).map(({ metadata, spec }) => [metadata.name, spec])).toMatchObject([
      [
        'app-example-com',
        { providerOptions: { cloudflare: { proxied: true } }, targets: [{ addresses: ['192.0.2.1'] }] },
      ],
      ['app-example-com-2', { addressFamilies: ['IPv6'], ttlSeconds: 600, targets: [{ addresses: ['2001:db8::1'] }] }],
    ])
    expect(outcome.stdout).toContain('# update A app.example.com: adopts what had no owner\n')
    expect(writesOf(fake)).toBe(0)
  })

  it('reads Secrets from files, and writes files', async () => {
    const fake = await startGandi()
    fake.seed(ZONE, 'www', 'A', ['192.0.2.2'])
    await mkdir(join(folder, 'secrets/dns/gandi-token'), { recursive: true })
    await writeFile(join(folder, 'secrets/dns/gandi-token/token'), `${fake.token}\n`)
    const outcome = await runImport({}, ['--secret-dir', 'secrets', '--namespace', 'web', '--out', 'out'])
    expect([outcome.code, outcome.stdout]).toEqual([0, ''])
    expect((await readdir(join(folder, 'out'))).sort()).toEqual([
      'dynamicdnsrecord-web-www-example-com.yaml',
      'plan.txt',
    ])
    expect(await readFile(join(folder, 'out/dynamicdnsrecord-web-www-example-com.yaml'), 'utf8')).toContain(
      'providerRef:\n    name: gandi\n    namespace: dns\n',
    )
  })

  it.each<readonly [string, readonly string[], Environment, number, string]>([
    [
      'a Secret that is not there',
      [],
      {},
      1,
      'error: Secret dns/gandi-token is not there with the key token: put it into',
    ],
    ['a token that is refused', [], { STOA_SECRET_GANDI_TOKEN_TOKEN: 'wrong' }, 1, 'error: '],
    [
      'a zone it does not have',
      ['--zone', 'example.net'],
      TOKEN,
      1,
      'error: the provider has no zone example.net: it has example.com',
    ],
    ['a zone that is none', ['--zone', '..'], TOKEN, 64, 'error: --zone: .. is no name of a zone'],
    ['a namespace that is none', ['--namespace', 'A'], TOKEN, 64, 'error: --namespace: A is no namespace name'],
    ['a file that is not there', ['--provider', 'no.yaml'], TOKEN, 1, 'error: no.yaml is not there'],
    ['a file without a DNSProvider', ['--provider', 'none.yaml'], TOKEN, 1, 'error: none.yaml holds no DNSProvider'],
    ['a file with two', ['--provider', 'two.yaml'], TOKEN, 1, 'error: two.yaml:3: a second DNSProvider'],
    ['one that is not valid', ['--provider', 'bad.yaml'], TOKEN, 1, 'error: bad.yaml:1: spec.type must be one of'],
    [
      'one without zones of its own',
      ['--provider', 'builtin.yaml'],
      TOKEN,
      1,
      'error: type Builtin has no zone of its own',
    ],
  ])('fails with a message for %s, and never shows a secret', async (_, more, env, code, message) => {
    await startGandi()
    const provider = (spec: string): string =>
      `{ apiVersion: dns.stoa.dev/v1alpha1, kind: DNSProvider, metadata: { name: p }, spec: ${spec} }\n`
    await writeFile(join(folder, 'none.yaml'), 'apiVersion: v1\nkind: Pod\n')
    await writeFile(join(folder, 'two.yaml'), `${provider('{ type: Route53 }')}---\n${provider('{ type: Route53 }')}`)
    await writeFile(join(folder, 'bad.yaml'), provider('{ type: Elsewhere }'))
    await writeFile(join(folder, 'builtin.yaml'), provider('{ type: Builtin, zones: [example.com] }'))
    const outcome = await runImport(env, more)
    expect([outcome.code, outcome.stdout]).toEqual([code, ''])
    expect(outcome.stderr).toContain(message)
    expect(outcome.stderr).not.toContain('gandi-test-token')
  })
})

describe('a DNSProvider by its name', () => {
  const providerOf = (fake: GandiFake): { readonly spec: object } => ({
    spec: {
      type: 'Gandi',
      credentialsSecretRef: { name: 'gandi-token' },
      gandi: { endpoint: `${fake.http.url}/v5/livedns` },
    },
  })

  it.each([
    ['in a cluster', startClusterBench],
    ['of a Stoa without one', startGitDailyBench],
  ])('is found %s', async (_, startBench) => {
    const fake = await startGandi()
    fake.seed(ZONE, 'www', 'A', ['192.0.2.2'])
    const bench = await startBench()
    await mkdir(join(folder, 'gandi-token'))
    await writeFile(join(folder, 'gandi-token/token'), fake.token)
    bench.put('DNSProvider', 'dns/gandi', providerOf(fake))
    const outcome = await bench.run('import', '--provider', 'dns/gandi', '--zone', ZONE, '--secret-dir', folder)
    const missing = await bench.run('import', '--provider', 'dns/other', '--zone', ZONE, '--secret-dir', folder)
    await bench.stop()
    expect([outcome.code, outcome.stderr]).toEqual([0, ''])
    expect(outcome.stdout).toContain('# Zone example.com at Gandi, through DNSProvider dns/gandi.\n')
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('error: there is no DNSProvider other')])
  })

  it('has its Secrets in the data directory of a Stoa without a cluster', async () => {
    const fake = await startGandi()
    const bench = await startGitDailyBench()
    await mkdir(join(bench.folder, 'secrets/dns/gandi-token'), { recursive: true })
    await writeFile(join(bench.folder, 'secrets/dns/gandi-token/token'), fake.token)
    bench.put('DNSProvider', 'dns/gandi', providerOf(fake))
    const outcome = await bench.run('import', '--provider', 'dns/gandi', '--zone', ZONE)
    await bench.stop()
    expect([outcome.code, outcome.stderr]).toEqual([0, 'note: nothing in example.com is there to take over\n'])
  })
})
