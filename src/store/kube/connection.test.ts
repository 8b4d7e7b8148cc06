import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HttpFake } from '../../../test/fakes/http-fake.ts'
import { ApiserverFake } from '../../../test/fakes/apiserver-fake.ts'
import { createApiClient } from './api-client.ts'
import { renderKubeconfig } from '../../serve/kubectl-view/render-kubeconfig.ts'
import { openConnection, type Connection, type ConnectionOptions } from './connection.ts'

const never = new AbortController().signal

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-kubeconfig-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

interface Sample {
  readonly server?: string
  readonly user?: object
}

async function writeKubeconfig({ server = 'https://127.0.0.1:1/', user = { token: 'one' } }: Sample): Promise<string> {
  const path = join(folder, 'config')
  const cluster = { server, ...(server.startsWith('https') ? { 'certificate-authority': 'ca.pem' } : INSECURE) }
  const config = {
    'current-context': 'main',
    clusters: [{ name: 'here', cluster }],
    users: [
      { name: 'me', user },
      { name: 'other', user: { token: 'two' } },
    ],
    contexts: [
      { name: 'main', context: { cluster: 'here', user: 'me', namespace: 'dns' } },
      { name: 'second', context: { cluster: 'here', user: 'other' } },
      { name: 'broken', context: { cluster: 'nowhere', user: 'me' } },
    ],
  }
  await writeFile(path, JSON.stringify(config))
  await writeFile(join(folder, 'ca.pem'), 'first')
  return path
}

const INSECURE = { 'insecure-skip-tls-verify': true }
const headerOf = async (options: ConnectionOptions): Promise<string | undefined> => {
  return (await (await openConnection(options)).authorize(never)).headers['Authorization']
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a connection', () => {
  it('is what the kubeconfig says', async () => {
    const kubeconfig = await writeKubeconfig({})
    expect(await openConnection({ kubeconfig })).toMatchObject({
      ...{ server: 'https://127.0.0.1:1', namespace: 'dns', podNamespace: undefined },
    })
    expect(await headerOf({ kubeconfig })).toBe('Bearer one')
    expect(await headerOf({ kubeconfig, context: 'second' })).toBe('Bearer two')
  })

  it('finds the kubeconfig in KUBECONFIG', async () => {
    vi.stubEnv('KUBECONFIG', await writeKubeconfig({}))
    expect(await headerOf({})).toBe('Bearer one')
  })

  it('says what is missing', async () => {
    const kubeconfig = await writeKubeconfig({})
    const missing = { kind: 'terminal', reason: 'KubeconfigInvalid' }
    await expect(openConnection({ kubeconfig, context: 'x' })).rejects.toMatchObject({
      ...missing,
      message: `the kubeconfig ${kubeconfig} has no context x with a cluster; it has main, second, broken`,
    })
    await expect(openConnection({ kubeconfig, context: 'broken' })).rejects.toMatchObject(missing)
    await expect(openConnection({ kubeconfig: join(folder, 'none') })).rejects.toMatchObject({
      ...missing,
      message: expect.stringContaining(join(folder, 'none')) as string,
    })
    vi.stubEnv('KUBECONFIG', '')
    vi.stubEnv('HOME', folder)
    for (const context of [undefined, 'x']) {
      await expect(openConnection({ context })).rejects.toMatchObject({
        ...missing,
        message: expect.stringMatching(
          /^there is no kubeconfig and this is no Pod: give --kubeconfig, .*; for a Stoa without a cluster, .* --git, .* --data$/,
        ) as string,
      })
    }
  })

  it.each<[string, string, RegExp]>([
    [
      'no YAML',
      'users:\n- token: s3cret: x\n',
      /^the kubeconfig \S+\/own:2:\d+ is not readable as YAML: [^\n]+: mend it, or /,
    ],
    ['bytes', 'a: \0', /^the kubeconfig \S+\/own:1:4 is not readable as YAML: the character U\+0000 is not allowed/],
    [
      'nothing',
      '',
      /^the kubeconfig \S+\/own holds no kubeconfig: mend it, or name another with --kubeconfig or KUBECONFIG$/,
    ],
    [
      'a gap',
      '{clusters: [{name: a}]}',
      /^the kubeconfig \S+\/own cannot be used: clusters\[0\].cluster is missing: mend it/,
    ],
  ])('names the file that holds %s, and quotes nothing of it', async (_what, text, message) => {
    const kubeconfig = join(folder, 'own')
    await writeFile(kubeconfig, text)
    const failure = await openConnection({ kubeconfig }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ reason: 'KubeconfigInvalid', message: expect.stringMatching(message) as string })
    expect(String(failure)).not.toContain('s3cret')
  })

  it('says that a server is no URL', async () => {
    for (const server of ['127.0.0.1:6443', 'localhost:6443']) {
      const kubeconfig = await writeKubeconfig({ server })
      const message = `the kubeconfig ${kubeconfig} has the server "${server}", which is no URL such as https://192.0.2.1:6443`
      await expect(openConnection({ kubeconfig })).rejects.toMatchObject({ reason: 'KubeconfigInvalid', message })
    }
  })

  it('merges those of KUBECONFIG as kubectl does: the first counts, and one may be missing', async () => {
    const first = await writeKubeconfig({})
    const second = join(folder, 'second')
    const { clusters, users, contexts } = {
      clusters: [{ name: 'here', cluster: { server: 'https://127.0.0.1:2' } }],
      users: [{ name: 'me', user: { token: 'another' } }],
      contexts: [{ name: 'more', context: { cluster: 'here', user: 'me' } }],
    }
    await writeFile(second, JSON.stringify({ 'current-context': 'more', clusters, users, contexts }))
    vi.stubEnv('KUBECONFIG', [join(folder, 'none'), first, '', second].join(delimiter))
    expect(await openConnection()).toMatchObject({ server: 'https://127.0.0.1:1', namespace: 'dns' })
    expect(await headerOf({ context: 'more' })).toBe('Bearer one')
    vi.stubEnv('KUBECONFIG', join(folder, 'none'))
    await expect(openConnection()).rejects.toThrow(
      `the kubeconfig ${join(folder, 'none')} cannot be read (ENOENT: no such`,
    )
  })

  it.each<[string, object, RegExp]>([
    [
      'is missing',
      { command: 'no-such-plugin' },
      /^the plugin "no-such-plugin" .* for the user me .*: there is no such program/,
    ],
    ['fails', { command: 'sh', args: ['-c', 'echo log in first >&2; exit 1'] }, /gave no credentials: log in first$/],
    ['prints no credential', { command: 'echo', args: ['s3cret'] }, /: what it printed is no ExecCredential$/],
  ])('says that a plugin %s', async (_what, exec, message) => {
    const kubeconfig = await writeKubeconfig({
      user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', ...exec } },
    })
    const failure = await headerOf({ kubeconfig }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ kind: 'transient', message: expect.stringMatching(message) as string })
  })

  async function openWithPlugin(script: string): Promise<Connection> {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] }
    return openConnection({ kubeconfig: await writeKubeconfig({ user: { exec } }) })
  }

  it('does not wait for a plugin when we stop, and ends it', async () => {
    const pidFile = join(folder, 'pid')
    const connection = await openWithPlugin(`echo $$ >${pidFile}; exec sleep 60`)
    const stopping = new AbortController()
    const waiting = connection.authorize(stopping.signal)
    const readPid = async (): Promise<number> => Number(await readFile(pidFile, 'utf8').catch(() => '0'))
    await expect.poll(readPid).toBeGreaterThan(0)
    const pid = await readPid()
    stopping.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
    await connection.close()
    await expect.poll(() => isRunning(pid)).toBe(false)
  })

  it('asks a plugin once for requests that begin together, and not on its input', async () => {
    const log = join(folder, 'log')
    const credential = JSON.stringify({ status: { token: 'from-plugin' } })
    const connection = await openWithPlugin(`cat; echo run >>${log}; echo '${credential}'`)
    const both = await Promise.all([connection.authorize(never), connection.authorize(never)])
    expect(both.map(({ headers }) => headers['Authorization'])).toEqual(['Bearer from-plugin', 'Bearer from-plugin'])
    expect(await readFile(log, 'utf8')).toBe('run\n')
    await connection.close()
  })

  it('keeps what a plugin gave anew when an older request is told that what it had is not accepted', async () => {
    const log = join(folder, 'log')
    const status = `{"token":"'$(tr '\\n' - <${log})'","expirationTimestamp":"2999-01-01T00:00:00Z"}`
    const script = `echo run >>${log}; echo '{"status":${status}}'`
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] }
    const kubeconfig = await writeKubeconfig({ server: 'https://127.0.0.1:9', user: { exec } })
    const connection = await openConnection({ kubeconfig })
    const [first, second] = [await connection.authorize(never), await connection.authorize(never)]
    connection.forgetCredentials(first)
    const anew = await connection.authorize(never)
    connection.forgetCredentials(second)
    expect((await connection.authorize(never)).headers['Authorization']).toBe('Bearer run-run-')
    connection.forgetCredentials(anew)
    expect((await connection.authorize(never)).headers['Authorization']).toBe('Bearer run-run-run-')
    await connection.close()
  })

  it('asks a plugin again for what is not accepted, whenever that says that it ends', async () => {
    const server = await HttpFake.start(({ headers }) => ({
      status: headers['authorization'] === 'Bearer run-run-' ? 200 : 401,
      body: '{}',
    }))
    const log = join(folder, 'log')
    const status = `{"token":"'$(tr '\\n' - <${log})'","expirationTimestamp":"2999-01-01T00:00:00Z"}`
    const script = `echo run >>${log}; echo '{"status":${status}}'`
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] }
    const kubeconfig = await writeKubeconfig({ server: server.url, user: { exec } })
    const connection = await openConnection({ kubeconfig })
    const api = createApiClient(connection)
    await expect(api.request('GET', '/version', { signal: never })).rejects.toMatchObject({ reason: 'Unauthorized' })
    await expect(api.request('GET', '/version', { signal: never })).resolves.toMatchObject({ status: 200 })
    expect((await connection.authorize(never)).headers['Authorization']).toBe('Bearer run-run-')
    await api.close()
    await server.stop()
  })

  it.each([
    [
      'certificate',
      { 'client-certificate-data': 'bm9uZQ==' },
      /^the user me of the kubeconfig has a client certificate/,
    ],
    ['key', { 'client-key-data': 'bm9uZQ==' }, /^the user me of the kubeconfig has a client key that is none in PEM/],
  ])('says that a client %s is none', async (_what, user, message) => {
    const kubeconfig = await writeKubeconfig({ user })
    const failure = await headerOf({ kubeconfig }).catch((error: unknown) => error)
    const expected = { kind: 'transient', reason: 'KubeconfigInvalid' }
    expect(failure).toMatchObject({ ...expected, message: expect.stringMatching(message) as string })
  })

  it('says which file of the kubeconfig is missing', async () => {
    const kubeconfig = await writeKubeconfig({ user: { 'client-certificate': 'me.pem' } })
    await expect(headerOf({ kubeconfig })).rejects.toThrow(
      /^what the kubeconfig names for the context main cannot be read: ENOENT: .*me\.pem/,
    )
  })

  it('takes the token of a tokenFile, as kubectl does, beside the kubeconfig and before a token', async () => {
    await writeFile(join(folder, 'token'), 'from-file\n')
    const kubeconfig = await writeKubeconfig({ user: { token: 'old', tokenFile: 'token' } })
    expect(await headerOf({ kubeconfig })).toBe('Bearer from-file')
  })

  it('is refused to the view of a Stoa without a cluster, whose data directory says more', async () => {
    const kubeconfig = join(folder, 'view')
    await writeFile(kubeconfig, renderKubeconfig(8001))
    await expect(openConnection({ kubeconfig })).rejects.toMatchObject({
      reason: 'KubeconfigInvalid',
      message: expect.stringMatching(
        /^the kubeconfig .*\/view leads to http:.*:8001, without TLS: .* use its --data/,
      ) as string,
    })
  })

  it('keeps one agent until the certificate authority is another', async () => {
    const connection = await openConnection({ kubeconfig: await writeKubeconfig({}) })
    const first = await connection.authorize(never)
    expect((await connection.authorize(never)).dispatcher).toBe(first.dispatcher)
    await writeFile(join(folder, 'ca.pem'), 'second')
    const second = await connection.authorize(never)
    expect(second.dispatcher).not.toBe(first.dispatcher)
    expect((await connection.authorize(never)).dispatcher).toBe(second.dispatcher)
    await connection.close()
  })

  it('sends what a token file holds, without the end of its line', async () => {
    const fake = await ApiserverFake.start()
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'from-file\n')
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }
    const connection = await openConnection({ kubeconfig: await writeKubeconfig({ server: fake.url, user }) })
    const client = createApiClient(connection)
    await client.request('GET', '/api/v1/namespaces', { signal: never })
    expect(fake.calls[0]?.headers.authorization).toBe('Bearer from-file')
    await client.close()
    await fake.stop()
  })
})
