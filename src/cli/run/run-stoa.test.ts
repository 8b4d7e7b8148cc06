// A whole `stoa run` in this process, as far as it can be seen from outside.
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../../test/support/command-bench.ts'
import { startClusterBench } from '../../../test/support/daily-bench.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-run-'))
})
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Runs until `isThere` says yes to the metrics. */
async function runUntil(
  args: readonly string[],
  isThere: (metrics: string) => boolean,
  { host = '127.0.0.1', env = process.env } = {},
): Promise<void> {
  const port = await findFreePort()
  const stopping = new AbortController()
  const all = [
    'run',
    ...args,
    '--metrics-port',
    String(port),
    '--page-port',
    '0',
    '--view-port',
    '0',
    '--dns-port',
    '0',
  ]
  const run = runCommand(all, { signal: stopping.signal, cwd: folder, env })
  const read = async (): Promise<string> => (await fetch(`http://${host}:${port}/metrics`)).text()
  try {
    await expect.poll(async () => isThere(await read().catch(() => '')), { timeout: 20_000, interval: 50 }).toBe(true)
  } finally {
    stopping.abort()
    await run
  }
}

describe('what cannot be followed', () => {
  it.each([
    [
      'a URL with a password',
      ['https://me:secret@example.com/x'],
      '--git (STOA_GIT): https://example.com/x must not hold',
    ],
    ['another protocol', ['ftp://example.com/x'], '--git (STOA_GIT): ftp://example.com/x has a protocol that is not'],
    ['a file', ['file.yaml'], '--git (STOA_GIT): file.yaml is no folder'],
    ['a folder outside of the repository', ['.', '--path', '../x'], '--ref or --path: ../x is no folder inside'],
  ])('ends stoa run with 64: %s', async (_what, source, words) => {
    await writeFile(join(folder, 'file.yaml'), '')
    const { code, stderr } = await runCommand(['run', '--data', 'data', '--git', ...source], { cwd: folder })
    expect(stderr).toContain(`error: ${words}`)
    expect(stderr).not.toContain('secret')
    expect(code).toBe(64)
  })

  it('ends it with 1 where it may come yet, such as with a mount', async () => {
    const { code, stderr } = await runCommand(['run', '--data', 'data', '--git', 'nowhere'], { cwd: folder })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: nowhere does not exist: correct the path, or start again once it is there\n',
    })
  })
})

describe('without git', () => {
  it.each([
    ['stoa run', ['run', '--git', '.', '--data', 'data', '--metrics-port', '0']],
    ['stoa plan', ['plan']],
  ])('%s says at once what is missing', async (_what, args) => {
    await mkdir(join(folder, '.git'))
    for (const part of ['HEAD', 'objects', 'refs']) await mkdir(join(folder, '.git', part))
    const { code, stderr } = await runCommand(args, { cwd: folder, env: { PATH: join(folder, 'nothing') } })
    const remedy = 'install it, or in a container use the image built with --target git'
    expect({ code, said: stderr.split('\n').at(-2) }).toEqual({
      code: 1,
      said: `error: git is not installed: ${remedy}`,
    })
  })
})

describe('stoa_leader', () => {
  const leads = (metrics: string): boolean => /^stoa_leader 1$/m.test(metrics)

  it('is 1 without a cluster, where nobody else may write', async () => {
    const tree = join(folder, 'tree')
    await mkdir(tree)
    await runUntil(['--git', tree, '--data', join(folder, 'data')], leads)
  }, 30_000)

  it('is 1 in a cluster without an election', async () => {
    const bench = await startClusterBench()
    await runUntil(['--kubeconfig', bench.kubeconfig, '--no-leader-election'], leads)
    await bench.stop()
  }, 30_000)

  it('is 1 in a cluster once the Lease is held', async () => {
    const bench = await startClusterBench()
    await runUntil(['--kubeconfig', bench.kubeconfig], leads)
    await bench.stop()
  }, 30_000)
})

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
const reason = hasIpv6 ? '' : ' (skipped: this machine has no address ::1)'

describe.skipIf(!hasIpv6)(`over IPv6${reason}`, () => {
  const withoutCluster = async (...args: readonly string[]): Promise<readonly string[]> => {
    const tree = join(folder, 'tree')
    await mkdir(tree)
    return ['--git', tree, '--data', join(folder, 'data'), ...args]
  }
  const answers = (metrics: string): boolean => metrics !== ''

  it.each(['[::1]', '127.0.0.1'])('a Pod is reached at %s', async (host) => {
    const env = { ...process.env, KUBERNETES_SERVICE_HOST: 'fd00::1' }
    await runUntil(await withoutCluster(), answers, { host, env })
  })

  it('an address may be given in brackets', async () => {
    await runUntil(await withoutCluster('--host', '[::1]'), answers, { host: '[::1]' })
  })
})
