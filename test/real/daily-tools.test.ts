// The commands for every day, as people run them: against a controller in a real cluster with a real PowerDNS, and against a Stoa over
// Git through its socket.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { Resolver } from 'node:dns/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GitRepository } from '../support/git-repository.ts'
import { BUNDLE, runStoa, type CommandResult } from '../support/run-stoa.ts'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { CONTROLLER_USER, installStoa, kubectl, startController, type Controller } from './support/controller.ts'
import { findFreePort } from './support/ports.ts'
import { startPowerDns, type PowerDns } from './support/powerdns.ts'
import { startServer, type RunningServer } from './support/process.ts'

const READER = 'reader'

function stoa(kind: string, ref: string, spec: object): object {
  const [namespace, name] = ref.split('/')
  return { apiVersion: 'dns.stoa.dev/v1alpha1', kind, metadata: { name, namespace }, spec }
}

async function eventually<Value>(look: () => Promise<Value>, wanted: Value, describeState = () => ''): Promise<void> {
  const until = Date.now() + 30_000
  for (;;) {
    const seen = await look()
    if (JSON.stringify(seen) === JSON.stringify(wanted)) return
    if (Date.now() > until) expect(seen, describeState()).toEqual(wanted)
    await delay(100)
  }
}

function hashIn({ stdout }: CommandResult): string {
  return /\b[0-9a-f]{16}\b/.exec(stdout)?.[0] ?? ''
}

describe('in a cluster', () => {
  const zone = 'shop.test'
  let apiserver: Apiserver
  let powerdns: PowerDns
  let controller: Controller

  const run = (...args: readonly string[]): Promise<CommandResult> =>
    runStoa([...args, `--kubeconfig=${apiserver.kubeconfigPath}`])
  const apply = (...objects: readonly object[]): Promise<string> =>
    kubectl(apiserver, ['apply', '--filename=-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
  const record = (name: string, spec: object = {}): object =>
    stoa('DynamicDNSRecord', `web/${name}`, {
      hostnames: [`${name}.${zone}`],
      ttlSeconds: 2,
      targets: [{ nodePool: { name: 'edge' } }],
      ...spec,
    })
  const isReady = async (name: string): Promise<number | null> => (await run('status', `web/${name}`)).code
  const valuesOf = async (name: string): Promise<readonly string[]> => {
    const { text } = await powerdns.call('GET', `zones/${zone}.?rrset_name=${name}.${zone}.&rrset_type=A`)
    const { rrsets = [] } = JSON.parse(text) as { rrsets?: { name: string; records: { content: string }[] }[] }
    const found = rrsets.find((set) => set.name === `${name}.${zone}.`)
    return (found?.records ?? []).map(({ content }) => content).sort()
  }

  beforeAll(async () => {
    ;[apiserver, powerdns] = await Promise.all([
      startApiserver({ identities: [{ user: CONTROLLER_USER }, { user: READER }] }),
      startPowerDns(),
    ])
    await installStoa(apiserver)
    await powerdns.createZone(zone)
    await kubectl(apiserver, ['create', 'namespace', 'web'])
    controller = await startController(apiserver)
    for (const n of [1, 2]) {
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: `n${n}`, labels: { role: 'edge' } } }
      await apiserver.request('POST', '/api/v1/nodes', node)
      const status = {
        addresses: [{ type: 'ExternalIP', address: `192.0.2.${n}` }],
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }],
      }
      const headers = { 'content-type': 'application/merge-patch+json' }
      await apiserver.request('PATCH', `/api/v1/nodes/n${n}/status`, { status }, headers)
    }
    await apply(
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'powerdns', namespace: 'web' },
        stringData: { apiKey: powerdns.apiKey },
      },
      stoa('DNSProvider', 'web/main', {
        type: 'PowerDNS',
        zones: [zone],
        credentialsSecretRef: { name: 'powerdns' },
        powerdns: { endpoint: powerdns.url },
        guard: { maxDeletePercent: 100, windowSeconds: 60 },
      }),
      stoa('NodePool', 'web/edge', {
        selector: { matchLabels: { role: 'edge' } },
        allowNonGlobalAddresses: true,
        drain: { readmitSeconds: 1 },
      }),
      record('anchor'),
    )
    await eventually(
      () => isReady('anchor'),
      0,
      () => controller.output().slice(-3000),
    )
  })
  afterAll(async () => {
    await controller?.stop()
    await Promise.all([apiserver?.stop(), powerdns?.stop()])
  })

  it('stoa get shows what kubectl get shows', async () => {
    const ours = await run('get', 'records', '--namespace=web', '--output=wide')
    const theirs = await kubectl(apiserver, ['get', '--namespace=web', 'ddr', '--output=wide'])
    const withoutAge = (text: string): string => text.replaceAll(/ \d+[smh]\d*s? /g, ' ').replaceAll(/ +/g, ' ')
    expect(
      withoutAge(ours.stdout)
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(
      withoutAge(theirs)
        .split('\n')
        .map((line) => line.trim()),
    )
  })

  it('stoa doctor finds all well, and says what a reader may not do', async () => {
    const well = await run('doctor')
    expect(well.stdout).toContain('all four CRDs are there, and those of this version')
    expect(well.stdout).toMatch(/leads \(Lease stoa-system\/stoa, renewed \d+s ago\)/)
    expect(well.stdout).toContain('✓ you may do all that is needed')
    expect(well.stdout).toMatch(/all is well\n$/)
    expect(well.code).toBe(0)
    const reader = await run('doctor', `--context=${READER}`)
    expect(reader.stdout).toContain('✗ you may not list dynamicdnsrecords')
    expect(reader.code).toBe(1)
  })

  it('stoa approve lets a plan go once, with the rights of whoever runs it', async () => {
    await apply(record('plan', { mode: 'PlanAll' }))
    await eventually(async () => hashIn(await run('approve', 'web/plan')) !== '', true)
    expect(await valuesOf('plan')).toEqual([])
    const refused = await run('approve', 'web/plan', '--yes', `--context=${READER}`)
    expect(refused.code).toBe(1)
    const status = await run('status', 'web/plan')
    expect(status.code).toBe(1)
    expect(status.stdout).toContain('to let the plan go: stoa approve web/plan ')
    expect((await run('approve', 'web/plan', hashIn(await run('approve', 'web/plan')))).code).toBe(0)
    await eventually(() => isReady('plan'), 0)
    expect(await valuesOf('plan')).toEqual(['192.0.2.1', '192.0.2.2'])
    expect((await run('approve', 'web/plan', '--yes')).stderr).toBe('nothing waits for approval at web/plan\n')
    // It would rightly ask again for every member that comes or goes.
    await kubectl(apiserver, ['delete', '--namespace=web', 'ddr', 'plan'])
  })

  it('stoa refresh is handled, and its time is echoed', async () => {
    expect((await run('refresh', '--all', '--namespace=web')).stdout).toContain('objects will be looked at now')
    const echo = async (): Promise<boolean> => {
      const { stdout } = await run('get', 'record', 'anchor', '--namespace=web', '--output=json')
      const { metadata, status } = JSON.parse(stdout) as {
        metadata: { annotations: Record<string, string> }
        status: { lastHandledReconcileAt?: string }
      }
      return status.lastHandledReconcileAt === metadata.annotations['dns.stoa.dev/requestedAt']
    }
    await eventually(echo, true)
  })

  it('stoa drain --wait returns when the node may go, and --undo brings it back', async () => {
    const drained = await run('drain', 'n2', '--wait', '--timeout=60s')
    expect(drained.stderr).toContain('NodePool web/edge: no resolver should know it since')
    expect(drained.code).toBe(0)
    expect(await valuesOf('anchor')).toEqual(['192.0.2.1'])
    expect((await run('drain', 'n2', '--undo', '--wait', '--timeout=60s')).code).toBe(0)
    await eventually(() => valuesOf('anchor'), ['192.0.2.1', '192.0.2.2'])
  })

  it('stoa orphans shows what nothing claims, and stoa prune removes it', async () => {
    await apply(record('lost'))
    await eventually(() => isReady('lost'), 0)
    // Somebody takes the finalizer off while no controller works.
    await controller.stop()
    const finalizers = JSON.stringify({ metadata: { finalizers: null } })
    await kubectl(apiserver, ['patch', '--namespace=web', 'ddr', 'lost', '--type=merge', `--patch=${finalizers}`])
    await kubectl(apiserver, ['delete', '--namespace=web', 'ddr', 'lost'])
    controller = await startController(apiserver)
    await eventually(async () => (await run('orphans')).stdout.includes('A lost.shop.test'), true)
    expect(await valuesOf('lost')).toHaveLength(2)
    const orphans = await run('orphans')
    expect((await run('prune', 'web/main', '0'.repeat(16))).code).toBe(1)
    expect((await run('prune', 'web/main', hashIn(orphans), `--zone=${zone}`)).code).toBe(0)
    await eventually(() => valuesOf('lost'), [])
    await eventually(async () => (await run('orphans')).stderr, 'there are no orphans\n')
    expect(await valuesOf('anchor')).toHaveLength(2)
  })
})

describe('over Git', () => {
  let repository: GitRepository
  let folder: string
  let data: string
  let dnsPort: number
  let server: RunningServer

  const run = (...args: readonly string[]): Promise<CommandResult> => runStoa([...args, `--data=${data}`])
  const write = (name: string, object: object): Promise<void> => repository.write(name, JSON.stringify(object))
  const record = (name: string, spec: object = {}): object =>
    stoa('DynamicDNSRecord', `web/${name}`, {
      hostnames: [`${name}.home.test`],
      targets: [{ addresses: ['192.0.2.7'] }],
      ...spec,
    })
  const ask = async (name: string): Promise<readonly string[]> => {
    const resolver = new Resolver({ timeout: 1_000, tries: 1 })
    resolver.setServers([`127.0.0.1:${dnsPort}`])
    return resolver.resolve4(`${name}.home.test`).catch(() => [])
  }
  const start = async (): Promise<RunningServer> => {
    const metricsPort = await findFreePort()
    return startServer({
      name: 'stoa run --git',
      command: process.execPath,
      args: [
        ...[BUNDLE, 'run', `--git=${repository.path}`, `--data=${data}`, `--metrics-port=${metricsPort}`],
        ...['--page-port=0', '--view-port=0', `--dns-port=${dnsPort}`],
      ],
      isReady: async () => (await fetch(`http://127.0.0.1:${metricsPort}/health/ready`)).ok,
    })
  }

  beforeAll(async () => {
    repository = await GitRepository.create()
    folder = await mkdtemp(join(tmpdir(), 'stoa-daily-real-'))
    data = join(folder, 'data')
    dnsPort = await findFreePort()
    await write(
      'provider.json',
      stoa('DNSProvider', 'web/main', {
        type: 'Builtin',
        zones: ['home.test'],
        builtin: {},
        ownership: { id: 'home' },
      }),
    )
    await write('www.json', record('www', { mode: 'PlanAll' }))
    await repository.commit()
    server = await start()
  })
  afterAll(async () => {
    await server?.stop()
    await repository?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  it('the socket is for its owner alone', async () => {
    const found = await stat(join(data, 'control.sock'))
    expect([found.isSocket(), found.mode & 0o777]).toEqual([true, 0o600])
  })

  it('stoa approve lets a plan go, which Git knows nothing of', async () => {
    await eventually(
      async () => hashIn(await run('approve', 'www')) !== '',
      true,
      () => server.output(),
    )
    expect(await ask('www')).toEqual([])
    expect((await run('status', 'www')).stdout).toMatch(/in www\.json:1 of .*, commit [0-9a-f]{12}/)
    expect((await run('approve', 'www', '--yes')).code).toBe(0)
    await eventually(() => ask('www'), ['192.0.2.7'])
    await eventually(async () => (await run('status', 'www')).code, 0)
    expect(await repository.git('status', '--porcelain')).toBe('')
  })

  it('an approval ends with the spec that it was for', async () => {
    await write('www.json', record('www', { mode: 'PlanAll', targets: [{ addresses: ['192.0.2.8'] }] }))
    await repository.commit()
    await eventually(async () => hashIn(await run('approve', 'www')) !== '', true)
    expect(await ask('www')).toEqual(['192.0.2.7'])
    expect((await run('approve', 'www', '--yes')).code).toBe(0)
    await eventually(() => ask('www'), ['192.0.2.8'])
  })

  it('stoa refresh is handled', async () => {
    await run('refresh', 'www')
    const echo = async (): Promise<boolean> =>
      (await run('get', 'record', 'www', '--output=yaml')).stdout.includes('lastHandledReconcileAt')
    await eventually(echo, true)
  })

  it('stoa approve removals lets go what was held', async () => {
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await write(`${name}.json`, record(name))
    await repository.commit()
    for (const name of names) await eventually(() => ask(name), ['192.0.2.7'])
    expect((await run('doctor')).code).toBe(0)
    for (const name of names) await repository.delete(`${name}.json`)
    await repository.commit()
    await eventually(async () => (await run('approve', 'removals')).stdout.includes('most of what was there'), true)
    const doctor = await run('doctor')
    expect(doctor.code).toBe(1)
    expect(doctor.stdout).toContain('stoa approve removals')
    expect(await ask('a')).toEqual(['192.0.2.7'])
    expect((await run('approve', 'removals', '--yes')).code).toBe(0)
    // The guard of the provider has its own say about so many deletions at once.
    const isGone = async (): Promise<boolean> => {
      await run('approve', 'provider/main', '--yes')
      return (await run('get', 'records')).stdout.split('\n').filter(Boolean).length === 2
    }
    await eventually(isGone, true, () => server.output())
    expect(await ask('a')).toEqual([])
    expect(await ask('www')).toEqual(['192.0.2.8'])
  })

  it('stoa get shows the last state after a kill, and the next process takes the place of the dead one', async () => {
    process.kill(server.pid, 'SIGKILL')
    await server.stop()
    const { code, stdout, stderr } = await run('get', 'records')
    expect({ code, row: stdout.includes('www.home.test') }).toEqual({ code: 0, row: true })
    expect(stderr).toContain('this is what it had saved last')
    expect((await run('refresh', 'www')).stderr).toContain('no Stoa runs with')
    server = await start()
    expect((await run('get', 'records')).stderr).toBe('')
  })

  it('stoa prune removes what a lost state left behind', async () => {
    await write('old.json', record('old'))
    await repository.commit()
    await eventually(() => ask('old'), ['192.0.2.7'])
    await server.stop()
    // The zone is still there, but nobody remembers whose its names were.
    for (const file of ['state.jsonl', 'state.jsonl.previous']) await rm(join(data, file), { force: true })
    await repository.delete('old.json')
    await repository.commit()
    server = await start()
    await eventually(
      async () => (await run('orphans')).stdout.includes('A old.home.test'),
      true,
      () => server.output(),
    )
    expect((await run('prune', 'main', hashIn(await run('orphans')))).code).toBe(0)
    await eventually(() => ask('old'), [])
  })
})
