// The bundle as the image has it: an ordinary user, a tree that belongs to somebody else and nobody may write to, and no home.
import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, chown, cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUNDLE } from '../support/run-stoa.ts'
import { createTempDir } from './support/leftovers.ts'
import { findFreePort } from './support/ports.ts'
import { runCommand } from './support/process.ts'

const USER = 1000
const isRoot = process.getuid?.() === 0

const MANIFESTS = `
apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: {name: main, namespace: infra}
spec: {type: Builtin, zones: [stoa.test]}
---
apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata: {name: web, namespace: infra}
spec: {hostnames: [web.stoa.test], targets: [{addresses: [192.0.2.1]}]}
`

let folder: Awaited<ReturnType<typeof createTempDir>>
let app: string
let data: string
let repository: string

async function git(...args: readonly string[]): Promise<void> {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@stoa.test']
  const { code, stderr } = await runCommand('git', ['-C', repository, ...identity, ...args])
  if (code !== 0) throw new Error(stderr)
}

// Another user is only to be had by root.
describe.runIf(isRoot)('the bundle as uid 1000 on a tree that only root may write to', () => {
  beforeAll(async () => {
    folder = await createTempDir('bundle')
    await chmod(folder.path, 0o755)
    app = join(folder.path, 'app')
    data = join(folder.path, 'data')
    repository = join(folder.path, 'repository')
    await cp(join(BUNDLE, '..'), app, { recursive: true })
    for (const file of await readdir(app)) await chmod(join(app, file), 0o444)
    await chmod(app, 0o555)
    await mkdir(data)
    await chown(data, USER, USER)
    await mkdir(repository)
    await writeFile(join(repository, 'dns.yaml'), MANIFESTS)
    await git('init', '--quiet')
    await git('add', '--all')
    await git('commit', '--quiet', '--message=Begin')
  }, 60_000)
  afterAll(async () => {
    await chmod(app, 0o755)
    await folder.remove()
  })

  function start(...args: readonly string[]): { readonly child: ChildProcess; readonly said: () => string } {
    // Nothing of ours in the environment: no HOME, no TMPDIR of this user.
    const child = spawn(process.execPath, [join(app, 'stoa.js'), ...args], {
      ...{ uid: USER, gid: USER, cwd: data, stdio: ['ignore', 'pipe', 'pipe'] },
      env: { PATH: process.env['PATH'] ?? '', TMPDIR: data },
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
    return { child, said: () => text }
  }

  async function runUntil(source: string, isThere: (health: string, said: string) => boolean): Promise<string> {
    const [metrics, dns] = [String(await findFreePort()), String(await findFreePort())]
    const ports = ['--metrics-port', metrics, '--dns-port', dns, '--page-port', '0', '--view-port', '0']
    const { child, said } = start('run', '--git', source, '--data', join(data, 'stoa'), ...ports)
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
    const ask = async (): Promise<string> =>
      await fetch(`http://127.0.0.1:${metrics}/health/ready`).then(
        (answer) => String(answer.status),
        () => '',
      )
    try {
      await expect.poll(async () => isThere(await ask(), said()), { timeout: 60_000, interval: 200 }).toBe(true)
    } catch (error) {
      throw new Error(`it never came to that:\n${said()}`, { cause: error })
    } finally {
      child.kill('SIGTERM')
    }
    expect(await ended, said()).toBe(0)
    return said()
  }

  it('follows a folder, serves health, and ends well', async () => {
    const plain = join(folder.path, 'plain')
    await mkdir(plain)
    await writeFile(join(plain, 'dns.yaml'), MANIFESTS)
    await runUntil(plain, (health) => health === '200')
    const { child, said } = start('get', 'records', '--data', join(data, 'stoa'))
    expect(await new Promise((resolve) => child.on('close', resolve)), said()).toBe(0)
    expect(said()).toContain('web.stoa.test')
  }, 150_000)

  it('says of a repository that is another user’s what to do', async () => {
    const said = await runUntil(repository, (_health, text) => text.includes('belongs to another user'))
    expect(said).toContain('run Stoa as that user, or give it a clone of its own')
    const plan = start('plan', repository)
    expect(await new Promise((resolve) => plan.child.on('close', resolve))).toBe(64)
    expect(plan.said()).toContain('run Stoa as that user, or give it a clone of its own')
  }, 150_000)
})
