import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { runCommand, type CommandOutcome, type CommandSurroundings } from '../../test/support/command-bench.ts'

const SAMPLES = new URL('migrate/samples', import.meta.url).pathname

interface Object {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: Readonly<Record<string, unknown>>
}

const migrate = (args: readonly string[], more: CommandSurroundings = {}): Promise<CommandOutcome> =>
  runCommand(['migrate', ...args], { cwd: SAMPLES, ...more })

function objectsIn({ stdout }: CommandOutcome): readonly Object[] {
  return parseAllDocuments(stdout).flatMap((document) => (document.toJS() as Object | null) ?? [])
}

function specOf(outcome: CommandOutcome, kind: string, name?: string): Object['spec'] | undefined {
  return objectsIn(outcome).find(
    (object) => object.kind === kind && (name ?? object.metadata.name) === object.metadata.name,
  )?.spec
}

async function sample(file: string, ...changes: readonly (readonly [string, string])[]): Promise<string> {
  const text = await readFile(join(SAMPLES, file), 'utf8')
  return changes.reduce((changed, [from, to]) => {
    expect(changed).toContain(from)
    return changed.replace(from, to)
  }, text)
}

describe.each([
  ['esddns', ['esddns', 'dns.ini', '--env-file', 'esddns.env']],
  ['epictetus', ['epictetus', 'epictetus.yaml']],
  ['external-dns', ['external-dns', 'external-dns.yaml']],
])('what %s comes to', (_, args) => {
  it('passes stoa validate, warnings included', async () => {
    const { stdout, code } = await migrate(args)
    expect(code).toBe(0)
    const checked = await runCommand(['validate', '--strict', '-'], { stdin: stdout })
    expect(checked).toMatchObject({ code: 0, stdout: '' })
  })

  it('holds no secret, on neither stream', async () => {
    const { stdout, stderr } = await migrate(args)
    expect(`${stdout}${stderr}`).not.toMatch(/very-secret-key|c2VjcmV0LXNlY3JldA/)
    expect(stderr).toMatch(/kubectl -n dns create secret generic/)
  })

  it('goes into a namespace that is made before the Secret', async () => {
    const { stderr } = await migrate(args)
    const create = stderr.indexOf('kubectl create namespace dns\n')
    expect(create).toBeGreaterThan(-1)
    expect(create).toBeLessThan(stderr.indexOf('kubectl -n dns create secret'))
    expect((await migrate([...args, '--namespace', 'edge'])).stderr).toContain('kubectl create namespace edge\n')
  })
})

describe('stoa migrate esddns', () => {
  const args = ['esddns', '-', '--env-file', 'esddns.env']

  it('keeps zone, name, TTL, sources and interval', async () => {
    const outcome = await migrate(['esddns', 'dns.ini', '--env-file', 'esddns.env'])
    expect(specOf(outcome, 'DNSProvider')).toEqual({
      type: 'Gandi',
      zones: ['example.com'],
      credentialsSecretRef: { name: 'gandi-token' },
    })
    expect(specOf(outcome, 'WANAddress')).toEqual({
      intervalSeconds: 300,
      stun: {
        serverListURLs: ['https://lists.example.net/valid_hosts.txt', 'https://lists.example.net/valid_hosts_tcp.txt'],
        maxServers: 5,
        transports: ['UDP', 'TCP'],
      },
      http: {
        urls: ['https://api.ipify.org/?format=text', 'https://checkip.amazonaws.com/', 'https://ifconfig.me/ip'],
      },
      quorum: 2,
    })
    expect(specOf(outcome, 'DynamicDNSRecord')).toEqual({
      hostnames: ['example.com'],
      ttlSeconds: 600,
      providerRef: { name: 'gandi' },
      targets: [{ wan: { name: 'home' } }],
      adopt: true,
    })
  })

  it('takes the environment of the shell as well, and texts that can be no variable as they are', async () => {
    const stdin = await sample('dns.ini', ['TARGET_DOMAIN_FQDN', 'Example.ORG.'], ['RECORD_TTL', '300'])
    const env = { RECORD_NAME_ROOT: 'home', RECORD_TYPE_A: 'A' }
    const outcome = await migrate(['esddns', '-'], { stdin, env })
    expect(specOf(outcome, 'DynamicDNSRecord')).toMatchObject({ hostnames: ['home.example.org'], ttlSeconds: 300 })
  })

  it('believes a single source alone', async () => {
    const stdin =
      '[gandi]\ntarget_domain_fqdn = example.org\nrecord_name_root = @\nrecord_ttl = 300\nrecord_type_a = A\n'
    const more = '[WANIPState]\nip_check_services = {"svc": ["https://ifconfig.me/ip"]}\n'
    const outcome = await migrate(['esddns', '-'], { stdin: stdin + more })
    expect(specOf(outcome, 'WANAddress')).toEqual({ http: { urls: ['https://ifconfig.me/ip'] }, quorum: 1 })
  })

  it('keeps the age of an address above a long interval', async () => {
    const stdin = await sample('dns.ini', ['daemon_thread_interval = 300', 'daemon_thread_interval = 900'])
    expect(specOf(await migrate(args, { stdin }), 'WANAddress')).toMatchObject({
      intervalSeconds: 900,
      maxAgeSeconds: 1800,
    })
  })

  it('takes another API', async () => {
    const stdin = await sample('dns.ini', ['https://api.gandi.net', 'https://api.sandbox.gandi.net/'])
    const gandi = { endpoint: 'https://api.sandbox.gandi.net/v5/livedns' }
    expect(specOf(await migrate(args, { stdin }), 'DNSProvider')).toMatchObject({ gandi })
  })

  it.each<readonly [string, readonly [string, string], string]>([
    [
      'a variable that is not set',
      ['= TARGET_DOMAIN_FQDN', '= MY_ZONE'],
      '<stdin>:12: error: target_domain_fqdn names',
    ],
    ['services that are no JSON', ['{"svc": [', '{svc: ['], '<stdin>:16: error: ip_check_services is not JSON'],
    [
      'another type of record',
      ['= RECORD_TYPE_A\n', '= AAAA-records\n'],
      '<stdin>:10: error: record_type_a stands for',
    ],
    ['a path without domains', ['/v5/livedns/domains', '/v5/zones'], '<stdin>:5: error: api_url_domains does not end'],
    ['a TTL that is no number', ['RECORD_TTL', 'ten minutes'], '<stdin>:9: error: record_ttl is not a number'],
    ['a line that says nothing', ['log_file = esddns.log', 'esddns.log'], '<stdin>:24: error: is neither key = value'],
    ['a section twice', ['[log]', '[ESDDNS]'], 'error: [ESDDNS] is there twice'],
    ['a key twice', ['tcp_limit = 4', 'udp_limit = 4'], '<stdin>:35: error: udp_limit is written twice'],
    ['a service that is no URL', ['https://ifconfig.me/ip', 'ifconfig'], '<stdin>:15: error: would make a WANAddress'],
  ])('refuses %s, with its line, and prints nothing', async (_, change, message) => {
    const { code, stdout, stderr } = await migrate(args, { stdin: await sample('dns.ini', change) })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(message)
  })

  it('says when nobody is asked for the address', async () => {
    const stdin =
      '[gandi]\ntarget_domain_fqdn = example.org\nrecord_name_root = @\nrecord_ttl = 300\nrecord_type_a = A\n'
    const { code, stderr } = await migrate(['esddns', '-'], { stdin })
    expect([code, stderr]).toEqual([1, expect.stringContaining('<stdin>: error: nobody is asked')])
  })
})

describe('stoa migrate epictetus', () => {
  const drainWith = async (environment: string): Promise<unknown> => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-env-'))
    const file = join(folder, 'epictetus.env')
    await (await import('node:fs/promises')).writeFile(file, environment)
    const outcome = await migrate(['epictetus', 'epictetus.yaml', '--env-file', file])
    await rm(folder, { recursive: true })
    return specOf(outcome, 'NodePool', 'all-nodes')?.['drain']
  }
  const both = {
    name: 'cluster-autoscaler',
    allTaints: ['DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler'],
  }

  it('lets a node go only when BOTH taints are there', async () => {
    const { drain, addressSources } = specOf(await migrate(['epictetus', 'epictetus.yaml']), 'NodePool') ?? {}
    expect(drain).toEqual({ rules: [both], notReady: { action: 'Keep' }, unreachable: { action: 'Keep' } })
    expect(addressSources).toEqual([
      { type: 'ExternalIP' },
      { type: 'Annotation', key: 'flannel.alpha.coreos.com/public-ip' },
      { type: 'Label', key: 'k8s.magicorn.net/external-ip' },
    ])
  })

  it.each<readonly [string, unknown]>([
    ['UNHEALTHY_NODE_TAINTS=none\nREMOVE_ON_NOT_READY=false', { notReady: { action: 'Keep' }, rules: [both] }],
    ['REMOVE_ON_NOT_READY=true', { notReady: { action: 'Remove', graceSeconds: 0 }, unreachable: { action: 'Keep' } }],
    ['REMOVE_ON_UNREACHABLE=true', { unreachable: { action: 'Remove', graceSeconds: 0 } }],
    ['UNHEALTHY_NODE_TAINTS=all', { cordoned: { action: 'Remove' }, notReady: { action: 'Remove', graceSeconds: 0 } }],
    [
      'UNHEALTHY_NODE_TAINTS="custom:example.com/broken, node.kubernetes.io/unreachable"',
      {
        rules: [both, { name: 'example-com-broken', allTaints: ['example.com/broken'] }],
        unreachable: { action: 'Remove', graceSeconds: 0 },
      },
    ],
  ])('keeps what was written: %s', async (environment, expected) => {
    expect(await drainWith(environment)).toMatchObject(expected as object)
  })

  it('gives each Service a record beside it, with TTL, proxy and pool', async () => {
    const outcome = await migrate(['epictetus', 'epictetus.yaml'])
    expect(objectsIn(outcome).map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
      'DNSProvider dns/cloudflare',
      'NodePool dns/all-nodes',
      'NodePool dns/control-plane',
      'DynamicDNSRecord web/frontend',
      'DynamicDNSRecord web/admin',
    ])
    expect(specOf(outcome, 'DynamicDNSRecord', 'frontend')).toEqual({
      hostnames: ['app.example.com'],
      ttlSeconds: 60,
      providerRef: { name: 'cloudflare', namespace: 'dns' },
      targets: [{ nodePool: { name: 'all-nodes', namespace: 'dns' } }],
      adopt: true,
      providerOptions: { cloudflare: { proxied: true } },
    })
    expect(specOf(outcome, 'DynamicDNSRecord', 'admin')).toMatchObject({
      hostnames: ['admin.example.com', 'admin.example.org'],
      targets: [{ nodePool: { name: 'control-plane', namespace: 'dns' } }],
    })
    expect(outcome.stderr).toContain(
      "kubectl -n epictetus get secret epictetus-secrets -o jsonpath='{.data.cloudflare-api-token}'",
    )
  })

  it.each<readonly [string, readonly [string, string], string]>([
    ['a TTL that is no number', ["ttl: '60'", "ttl: '1m'"], '<stdin>:26: error: epictetus.io/ttl: 1m is not'],
    ['a hostname that is none', ['app.example.com', 'app_.example..com'], '<stdin>:25: error: app_.example..com is no'],
    [
      'a Service without a hostname',
      ['epictetus.io/hostname: app', 'other: app'],
      '<stdin>:24: error: the Service has no',
    ],
    ['one name with two settings', ['"admin.example.com"', '"app.example.com"'], 'is also at <stdin>:24 with other'],
    [
      'an unknown word',
      ["'60' }", "'60' }\n            - { name: UNHEALTHY_NODE_TAINTS, value: some }"],
      '<stdin>:12: error',
    ],
  ])('refuses %s', async (_, change, message) => {
    const { code, stdout, stderr } = await migrate(['epictetus', '-'], {
      stdin: await sample('epictetus.yaml', change),
    })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(message)
  })

  it('asks for the Services when none is there', async () => {
    const { code, stderr } = await migrate(['epictetus', '-'], { stdin: 'apiVersion: v1\nkind: Pod\n' })
    expect([code, stderr]).toEqual([1, expect.stringContaining('no Service has epictetus.io/dns-enabled')])
  })
})

describe('stoa migrate external-dns', () => {
  it('keeps provider, zones, owner id and naming', async () => {
    const outcome = await migrate(['external-dns', 'external-dns.yaml'])
    expect(objectsIn(outcome).map(({ spec }) => spec)).toEqual([
      {
        type: 'RFC2136',
        zones: ['example.com'],
        rfc2136: { server: '192.0.2.53:53', tsigAlgorithm: 'hmac-sha512' },
        credentialsSecretRef: { name: 'external-dns-credentials' },
        ownership: { id: 'cluster-a', registry: 'TXT', txtPrefix: '_mark.' },
      },
    ])
  })

  it.each<readonly [string, unknown]>([
    [
      '--provider=cloudflare --domain-filter=example.com --zone-id-filter=abc --txt-suffix=-mark',
      {
        ...{ type: 'Cloudflare', zones: ['example.com'], cloudflare: { zoneIDs: { 'example.com': 'abc' } } },
        credentialsSecretRef: { name: 'external-dns-credentials' },
        ownership: { id: 'default', txtSuffix: '-mark' },
      },
    ],
    [
      '--provider aws --aws-zone-type private --aws-assume-role arn:aws:iam::1:role/dns --domain-filter a.example,b.example',
      {
        ...{ type: 'Route53', zones: ['a.example', 'b.example'] },
        route53: { roleARN: 'arn:aws:iam::1:role/dns', privateZones: true },
        ownership: { id: 'default', registry: 'TXT' },
      },
    ],
    [
      '--provider=google --google-project=my-project --registry=noop --no-dry-run',
      { type: 'Google', google: { project: 'my-project' } },
    ],
    [
      '--provider=azure --azure-subscription-id=s --azure-resource-group=r --txt-owner-id=me',
      {
        ...{ type: 'Azure', azure: { subscriptionID: 's', resourceGroup: 'r' } },
        ownership: { id: 'me', registry: 'TXT' },
      },
    ],
    [
      '--provider=pdns --pdns-server=http://pdns:8081/ --pdns-server-id=one --pdns-api-key=c2VjcmV0LXNlY3JldA',
      {
        ...{ type: 'PowerDNS', powerdns: { endpoint: 'http://pdns:8081', serverID: 'one' } },
        credentialsSecretRef: { name: 'external-dns-credentials' },
        ownership: { id: 'default', registry: 'TXT' },
      },
    ],
    [
      '--provider=webhook',
      {
        ...{ type: 'Webhook', webhook: { endpoint: 'http://localhost:8888' } },
        ownership: { id: 'default', registry: 'TXT' },
      },
    ],
    [
      '--provider=gandi --domain-filter=.example.com',
      {
        ...{ type: 'Gandi', zones: ['example.com'], credentialsSecretRef: { name: 'external-dns-credentials' } },
        ownership: { id: 'default', registry: 'TXT' },
      },
    ],
    [
      '--provider=rfc2136 --rfc2136-host=2001:db8::53 --rfc2136-zone=example.com --rfc2136-insecure',
      {
        ...{ type: 'RFC2136', zones: ['example.com'], rfc2136: { server: '[2001:db8::53]:53' } },
        ownership: { id: 'default', registry: 'TXT' },
      },
    ],
  ])('takes flags behind --: %s', async (flags, spec) => {
    const outcome = await migrate(['external-dns', '--', ...flags.split(' ')])
    expect(objectsIn(outcome).map((object) => object.spec)).toEqual([spec])
    expect(outcome.stderr).not.toContain('c2VjcmV0')
  })

  it('reads its environment, and lets flags win', async () => {
    const stdin = `kind: Deployment
apiVersion: apps/v1
metadata: { name: dns, namespace: infra }
spec:
  template:
    spec:
      containers:
        - name: main
          args: [--txt-owner-id=from-flag]
          env:
            - { name: EXTERNAL_DNS_PROVIDER, value: cloudflare }
            - { name: EXTERNAL_DNS_TXT_OWNER_ID, value: from-env }
            - { name: EXTERNAL_DNS_EVENTS, value: '1' }
            - { name: CF_API_TOKEN, valueFrom: { secretKeyRef: { name: cf, key: api.token } } }
`
    const outcome = await migrate(['external-dns', '-'], { stdin })
    expect(specOf(outcome, 'DNSProvider')).toMatchObject({ type: 'Cloudflare', ownership: { id: 'from-flag' } })
    expect(outcome.stderr).toContain("kubectl -n infra get secret cf -o jsonpath='{.data.api\\.token}' | base64 -d")
  })

  it.each<readonly [string, string]>([
    ['--provider=coredns', '--provider=coredns has no type here'],
    ['--txt-owner-id=me', '--provider is missing'],
    ['--provider=aws --registry=dynamodb', '--registry=dynamodb keeps owners where Stoa does not look'],
    ['--provider=aws --txt-encrypt-enabled', '--txt-encrypt-enabled encrypted marks'],
    ['--provider=aws --txt-wildcard-replacement=star', 'names that begin with * then need adopt'],
    ['--provider=aws --regex-domain-filter=x', 'zones are named, not matched'],
    ['--provider=aws --zone-id-filter=abc', 'which zone has which id is not known here'],
    ['--provider=aws --made-up=1', '<--made-up>: error: --made-up is not known here'],
    ['--made-up --provider=coredns', '--provider=coredns has no type here'],
    ['--provider=aws -x', 'is no flag of external-dns'],
    ['--provider=google', '--google-project is missing'],
    ['--provider=rfc2136 --rfc2136-host=h', 'no zone is named'],
    [
      '--provider=rfc2136 --rfc2136-host=h --rfc2136-zone=a.b --rfc2136-tsig-secret-alg=hmac-md5',
      'is not safe any more',
    ],
  ])('refuses %s', async (flags, message) => {
    const { code, stdout, stderr } = await migrate(['external-dns', '--', ...flags.split(' ')])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(message)
  })

  it('points into the file', async () => {
    const stdin = await sample('external-dns.yaml', ['--interval=1m', '--exclude-domains=x.example.com'])
    const { stderr } = await migrate(['external-dns', '-'], { stdin })
    expect(stderr).toContain('<stdin>:25: error: --exclude-domains a DNSProvider has no exclusions')
  })

  it('asks for its Deployment when none is there', async () => {
    const { code, stderr } = await migrate(['external-dns', 'epictetus.yaml'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('no container of external-dns was found')])
  })
})

describe('--out', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-migrate-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('writes one file per object, and writes over none', async () => {
    const args = ['external-dns', 'external-dns.yaml', '--out', join(folder, 'a/b'), '--namespace', 'infra']
    expect(await migrate(args)).toMatchObject({ code: 0, stdout: '' })
    expect(await readdir(join(folder, 'a/b'))).toEqual(['dnsprovider-infra-external-dns.yaml'])
    const again = await migrate(args)
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('cannot be written (EEXIST')])
  })

  it.each([
    [['esddns', 'missing.ini'], 1, 'missing.ini cannot be read'],
    [['epictetus', 'missing.yaml'], 64, 'missing.yaml does not exist'],
    [['esddns', 'dns.ini', '--namespace', 'No'], 64, '--namespace: No is no namespace name'],
    [['esddns', 'dns.ini', '--env-file', 'dns.ini'], 1, 'dns.ini:2: error: is not NAME=value'],
  ])('fails with a message for %j', async (args, code, message) => {
    const outcome = await migrate(args)
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)])
  })
})
