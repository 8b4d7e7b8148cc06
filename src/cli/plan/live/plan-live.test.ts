import { createServer, type AddressInfo } from 'node:net'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand, type CommandOutcome } from '../../../../test/support/command-bench.ts'
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

interface PlanJson {
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

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
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
