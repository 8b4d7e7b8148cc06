import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand, type CommandOutcome } from '../../../../test/support/command-bench.ts'
import { WebhookFake } from '../../../../test/fakes/webhook-fake.ts'
import { freePort } from '../../../../test/support/free-port.ts'
import { GitRepository } from '../../../../test/support/git-repository.ts'
import type { DynamicDNSRecordStatus } from '../../../api/generated/dynamic-dns-record.ts'
import { FileZonePersistence } from '../../../dns/file-zone-persistence.ts'
import type { Fqdn } from '../../../model/name.ts'
import { readSavedState } from '../../../store/git/data-directory.ts'
import { findObject } from '../../../store/git/state.ts'

const ZONE = 'stoa.test' as Fqdn

function manifests(address: string, approve?: string): string {
  const annotations = approve === undefined ? '' : `, annotations: {dns.stoa.dev/approve: "${approve}"}`
  return `
apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: {name: main, namespace: infra}
spec: {type: Builtin, zones: [${ZONE}]}
---
apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata: {name: asked, namespace: infra${annotations}}
spec:
  mode: PlanAll
  hostnames: [asked.stoa.test, both.stoa.test]
  targets: [{addresses: [${address}]}]
---
apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata: {name: free, namespace: infra}
spec: {hostnames: [free.stoa.test], targets: [{addresses: [192.0.2.1]}]}
`
}

/** The same records at another provider. */
function elsewhere(spec: string): string {
  return manifests('192.0.2.1').replace(`{type: Builtin, zones: [${ZONE}]}`, spec)
}

interface PlanJson {
  readonly summary: Readonly<Record<string, number>>
  readonly unknown: readonly string[]
  readonly approvals: readonly { readonly ref: string; readonly hash: string }[]
  readonly warnings: readonly string[]
  readonly zones: readonly {
    readonly changes: readonly {
      readonly action: string
      readonly name: string
      readonly next: { readonly values: readonly { readonly value: string }[] }
    }[]
  }[]
}

let repository: GitRepository
let data: string

beforeEach(async () => {
  repository = await GitRepository.create()
  data = await mkdtemp(join(tmpdir(), 'stoa-data-'))
})
afterEach(async () => {
  await repository.remove()
  await rm(data, { recursive: true, force: true, maxRetries: 3 })
})

async function commit(text: string): Promise<void> {
  await repository.write('dns.yaml', text)
  await repository.commit()
}

/** Runs Stoa over the repository until the record says what is waited for. */
async function runUntil(isThere: (status: DynamicDNSRecordStatus) => boolean, name = 'asked'): Promise<void> {
  const stopping = new AbortController()
  const ports = ['--metrics-port', '0', '--page-port', '0', '--view-port', '0', '--dns-port', String(await freePort())]
  const args = ['run', '--git', repository.path, '--data', data, ...ports]
  const run = runCommand(args, { signal: stopping.signal, env: process.env, cwd: repository.path })
  try {
    await expect.poll(async () => isThere(await readStatus(name)), { timeout: 30_000, interval: 100 }).toBe(true)
  } finally {
    stopping.abort()
    await run
  }
}

async function readStatus(name = 'asked'): Promise<DynamicDNSRecordStatus> {
  const state = await readSavedState(data)
  const entry = state && findObject(state, 'DynamicDNSRecord', { namespace: 'infra', name })
  return entry?.status ?? {}
}

async function planLive(...args: readonly string[]): Promise<CommandOutcome & { readonly json: PlanJson }> {
  const all = ['plan', '--live', '--data', data, '--output', 'json', ...args]
  const outcome = await runCommand(all, { cwd: repository.path, env: process.env })
  return { ...outcome, json: JSON.parse(outcome.stdout) as PlanJson }
}

async function servedText(): Promise<string> {
  return JSON.stringify(await new FileZonePersistence(join(data, 'zones')).load(ZONE))
}

function isInSync({ recordSets = [] }: DynamicDNSRecordStatus): boolean {
  return recordSets.length > 0 && recordSets.every(({ state }) => state === 'InSync')
}

function isWaiting({ plan, observedGeneration }: DynamicDNSRecordStatus, generation: number): boolean {
  return observedGeneration === generation && plan?.hash !== undefined
}

describe('stoa plan --live', () => {
  it('shows changes and a hash, and approving it before the edit is applied makes exactly these changes', async () => {
    await commit(manifests('192.0.2.1'))
    await runUntil((status) => isWaiting(status, 1))
    await repository.write('dns.yaml', manifests('192.0.2.7'))
    const before = await readdir(data)
    const { json, code } = await planLive('--detailed-exitcode')
    expect(code).toBe(2)
    expect(await readdir(data)).toEqual(before)
    const changes = json.zones.flatMap((zone) => zone.changes)
    expect(changes.map(({ action, name, next }) => [action, name, next.values[0]?.value])).toEqual([
      ['create', 'asked.stoa.test', '192.0.2.7'],
      ['create', 'both.stoa.test', '192.0.2.7'],
    ])
    expect(json.approvals).toMatchObject([{ ref: 'infra/asked' }])
    expect(await servedText()).not.toContain('asked')

    const hash = json.approvals[0]?.hash ?? ''
    await commit(manifests('192.0.2.7', hash))
    await runUntil(({ plan }) => plan?.appliedHash === hash)
    const { recordSets = [] } = await readStatus()
    expect(recordSets.map(({ name, values, state }) => [name, values, state])).toEqual([
      ['asked.stoa.test', ['192.0.2.7'], 'InSync'],
      ['both.stoa.test', ['192.0.2.7'], 'InSync'],
    ])
    expect((await planLive('--detailed-exitcode')).code).toBe(0)
  }, 60_000)

  it('gives a hash that makes no change at all once anything differs from what was shown', async () => {
    await commit(manifests('192.0.2.1'))
    await runUntil((status) => isWaiting(status, 1))
    await repository.write('dns.yaml', manifests('192.0.2.7'))
    const hash = (await planLive()).json.approvals[0]?.hash ?? ''
    await commit(manifests('192.0.2.8', hash))
    await runUntil((status) => isWaiting(status, 2))
    await sleep(300)
    expect(await servedText()).not.toContain('asked')
    expect((await readStatus()).plan?.hash).not.toBe(hash)
  }, 60_000)

  it('gives a hash for a record that is not there yet, too', async () => {
    await commit(manifests('192.0.2.1').split('---').slice(0, 2).join('---').replaceAll('asked', 'first'))
    await runUntil((status) => status.plan?.hash !== undefined, 'first')
    await repository.write('dns.yaml', manifests('192.0.2.7'))
    const { json } = await planLive()
    expect(json.approvals).toMatchObject([{ ref: 'infra/asked' }])
    const hash = json.approvals[0]?.hash ?? ''
    await commit(manifests('192.0.2.7', hash))
    await runUntil(({ plan }) => plan?.appliedHash === hash)
  }, 60_000)

  it('says that nothing is known, and fails, while a provider cannot be asked', async () => {
    const closed = `http://127.0.0.1:${await freePort()}`
    await commit(elsewhere(`{type: Webhook, zones: [${ZONE}], webhook: {endpoint: "${closed}"}}`))
    const { json, code } = await planLive('--detailed-exitcode')
    expect(code).toBe(1)
    expect(json.unknown).toEqual(['asked.stoa.test', 'both.stoa.test', 'free.stoa.test'])
    expect(json.summary).toMatchObject({ create: 0, unknown: 3 })
    expect(json.warnings.filter((warning) => warning.includes('connection refused'))).toHaveLength(1)
  }, 60_000)

  it('does the same while a Secret is missing', async () => {
    await commit(elsewhere(`{type: Cloudflare, zones: [${ZONE}], credentialsSecretRef: {name: token}}`))
    const all = ['plan', '--live', '--data', data]
    const { stdout, code } = await runCommand(all, { cwd: repository.path, env: process.env })
    expect(code).toBe(1)
    expect(stdout).toContain('! DNSProvider infra/main: Secret infra/token does not exist')
    expect(stdout).toContain('plan: not known for 3 names\n')
  }, 60_000)

  it('knows nothing of what is published or to be removed, either, where the provider is gone', async () => {
    const fake = await WebhookFake.start({ include: [ZONE] })
    const spec = `{type: Webhook, zones: [${ZONE}], webhook: {endpoint: "${fake.http.url}"}}`
    await commit(elsewhere(spec).replace('mode: PlanAll', 'mode: Apply'))
    await runUntil(isInSync)
    await runUntil(isInSync, 'free')
    await fake.http.stop()
    await repository.write('dns.yaml', elsewhere(spec).split('---').slice(0, 2).join('---'))
    const { json, code } = await planLive()
    expect(code).toBe(1)
    expect(json.unknown).toEqual(['asked.stoa.test', 'both.stoa.test', 'free.stoa.test'])
  }, 60_000)

  it('plans what it can read beside a provider that does not answer', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const other = `{type: Webhook, zones: [other.test], webhook: {endpoint: "http://127.0.0.1:${port}"}}`
    await commit(`${manifests('192.0.2.1').replace('both.stoa.test', 'both.other.test')}---
apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: {name: other, namespace: infra}
spec: ${other}
`)
    const { json, code } = await planLive('--timeout', '3')
    silent.close()
    expect(code).toBe(1)
    expect(json.unknown).toEqual(['both.other.test'])
    expect(json.zones.flatMap((zone) => zone.changes.map(({ name }) => name))).toEqual([
      'asked.stoa.test',
      'free.stoa.test',
    ])
    expect(json.warnings).toContainEqual(expect.stringContaining('there was no answer in time'))
  }, 60_000)

  it('waits for what the health check of a new pool says', async () => {
    // A probe ends its connection as abruptly as it can.
    const server = createServer((socket) => socket.on('error', () => undefined).end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const check = `{tcpSocket: {port: ${port}}, periodSeconds: 3}`
    await commit(`${manifests('192.0.2.1')}---
apiVersion: dns.stoa.dev/v1alpha1
kind: NodePool
metadata: {name: edge, namespace: infra}
spec: {hosts: [{name: a, addresses: [127.0.0.1]}], allowNonGlobalAddresses: true, healthCheck: ${check}}
---
apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata: {name: pooled, namespace: infra}
spec: {hostnames: [pooled.stoa.test], targets: [{nodePool: {name: edge}}]}
`)
    const { json, code } = await planLive('--detailed-exitcode')
    server.close()
    expect(code).toBe(2)
    expect(json.zones.flatMap((zone) => zone.changes.map(({ name }) => name))).toContain('pooled.stoa.test')
  }, 60_000)

  it('shows a commit as well as the working tree, and says what it cannot know', async () => {
    await commit(manifests('192.0.2.1'))
    await repository.write('dns.yaml', 'a: [')
    const { json, code } = await planLive('--to', 'HEAD')
    expect(code).toBe(0)
    expect(json.zones.flatMap((zone) => zone.changes)).toHaveLength(3)
    expect(json.approvals).toEqual([])
    expect(json.warnings).toMatchObject([
      expect.stringContaining('state.jsonl is not there'),
      expect.stringContaining('infra/asked has spec.mode PlanAll'),
    ])
  }, 60_000)
})
