import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GitRepository } from '../../../test/support/git-repository.ts'
import { createGitSource, type GitSourceOptions } from './git-source.ts'
import { locateSource } from './locate-source.ts'
import type { TreeSource } from './tree-source.ts'

const never = new AbortController().signal
let repository: GitRepository
let data: string
const cleanups: (() => unknown)[] = []

beforeEach(async () => {
  repository = await GitRepository.create()
  data = await mkdtemp(join(tmpdir(), 'stoa-source-'))
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  await repository.remove()
  await rm(data, { recursive: true, force: true })
})

async function open(url = repository.path, options: Partial<GitSourceOptions> = {}): Promise<TreeSource> {
  const location = await locateSource(url, '/')
  if (location.kind === 'folder') throw new Error('not a repository')
  return createGitSource({ location, checkouts: join(data, 'checkouts'), ...options })
}

function countPipes(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length
}

async function contentOf(source: TreeSource, file = 'a.yaml'): Promise<string> {
  const { root } = await source.fetch(never)
  return await readFile(join(root, file), 'utf8')
}

describe('a repository on this machine', () => {
  it('gives what is committed at HEAD, and not what lies in its working tree', async () => {
    await repository.write('a.yaml', 'committed')
    const commit = await repository.commit()
    await repository.write('a.yaml', 'edited')
    const source = await open()
    const version = await source.fetch(never)
    expect(version.commit).toBe(commit)
    expect(await readFile(join(version.root, 'a.yaml'), 'utf8')).toBe('committed')
    await repository.delete('a.yaml')
    await repository.write('b.yaml', 'new')
    await repository.commit()
    expect(await readdir((await source.fetch(never)).root)).toEqual(['.git', 'b.yaml'])
    expect(await readdir(join(version.root, '.git'))).not.toContain('hooks')
    await source.close()
    expect(await readdir(data)).toEqual([])
  })

  it('gives a branch, a tag, or a commit by its id', async () => {
    await repository.write('a.yaml', 'one')
    const first = await repository.commit()
    await repository.git('tag', '--annotate', '--message', 'x', 'v1')
    await repository.git('checkout', '--quiet', '-b', 'feature/x')
    await repository.write('a.yaml', 'two')
    await repository.commit()
    await repository.git('checkout', '--quiet', 'main')
    await repository.write('a.yaml', 'three')
    await repository.commit()
    for (const [ref, content] of [
      ['v1', 'one'],
      [first, 'one'],
      ['feature/x', 'two'],
      ['main', 'three'],
    ] as const) {
      expect(await contentOf(await open(undefined, { ref })), ref).toBe(content)
    }
  })

  it('follows a branch that was pushed over', async () => {
    await repository.write('a.yaml', 'one')
    await repository.commit()
    const source = await open()
    expect(await contentOf(source)).toBe('one')
    await repository.write('a.yaml', 'two')
    await repository.git('add', '--all')
    await repository.git('commit', '--quiet', '--amend', '--message', 'other')
    expect(await contentOf(source)).toBe('two')
  })

  it('is heard of within a second of a commit', async () => {
    await repository.write('a.yaml', 'one')
    await repository.commit()
    const onChange = vi.fn()
    cleanups.push(await (await open()).watch(onChange))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(onChange).not.toHaveBeenCalled()
    await repository.write('a.yaml', 'two')
    await repository.commit()
    await expect.poll(() => onChange.mock.calls.length, { interval: 5 }).toBeGreaterThan(0)
  })

  it('begins anew when its own copy is broken', async () => {
    await repository.write('a.yaml', 'one')
    await repository.commit()
    const source = await open()
    const { root } = await source.fetch(never)
    await rm(join(root, '.git', 'objects'), { recursive: true })
    await source.fetch(never).catch(() => undefined)
    expect(await contentOf(source)).toBe('one')
  })

  it('removes what an earlier process left', async () => {
    await repository.commit()
    await (await open()).fetch(never)
    const [before] = await readdir(join(data, 'checkouts'))
    await (await open()).fetch(never)
    const after = await readdir(join(data, 'checkouts'))
    expect(after).toHaveLength(1)
    expect(after[0]).not.toBe(before)
  })

  it.each([
    ['an unknown branch', { ref: 'nope' }, 'there is no branch or tag nope'],
    ['a folder that is not there', { subPath: 'nope' }, 'nope is no folder in commit'],
    ['a folder that leads out', { subPath: 'out' }, 'out is no folder in commit'],
    ['a folder that leads into .git', { subPath: 'git' }, 'git is no folder in commit'],
    ['a file', { subPath: 'a.yaml' }, 'a.yaml is no folder in commit'],
  ])('refuses %s and says so', async (_what, options, message) => {
    await repository.write('a.yaml', 'one')
    await symlink('/etc', join(repository.path, 'out'))
    await symlink('.git/refs', join(repository.path, 'git'))
    await repository.commit()
    await expect((await open(undefined, options)).fetch(never)).rejects.toThrow(message)
  })

  it('gives nothing before the first commit, and then does', async () => {
    const source = await open()
    await expect(source.fetch(never)).rejects.toThrow('it has no commit yet')
    await repository.write('a.yaml', 'one')
    await repository.commit()
    expect(await contentOf(source)).toBe('one')
  })

  it('says which folders are submodules, as seen from the folder asked for and without hidden ones', async () => {
    await repository.write('apps/a.yaml', 'one')
    const commit = await repository.commit()
    const paths = ['apps/shop', 'apps/.vendor/x', 'base', 'apps-old']
    for (const path of paths) await repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},${path}`)
    await repository.git('commit', '--quiet', '--message', 'submodules')
    const submodulesAt = async (subPath: string): Promise<unknown> =>
      (await (await open(undefined, { subPath })).fetch(never)).submodules
    expect(await submodulesAt('')).toEqual(['apps-old', 'apps/shop', 'base'])
    expect(await submodulesAt('apps')).toEqual(['shop'])
    expect(await submodulesAt('base')).toEqual([''])
  })

  it('runs no hook, filter or setting that the repository brings, and fetches no submodule', async () => {
    const trap = join(data, 'sprung')
    const script = `#!/bin/sh\ntouch ${trap}\n`
    for (const hook of ['post-checkout', 'post-merge', 'reference-transaction', 'pre-receive']) {
      await repository.write(`.git/hooks/${hook}`, script)
      await chmod(join(repository.path, '.git', 'hooks', hook), 0o755)
      await repository.write(`hooks/${hook}`, script)
      await chmod(join(repository.path, 'hooks', hook), 0o755)
    }
    await repository.write('.gitattributes', '*.yaml filter=trap\n')
    await repository.write(
      '.gitmodules',
      `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c 'touch ${trap}'\n\tupdate = !touch ${trap}\n`,
    )
    await repository.write('a.yaml', 'one')
    await repository.commit()
    await repository.git(
      'update-index',
      '--add',
      '--cacheinfo',
      `160000,${await repository.git('rev-parse', 'HEAD')},x`,
    )
    await repository.git('commit', '--quiet', '--message', 'submodule')
    await rm(trap, { force: true }) // The repository's own hooks may have run while committing.
    await repository.git('config', 'uploadpack.packObjectsHook', `touch ${trap}`)
    await repository.git('config', 'filter.trap.smudge', `touch ${trap}`)
    await repository.git('config', 'core.fsmonitor', `touch ${trap}`)
    const source = await open()
    expect(await contentOf(source)).toBe('one')
    expect(await readdir(join((await source.fetch(never)).root, 'x'))).toEqual([])
    expect(await readdir(data)).toEqual(['checkouts'])
  })
})

interface Served {
  readonly url: string
  readonly seen: IncomingHttpHeaders[]
}

/** Git's own server program behind a small HTTP server that wants a token. */
async function serve(token: string): Promise<Served> {
  const seen: IncomingHttpHeaders[] = []
  const expected = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
  const server: Server = createServer((request, response) => {
    seen.push(request.headers)
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      return
    }
    const url = new URL(request.url ?? '/', 'http://localhost')
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: repository.path,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: request.method,
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_ADDR: '127.0.0.1',
      },
    })
    request.pipe(backend.stdin)
    const chunks: Buffer[] = []
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    backend.on('close', () => {
      const output = Buffer.concat(chunks)
      const end = output.indexOf('\r\n\r\n')
      for (const line of output.subarray(0, end).toString().split('\r\n')) {
        const [name = '', value = ''] = line.split(': ')
        if (name !== 'Status') response.setHeader(name, value)
      }
      response.end(output.subarray(end + 4))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/.git`, seen }
}

describe('a repository far away', () => {
  it('is fetched over HTTP with a token that shows up nowhere', async () => {
    await repository.write('a.yaml', 'one')
    await repository.commit()
    const { url } = await serve('s3cret')
    const argv = join(data, 'argv')
    await writeFile(join(data, 'git'), `#!/bin/sh\necho "$@" >> ${argv}\nPATH="\${PATH#*:}" exec git "$@"\n`, {
      mode: 0o755,
    })
    const environment = { ...process.env, PATH: `${data}:${process.env['PATH']}` }
    const source = await open(url, { credentials: { token: 's3cret' }, environment })
    expect(await contentOf(source)).toBe('one')
    const { root } = await source.fetch(never)
    const shown = (await readFile(argv, 'utf8')) + (await readFile(join(root, '.git', 'config'), 'utf8'))
    expect(shown).toContain('fetch --quiet --depth=1')
    expect(shown).not.toMatch(/s3cret|Authorization|Basic/)
  })

  it('says when the token is refused, without saying the token', async () => {
    await repository.commit()
    const { url } = await serve('right')
    const source = await open(url, { credentials: { token: 'wr0ng' } })
    const error: unknown = await source.fetch(never).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      kind: 'transient',
      message: `${url} cannot be fetched: the server does not accept the token, or asks for one`,
    })
  })

  it('gives its token to no other server', async () => {
    await repository.write('a.yaml', 'one')
    await repository.commit()
    const other = await serve('s3cret')
    const redirecting = createServer((request, response) => {
      response.writeHead(302, { location: other.url + (request.url ?? '').replace('/.git', '') }).end()
    }).listen(0, 'localhost')
    await once(redirecting, 'listening')
    cleanups.push(() => new Promise((resolve) => redirecting.close(resolve)))
    const url = `http://localhost:${(redirecting.address() as AddressInfo).port}/.git`
    await expect((await open(url, { credentials: { token: 's3cret' } })).fetch(never)).rejects.toThrow(
      'cannot be fetched',
    )
    expect(other.seen.length).toBeGreaterThan(0)
    expect(other.seen.map(({ authorization }) => authorization)).toEqual(other.seen.map(() => undefined))
  })

  it('is fetched over SSH with the key and the host keys that are given', async () => {
    await repository.write('a.yaml', 'one')
    await repository.commit()
    const argv = join(data, 'argv')
    // Stands for ssh: what it would run over there, it runs here.
    const ssh = `#!/bin/sh\nfor last; do :; done\nprintf '%s\\n' "$@" > ${argv}\neval "$last"\n`
    await writeFile(join(data, 'ssh'), ssh, { mode: 0o755 })
    const environment = { ...process.env, PATH: `${data}:${process.env['PATH']}` }
    const credentials = { sshKeyFile: "/keys/it's mine", knownHostsFile: '/keys/known_hosts' }
    const source = await open(`ssh://git@127.0.0.1:2222${repository.path}`, { credentials, environment })
    expect(await contentOf(source)).toBe('one')
    const seen = (await readFile(argv, 'utf8')).split('\n')
    for (const option of [
      ...['BatchMode=yes', 'StrictHostKeyChecking=yes', 'UserKnownHostsFile=/keys/known_hosts', 'IdentitiesOnly=yes'],
      "IdentityFile=/keys/it's mine",
    ]) {
      expect(seen).toContain(option)
    }
  })

  it.each([
    ['Permissions 0644 for \'/keys/mine\' are too open.\nLoad key "/keys/mine": bad permissions', 'is open to others'],
    ['no such identity: /keys/mine: No such file or directory', 'the file of the SSH key is not there'],
    ['Load key "/keys/mine": error in libcrypto', 'ssh cannot use the file of the SSH key'],
    ['a banner', 'the SSH server does not accept the key'],
  ])('over SSH says of a key that is refused after %j why', async (said, told) => {
    const source = await openBySsh(`${said}\ngit@x: Permission denied (publickey).`)
    await expect(contentOf(source)).rejects.toThrow(told)
  })

  it.each([
    [
      [
        'It is also possible that a host key has just been changed.',
        'Add correct host key in /keys/known_hosts to get rid of this message.',
        'Host key for x has changed and you have requested strict checking.',
      ],
      'make sure that it is the same server',
    ],
    [
      ['No ED25519 host key is known for x and you have requested strict checking.'],
      'the key of the SSH server is not known',
    ],
  ])('over SSH says of a server after %j what to do', async (said, told) => {
    const source = await openBySsh([...said, 'Host key verification failed.'].join('\n'))
    await expect(contentOf(source)).rejects.toThrow(told)
  })

  it('over SSH quotes ssh without what ends its lines', async () => {
    const source = await openBySsh('ssh: connect to host x port 22: Connection refused')
    await expect(contentOf(source)).rejects.toThrow(/Connection refused; fatal: /)
  })

  /** Of a server that lets nobody in; ssh ends its lines like this. */
  async function openBySsh(said: string): Promise<TreeSource> {
    await writeFile(join(data, 'said'), `${said}\n`.replaceAll('\n', '\r\n'))
    await writeFile(join(data, 'ssh'), `#!/bin/sh\ncat '${join(data, 'said')}' >&2\nexit 255\n`, { mode: 0o755 })
    const environment = { ...process.env, PATH: `${data}:${process.env['PATH']}` }
    return open('ssh://git@127.0.0.1/x.git', { environment })
  }

  it('is given up on after a while', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    cleanups.push(() => new Promise((resolve) => (silent.closeAllConnections(), silent.close(resolve))))
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/x`
    const source = await open(url, { timeoutMs: 500 })
    await expect(source.fetch(never)).rejects.toMatchObject({
      reason: 'SourceUnreachable',
      message: `${url} was not fetched within 0.5 seconds; it is tried again`,
    })
  })

  it('is not waited for when we stop', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    cleanups.push(() => new Promise((resolve) => (silent.closeAllConnections(), silent.close(resolve))))
    const source = await open(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/x`)
    const stopping = new AbortController()
    const asked = once(silent, 'request')
    const pipesBefore = countPipes()
    const fetching = source.fetch(stopping.signal)
    await asked
    stopping.abort(new Error('stop'))
    await expect(fetching).rejects.toThrow('stop')
    // Git's helper lives on, and must not keep this process alive.
    await expect.poll(() => countPipes()).toBe(pipesBefore)
  })

  it('that cannot be reached says so, every time in the same words', async () => {
    const source = await open('http://127.0.0.1:1/x')
    const message = "http://127.0.0.1:1/x cannot be fetched: fatal: unable to access 'http://127.0.0.1:1/x/': "
    const failure = await source.fetch(never).catch(String)
    expect(failure).toContain(message)
    expect(failure).not.toMatch(/ after \d+ ms/)
  })
})
