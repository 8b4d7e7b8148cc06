// What a container's environment says, and where it only says that the value is elsewhere.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { runCommand, type CommandOutcome } from '../../../test/support/command-bench.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-environment-'))
  await writeFile(join(folder, 'given.env'), 'CLUSTER=given\nUNHEALTHY_NODE_TAINTS=all\n')
})
afterAll(() => rm(folder, { recursive: true }))

function deployment(image: string, container: object): object {
  const metadata = { name: 'it', namespace: 'system' }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, ...podOf([{ image, ...container }]) }
}

function podOf(containers: readonly object[]): object {
  return { spec: { template: { spec: { containers } } } }
}

const SERVICE = {
  ...{ apiVersion: 'v1', kind: 'Service' },
  metadata: {
    ...{ name: 'web', namespace: 'web' },
    annotations: { 'epictetus.io/dns-enabled': 'true', 'epictetus.io/hostname': 'a.example.com' },
  },
}

function migrate(system: string, items: readonly object[], more: readonly string[] = []): Promise<CommandOutcome> {
  const stdin = stringify({ apiVersion: 'v1', kind: 'List', items })
  return runCommand(['migrate', system, '-', ...more], { stdin, cwd: folder })
}

describe('stoa migrate external-dns', () => {
  const elsewhere = { valueFrom: { configMapKeyRef: { name: 'cluster', key: 'name' } } }
  const AWS = ['--provider=aws', '--domain-filter=example.com']
  const run = (container: object, more?: readonly string[]): Promise<CommandOutcome> =>
    migrate('external-dns', [deployment('registry.example.com/external-dns:v0.15.0', container)], more)

  it('fills variables into flags, as Kubernetes does', async () => {
    const env = [
      { name: 'CLUSTER', value: 'prod' },
      { name: 'OWNER', value: '$(CLUSTER)-eu' },
    ]
    const { stdout } = await run({ args: [...AWS, '--txt-owner-id=$(OWNER)', '--txt-prefix=$$(a)'], env })
    expect(stdout).toContain('id: prod-eu\n')
    expect(stdout).toContain('txtPrefix: $(a)')
  })

  it.each<readonly [string, object]>([
    ['a variable', { args: AWS, env: [{ name: 'EXTERNAL_DNS_TXT_OWNER_ID', ...elsewhere }] }],
    ['a flag', { args: [...AWS, '--txt-owner-id=$(CLUSTER)'], env: [{ name: 'CLUSTER', ...elsewhere }] }],
  ])('takes no owner id for `default` because it stands elsewhere: %s', async (_, container) => {
    const { code, stdout, stderr } = await run(container)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^<stdin>:\d+: error: .*(TXT_OWNER_ID|owner-id=\$\(CLUSTER\)) has its value elsewhere.*--env-file$/m,
    )
  })

  it('takes what --env-file says for it', async () => {
    const env = [{ name: 'CLUSTER', ...elsewhere }]
    const { stdout } = await run({ args: [...AWS, '--txt-owner-id=$(CLUSTER)'], env }, ['--env-file', 'given.env'])
    expect(stdout).toContain('id: given\n')
  })

  it('says that a setting means nothing here, or cannot be translated, without its value', async () => {
    const env = ['SOURCE', 'REGEX_DOMAIN_FILTER'].map((name) => ({ name: `EXTERNAL_DNS_${name}`, ...elsewhere }))
    expect((await run({ args: [...AWS, '--txt-owner-id=x'], env })).stderr).toContain('--regex-domain-filter zones are')
    expect((await run({ args: [...AWS, '--txt-owner-id=x'], env: env.slice(0, 1) })).stderr).toContain(
      'note: --source:',
    )
  })

  it('finds the Secret behind a flag, and names what it did not read', async () => {
    const args = ['--provider=pdns', '--pdns-server=http://dns:8081', '--pdns-api-key=$(KEY)', '--txt-owner-id=x']
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'pdns', key: 'api.key' } } }]
    const { stderr } = await run({ args, env, envFrom: [{ configMapRef: { name: 'more' } }] })
    expect(stderr).toContain("kubectl -n system get secret pdns -o jsonpath='{.data.api\\.key}'")
    expect(stderr).toContain('its environment is also in ConfigMap system/more')
  })
})

describe('stoa migrate epictetus', () => {
  const env = [
    { name: 'UNHEALTHY_NODE_TAINTS', valueFrom: { configMapKeyRef: { name: 'settings', key: 'taints' } } },
    { name: 'REMOVE_ON_NOT_READY' },
  ]
  const items = [deployment('epictetus:1', { env }), SERVICE]

  it('takes no taints for unwritten because they stand elsewhere', async () => {
    const { code, stderr } = await migrate('epictetus', items)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^<stdin>:\d+: error: UNHEALTHY_NODE_TAINTS has its value elsewhere/)
    expect(stderr).not.toContain('REMOVE_ON_NOT_READY')
    expect((await migrate('epictetus', items, ['--env-file', 'given.env'])).code).toBe(0)
  })

  it('names ConfigMaps and Secrets that are its environment', async () => {
    const envFrom = [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'token' } }]
    const { code, stderr } = await migrate('epictetus', [deployment('epictetus:1', { envFrom }), SERVICE])
    expect(code).toBe(0)
    expect(stderr).toContain('its environment is also in ConfigMap system/settings, which is not read here')
    expect(stderr).toContain('its environment is also in Secret system/token, which is not read here')
    expect(stderr).not.toContain('no Deployment of Epictetus was given')
  })

  it('takes the token of Epictetus, and not that of another program', async () => {
    const tokenOf = (name: string): object => {
      const valueFrom = { secretKeyRef: { name, key: 'token' } }
      return { env: [{ name: 'CLOUDFLARE_API_TOKEN', valueFrom }] }
    }
    const epictetus = deployment('registry.example.com/epictetus@sha256:0', tokenOf('cloudflare'))
    const exporter = deployment('cloudflare_exporter:1', tokenOf('read-only'))
    expect((await migrate('epictetus', [epictetus, exporter, SERVICE])).stderr).toContain('get secret cloudflare ')
    expect((await migrate('epictetus', [exporter, SERVICE])).stderr).toContain('get secret read-only ')
  })
})
