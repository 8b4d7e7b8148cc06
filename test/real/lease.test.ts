// Leader election by real processes at a real apiserver, with nothing but the rights that the election needs.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { spawn, type ChildProcess } from 'node:child_process'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { forgetPid, rememberPid } from './support/leftovers.ts'

const LEASE_MS = 8_000
const USER = 'system:serviceaccount:default:stoa'
const SCRIPT = fileURLToPath(new URL('support/lease-candidate.ts', import.meta.url))
const LEASE_PATH = '/apis/coordination.k8s.io/v1/namespaces/default/leases/stoa'

interface Candidate {
  readonly child: ChildProcess
  /** The times at which it would have called a provider. */
  readonly calls: readonly number[]
  readonly isCampaigning: () => boolean
}

let apiserver: Apiserver
let kubeconfigPath: string
const candidates: Candidate[] = []

beforeAll(async () => {
  apiserver = await startApiserver({ identities: [{ user: USER }] })
  // A process takes the current context, which is to be that of the service account.
  kubeconfigPath = `${apiserver.kubeconfigPath}.election`
  const admin = JSON.parse(await readFile(apiserver.kubeconfigPath, 'utf8')) as object
  await writeFile(kubeconfigPath, JSON.stringify({ ...admin, 'current-context': USER }), { mode: 0o600 })
  const role = ['--verb=get,update,create', '--resource=leases.coordination.k8s.io']
  await apiserver.kubectl(['create', 'role', 'election', ...role])
  await apiserver.kubectl(['create', 'rolebinding', 'election', '--role=election', `--user=${USER}`])
})
afterEach(async () => {
  for (const { child } of candidates.splice(0)) {
    child.kill('SIGCONT')
    child.kill('SIGKILL')
  }
  await apiserver.request('DELETE', LEASE_PATH)
})
afterAll(() => apiserver.stop())

async function start(identity: string): Promise<Candidate> {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, identity, String(LEASE_MS)], {
    env: { ...process.env, KUBECONFIG: kubeconfigPath },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { pid } = child
  if (pid !== undefined) {
    rememberPid(pid)
    child.once('exit', () => forgetPid(pid))
  }
  const calls: number[] = []
  let campaigning = false
  child.stdout.on('data', (chunk: Buffer) => {
    campaigning = true
    for (const [, time] of chunk.toString('utf8').matchAll(/call (\d+)/g)) calls.push(Number(time))
  })
  const candidate = { child, calls, isCampaigning: () => campaigning }
  candidates.push(candidate)
  await until(candidate.isCampaigning, 20_000)
  return candidate
}

async function until(isSo: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`not so after ${timeoutMs} ms`)
    await delay(10)
  }
}

async function startPair(): Promise<readonly [leader: Candidate, other: Candidate]> {
  const leader = await start('first')
  await until(() => leader.calls.length > 0, 10_000)
  const other = await start('second')
  await delay(2_000)
  expect(other.calls).toEqual([])
  return [leader, other]
}

/** Nothing that one did lies between things the other did. */
function expectApart(earlier: Candidate, later: Candidate): void {
  expect(Math.max(...earlier.calls)).toBeLessThan(Math.min(...later.calls))
}

const SLACK_MS = 5_000

it('takes over from a leader that was killed within the lease and two seconds', async () => {
  const [leader, other] = await startPair()
  leader.child.kill('SIGKILL')
  const killedAt = Date.now()
  await until(() => other.calls.length > 0, LEASE_MS + 10_000)
  // More for a machine that is busy with other tests.
  expect((other.calls[0] ?? Infinity) - killedAt).toBeLessThan(LEASE_MS + 2_000 + SLACK_MS)
  expectApart(leader, other)
})

it('takes over from one that was stopped, which does nothing any more when it goes on', async () => {
  const [leader, other] = await startPair()
  leader.child.kill('SIGSTOP')
  await until(() => other.calls.length > 0, LEASE_MS + 10_000)
  leader.child.kill('SIGCONT')
  await delay(2_000)
  expectApart(leader, other)
})

it('takes over at once from one that ends gracefully, and keeps what people have put on the Lease', async () => {
  const [leader, other] = await startPair()
  await apiserver.request('PATCH', LEASE_PATH, { metadata: { labels: { team: 'dns' } } })
  await delay(2_000)
  leader.child.kill('SIGTERM')
  const askedAt = Date.now()
  await until(() => other.calls.length > 0, LEASE_MS)
  expect((other.calls[0] ?? Infinity) - askedAt).toBeLessThan(2_500)
  expectApart(leader, other)
  const { body } = await apiserver.request('GET', LEASE_PATH)
  expect(body).toMatchObject({
    metadata: { labels: { team: 'dns' } },
    spec: { holderIdentity: 'second', leaseTransitions: 1 },
  })
})
