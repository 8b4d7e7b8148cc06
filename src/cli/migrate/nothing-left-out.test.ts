// What has no place in a manifest is told, and what is told is so.
import { describe, expect, it } from 'vitest'
import { runCommand, type CommandOutcome } from '../../../test/support/command-bench.ts'

function translate(flags: string): Promise<CommandOutcome> {
  return runCommand(['migrate', 'external-dns', '--', '--txt-owner-id=me', ...flags.split(' ')])
}

describe('stoa migrate external-dns', () => {
  const RFC2136 = '--provider=rfc2136 --rfc2136-zone=example.com --rfc2136-insecure'

  it.each<readonly [string, string]>([
    ['--provider=gandi --policy=create-only', '--policy=create-only: a DynamicDNSRecord changes what it has, too'],
    [`${RFC2136} --rfc2136-host=ns1 --rfc2136-host=ns2`, 'sends its updates to one server: ns1, and none to ns2'],
    [`${RFC2136} --rfc2136-host=ns1 --domain-filter=a.example.com`, 'write a.example.com into allowedRecords'],
    ['--provider=aws', 'without --aws-zone-type external-dns writes to public and private zones'],
    ['--provider=gandi --domain-filter=a.example --domain-filter=b.example', 'the same for b.example, each into'],
  ])('tells of %s', async (flags, message) => {
    const { code, stderr } = await translate(flags)
    expect([code, stderr]).toEqual([0, expect.stringContaining(message)])
  })

  it('takes an empty variable for none, as external-dns does', async () => {
    const empty = ['REGISTRY', 'TXT_OWNER_ID', 'EXCLUDE_DOMAINS', 'TXT_PREFIX'].map((name) => `EXTERNAL_DNS_${name}=`)
    const stdin = ['EXTERNAL_DNS_PROVIDER=gandi', ...empty].join('\n')
    const { code, stdout, stderr } = await runCommand(
      ['migrate', 'external-dns', '--env-file', '-', '--', '--interval=1m'],
      { stdin },
    )
    expect([code, stdout]).toEqual([0, expect.stringContaining('    id: default\n    registry: TXT\n')])
    expect(stderr).toContain('--txt-owner-id was not set')
  })

  it('refuses an owner id of nobody', async () => {
    const { code, stdout, stderr } = await translate('--provider=gandi --txt-owner-id=')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('<--txt-owner-id>: error: --txt-owner-id is empty')
  })

  it('tells that a global API key of Cloudflare does not do', async () => {
    expect((await translate('--provider=cloudflare')).stderr).toContain('the global API key (CF_API_KEY) does not do')
  })

  it('asks the first server', async () => {
    const { stdout } = await translate(`${RFC2136} --rfc2136-host=ns1 --rfc2136-host=ns2`)
    expect(stdout).toContain('server: ns1:53')
  })

  it('refuses ids of zones where zones have none here', async () => {
    const { code, stdout, stderr } = await translate('--provider=google --google-project=p --zone-id-filter=z')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('<--zone-id-filter>: error: --zone-id-filter: this type of DNSProvider is told its zones')
  })

  it('claims no owner id where external-dns marks nothing', async () => {
    expect((await translate('--provider=gandi')).stderr).toContain('has external-dns’s owner id')
    expect((await translate('--provider=gandi --registry=noop')).stderr).not.toContain('has external-dns’s owner id')
  })

  it('says which file holds no external-dns', async () => {
    const { stderr } = await runCommand(['migrate', 'external-dns', 'package.json'], { cwd: process.cwd() })
    expect(stderr).toMatch(/^package\.json: error: no container of external-dns .* helm template/)
  })
})

describe('stoa migrate epictetus', () => {
  it('tells of a hostname beside hostnames', async () => {
    const annotations = ['dns-enabled: "true"', 'hostname: a.example.com', 'hostnames: b.example.com']
    const lines = annotations.map((annotation) => `    epictetus.io/${annotation}\n`).join('')
    const stdin = `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n${lines}`
    const { code, stderr } = await runCommand(['migrate', 'epictetus', '-'], { stdin })
    expect([code, stderr]).toEqual([0, expect.stringContaining('<stdin>:7: epictetus.io/hostnames is there as well')])
  })

  it('takes the hostname where hostnames is there without any', async () => {
    const annotations = ['dns-enabled: "true"', 'hostname: a.example.com', 'hostnames: ""']
    const lines = annotations.map((annotation) => `    epictetus.io/${annotation}\n`).join('')
    const stdin = `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n${lines}`
    const { code, stdout } = await runCommand(['migrate', 'epictetus', '-'], { stdin })
    expect([code, stdout]).toEqual([0, expect.stringContaining('  hostnames:\n    - a.example.com\n')])
  })

  it('makes several records of a Service with more hostnames than one record has', async () => {
    const names = Array.from({ length: 130 }, (_, n) => `h${n}.example.com`)
    const annotations = ['dns-enabled: "true"', `hostnames: ${names.join(',')}`]
    const lines = annotations.map((annotation) => `    epictetus.io/${annotation}\n`).join('')
    const stdin = `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n${lines}`
    const { code, stdout } = await runCommand(['migrate', 'epictetus', '-'], { stdin })
    expect(code).toBe(0)
    expect(stdout.match(/^ {2}name: web.*$/gm)).toEqual(['  name: web', '  name: web-2', '  name: web-3'])
    expect([...stdout.matchAll(/^ {4}- (h\d+\.example\.com)$/gm)].map(([, name]) => name)).toEqual(names)
  })

  it('names the rules of taints that read alike differently', async () => {
    const taints = ['io.example/down', 'io-example/down']
    const stdin =
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations: ' +
      '{epictetus.io/dns-enabled: "true", epictetus.io/hostname: a.example.com}\n---\n' +
      'apiVersion: v1\nkind: Pod\nmetadata: {name: epictetus}\nspec: {containers: [{image: epictetus, env: ' +
      `[{name: UNHEALTHY_NODE_TAINTS, value: "custom:${taints.join(',')}"}]}]}\n`
    const { code, stdout } = await runCommand(['migrate', 'epictetus', '-'], { stdin })
    expect([code, stdout.match(/- name: io-example.*$/gm)]).toEqual([
      0,
      ['- name: io-example-down', '- name: io-example-down-2'],
    ])
  })
})
