// Secondaries as a manifest names them: Knot copies from a running Stoa with a key, follows its changes, and copies nothing with another key.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Resolver } from 'node:dns/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { GitRepository } from '../support/git-repository.ts'
import { BUNDLE } from '../support/run-stoa.ts'
import { findFreePort } from './support/ports.ts'
import { findOnPath, runCommand, startServer, type RunningServer } from './support/process.ts'
import { startKnotSecondary } from './support/secondaries.ts'
import type { ZoneServer } from './support/zone-server.ts'

const PATIENCE = { timeout: 60_000, interval: 250 }
const KEY = { name: 'copy.key', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 7).toString('base64') } as const
const OTHER = Buffer.alloc(32, 8).toString('base64')
const NOBODY_LISTENS = 9

let repository: GitRepository
let folder: string
let dnsPort: number
let server: RunningServer
let secondary: ZoneServer | undefined

function write(name: string, kind: string, spec: object): Promise<void> {
  const object = { apiVersion: 'dns.stoa.dev/v1alpha1', kind, metadata: { name, namespace: 'web' }, spec }
  return repository.write(`${name}.json`, JSON.stringify(object))
}

const writeProvider = (port: number): Promise<void> =>
  write('main', 'DNSProvider', {
    ...{ type: 'Builtin', zones: ['home.test'] },
    builtin: { secondaries: [{ address: '127.0.0.1', port, tsigSecretRef: { name: 'copy' } }] },
  })
const writeRecord = (address: string): Promise<void> =>
  write('www', 'DynamicDNSRecord', { hostnames: ['www.home.test'], targets: [{ addresses: [address] }] })

async function askAt(port: number): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 1_000, tries: 1 })
  resolver.setServers([`127.0.0.1:${port}`])
  return resolver.resolve4('www.home.test').catch(() => [])
}

async function copyWith(secret: string): Promise<string> {
  const dig = findOnPath('dig')
  if (dig === undefined) throw new Error('dig is missing: install it (Debian: apt-get install bind9-dnsutils)')
  const key = `${KEY.algorithm}:${KEY.name}:${secret}`
  return (await runCommand(dig, ['@127.0.0.1', '-p', String(dnsPort), '-y', key, 'home.test', 'AXFR'])).stdout
}

beforeAll(async () => {
  repository = await GitRepository.create()
  folder = await mkdtemp(join(tmpdir(), 'stoa-secondaries-'))
  const secret = join(folder, 'secrets', 'copy')
  await mkdir(secret, { recursive: true })
  await writeFile(join(secret, 'tsigKeyName'), KEY.name)
  await writeFile(join(secret, 'tsigSecret'), KEY.secret)
  dnsPort = await findFreePort()
  await writeProvider(NOBODY_LISTENS)
  await writeRecord('192.0.2.7')
  await repository.commit()
  const metricsPort = await findFreePort()
  server = await startServer({
    name: 'stoa run --git',
    command: process.execPath,
    args: [
      ...[BUNDLE, 'run', `--git=${repository.path}`, `--data=${folder}`, `--metrics-port=${metricsPort}`],
      ...['--page-port=0', '--view-port=0', `--dns-port=${dnsPort}`],
    ],
    isReady: async () => (await fetch(`http://127.0.0.1:${metricsPort}/health/ready`)).ok,
  })
})
afterAll(async () => {
  await secondary?.stop()
  await server?.stop()
  await repository?.remove()
  await rm(folder, { recursive: true, force: true })
})

it('a secondary copies with its key, and each change once the manifest says where it listens', async () => {
  await expect.poll(() => askAt(dnsPort), PATIENCE).toEqual(['192.0.2.7'])
  secondary = await startKnotSecondary({ zone: 'home.test', primaryPort: dnsPort, tsigKey: KEY })
  const { port } = secondary
  await expect.poll(() => askAt(port), PATIENCE).toEqual(['192.0.2.7'])
  await writeProvider(port)
  await writeRecord('192.0.2.8')
  await repository.commit()
  await expect.poll(() => askAt(port), PATIENCE).toEqual(['192.0.2.8'])
})

it('another key copies nothing, until the Secret has it', async () => {
  expect(await copyWith(OTHER)).not.toContain('192.0.2.')
  expect(await copyWith(KEY.secret)).toContain('192.0.2.')
  await writeFile(join(folder, 'secrets', 'copy', 'tsigSecret'), OTHER)
  await expect.poll(() => copyWith(OTHER), PATIENCE).toContain('192.0.2.')
  expect(await copyWith(KEY.secret)).not.toContain('192.0.2.')
})
