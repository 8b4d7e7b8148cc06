// The harness itself: the servers start, answer, and leave nothing behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { startCoturn, type Coturn } from './support/coturn.ts'
import { createTempDir } from './support/leftovers.ts'
import { isAlive, startServer } from './support/process.ts'
import { askStun } from './support/stun-question.ts'

describe('a real apiserver', () => {
  const stranger = 'system:serviceaccount:default:stranger'
  let apiserver: Apiserver
  beforeAll(async () => {
    apiserver = await startApiserver({ identities: [{ user: stranger, groups: ['system:serviceaccounts'] }] })
  })
  afterAll(() => apiserver.stop())

  it('answers the administrator', async () => {
    const answer = await apiserver.request('GET', '/api/v1/namespaces/default')
    expect(answer).toMatchObject({ status: 200, body: { kind: 'Namespace', metadata: { name: 'default' } } })
  })

  it('lists namespaces with kubectl', async () => {
    const result = await apiserver.kubectl(['get', 'namespaces', '--output=name'])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout.split('\n')).toContain('namespace/kube-system')
  })

  it('hands kubectl its standard input', async () => {
    const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'from-stdin' } })
    const result = await apiserver.kubectl(['create', '--filename=-'], { stdin: manifest })
    expect(result).toEqual({ code: 0, stdout: 'namespace/from-stdin created\n', stderr: '' })
  })

  it('knows another identity and refuses it what RBAC does not grant', async () => {
    const kubectl = await apiserver.kubectl(['get', 'namespaces'], { as: stranger })
    expect(kubectl.code).toBe(1)
    expect(kubectl.stderr).toContain(`User "${stranger}" cannot list resource "namespaces"`)
    const raw = await apiserver.request('GET', '/api/v1/namespaces', undefined, {}, apiserver.tokenOf(stranger))
    expect(raw).toMatchObject({ status: 403, body: { reason: 'Forbidden' } })
    const unknown = await apiserver.request('GET', '/api/v1/namespaces', undefined, {}, 'nobody-has-this-token')
    expect(unknown.status).toBe(401)
  })

  it('refuses to act as somebody it was not told of', async () => {
    await expect(apiserver.kubectl(['get', 'nodes'], { as: 'someone' })).rejects.toThrow('someone is no identity')
  })

  it('keeps its data and its address over a restart', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kept' } }
    expect(await apiserver.request('POST', '/api/v1/namespaces', namespace)).toMatchObject({ status: 201 })
    const [etcd, previous = 0] = apiserver.pids()
    await apiserver.restart()
    expect(isAlive(previous)).toBe(false)
    expect(apiserver.pids()[0]).toBe(etcd)
    expect(await apiserver.request('GET', '/api/v1/namespaces/kept')).toMatchObject({ status: 200 })
  })

  it('leaves no process and no directory when it is stopped', async () => {
    const pids = apiserver.pids()
    expect(pids.map(isAlive)).toEqual([true, true])
    await apiserver.stop()
    expect(pids.map(isAlive)).toEqual([false, false])
    expect(existsSync(dirname(apiserver.kubeconfigPath))).toBe(false)
  })
})

describe('a server that a test starts', () => {
  it('is reported with what it wrote when it ends before it is ready', async () => {
    const broken = startServer({
      name: 'broken',
      command: 'sh',
      args: ['-c', 'echo no such zone >&2; exit 3'],
      isReady: () => Promise.resolve(false),
    })
    await expect(broken).rejects.toThrow(/broken did not start: it exited with code 3; it wrote:\nno such zone/)
  })

  it('is reported when it never becomes ready, and is ended even if it ignores SIGTERM', async () => {
    const stubborn = startServer({
      name: 'stubborn',
      command: 'sh',
      args: ['-c', 'trap "" TERM; echo $$; while :; do sleep 0.1; done'],
      isReady: () => Promise.resolve(false),
      readyTimeoutMs: 300,
    })
    const error: unknown = await stubborn.catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/stubborn was not ready after 300 ms; it wrote:\n\d+/)
    expect(isAlive(Number(String(error).match(/\n(\d+)/)?.[1]))).toBe(false)
  })

  it.each([
    { signal: 'SIGTERM', left: 0 },
    // Nothing can remove a directory after SIGKILL; the process must end all the same.
    { signal: 'SIGKILL', left: 1 },
  ] as const)('ends when the process that started it gets $signal', async ({ signal, left }) => {
    const dir = await createTempDir('abandoned')
    const script = fileURLToPath(new URL('support/abandon-coturn.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      env: { ...process.env, TMPDIR: dir.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    expect(isAlive(Number(line))).toBe(true)
    child.kill(signal)
    await once(child, 'exit')
    await vi.waitFor(() => expect(isAlive(Number(line))).toBe(false), 5_000)
    expect(readdirSync(dir.path).filter((name) => name.startsWith('stoa-coturn-'))).toHaveLength(left)
    await dir.remove()
  })
})

describe('coturn', () => {
  let coturn: Coturn
  beforeAll(async () => {
    coturn = await startCoturn()
  })
  afterAll(() => coturn.stop())

  it.each(['udp', 'tcp'] as const)(
    'answers a binding request over %s with the address it came from',
    async (transport) => {
      expect(coturn.hosts).toContain('127.0.0.1')
      for (const host of coturn.hosts) {
        const mapped = await askStun(transport, host, coturn.port)
        expect(mapped.address).toBe(host === '::1' ? '0:0:0:0:0:0:0:1' : host)
        expect(mapped.port).toBeGreaterThan(0)
      }
    },
  )

  it('leaves no process when it is stopped', async () => {
    expect(isAlive(coturn.pid)).toBe(true)
    await coturn.stop()
    expect(isAlive(coturn.pid)).toBe(false)
  })
})
