// The demo as a newcomer meets it: a process of its own, answers by DNS, and a world that changes. Node and git are enough.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { Resolver } from 'node:dns/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { locateDemo } from '../src/cli/demo/demo-place.ts'
import { freePortBase } from './support/free-port.ts'
import { BUNDLE, runStoa } from './support/run-stoa.ts'

const portBase = await freePortBase(4)
const base = ['--port-base', String(portBase)]
const place = locateDemo({ portBase })
const resolver = new Resolver({ timeout: 500, tries: 2 })
resolver.setServers([`127.0.0.1:${place.ports.dns}`])

const OTHER_PORTS = '--port-base N takes the four from N (npm start -- --port-base 15300)'

let demo: ChildProcess
let said = ''

async function addressesOf(name: string): Promise<readonly string[]> {
  return (await resolver.resolve4(`${name}.stoa.test`).catch(() => [])).sort()
}

async function eventually(look: () => unknown, wanted: unknown, withinMs = 15_000): Promise<void> {
  const until = Date.now() + withinMs
  for (;;) {
    const seen = await look()
    if (JSON.stringify(seen) === JSON.stringify(wanted)) return
    if (Date.now() > until) expect(seen, said).toEqual(wanted)
    await delay(50)
  }
}

function commit(message: string): void {
  execFileSync('git', ['-C', place.repository, 'commit', '--quiet', '--all', '--message', message])
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const path = join(place.repository, file)
  await writeFile(path, (await readFile(path, 'utf8')).replaceAll(from, to))
}

beforeAll(async () => {
  demo = spawn(process.execPath, [BUNDLE, 'demo', ...base], { stdio: ['ignore', 'pipe', 'pipe'] })
  demo.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  demo.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await eventually(() => said.includes('Ready after'), true, 30_000)
}, 40_000)
afterAll(() => void demo.kill('SIGKILL'))

describe('the demo', () => {
  const all = ['198.51.100.1', '198.51.100.2', '198.51.100.3']

  it('answers for both names, serves the plain address, and says what to try', async () => {
    expect(await addressesOf('home')).toEqual(['203.0.113.7'])
    expect(await addressesOf('shop')).toEqual(all)
    expect(await (await fetch(`http://127.0.0.1:${place.ports.page}/raw`)).text()).toContain('203.0.113.7')
    expect((await fetch(`http://127.0.0.1:${place.ports.metrics}/health/ready`)).status).toBe(200)
    for (const part of ['dig @127.0.0.1', 'kubectl --kubeconfig', 'git commit', place.repository])
      expect(said).toContain(part)
  })

  it('follows an edit that is committed, and tells of it', async () => {
    await edit('home.yaml', 'home.stoa.test', 'house.stoa.test')
    commit('Another name')
    await eventually(() => addressesOf('house'), ['203.0.113.7'])
    expect(await addressesOf('home')).toEqual([])
    expect(said).toMatch(/create A house\.stoa\.test: 203\.0\.113\.7/)
    await edit('home.yaml', 'house.stoa.test', 'home.stoa.test')
    commit('Back')
    await eventually(() => addressesOf('home'), ['203.0.113.7'])
  })

  it('keeps what is published when a file breaks, names the place, and lets the rest go on', async () => {
    await edit('shop.yaml', 'kind: DynamicDNSRecord', 'kind: [DynamicDNSRecord')
    await edit('home.yaml', 'ttlSeconds: 60', 'ttlSeconds: 61')
    commit('Break one, edit another')
    await eventually(() => said.includes('shop.yaml:'), true)
    await eventually(() => said.includes('update A home.stoa.test'), true)
    expect(await addressesOf('shop')).toEqual(all)
    await edit('shop.yaml', 'kind: [DynamicDNSRecord', 'kind: DynamicDNSRecord')
    commit('Mend')
  })

  it('follows the public address', async () => {
    expect(await runStoa(['demo', ...base, 'wan', '203.0.113.99'])).toMatchObject({ code: 0 })
    await eventually(() => addressesOf('home'), ['203.0.113.99'])
  })

  it('keeps a node with one taint, loses it with both, and has it back', async () => {
    expect((await runStoa(['demo', ...base, 'taint', 'node-2'])).stdout).toContain('it stays')
    await delay(1_500)
    expect(await addressesOf('shop')).toEqual(all)
    expect((await runStoa(['demo', ...base, 'taint', 'node-2'])).stdout).toContain('it leaves DNS')
    await eventually(() => addressesOf('shop'), ['198.51.100.1', '198.51.100.3'])
    await runStoa(['demo', ...base, 'untaint', 'node-2'])
    await eventually(() => addressesOf('shop'), all)
  })

  it('keeps what is published while the provider is broken, and catches up when it heals', async () => {
    await runStoa(['demo', ...base, 'break'])
    await runStoa(['demo', ...base, 'taint', 'node-3', '--both'])
    await delay(2_000)
    expect(await addressesOf('shop')).toEqual(all)
    await runStoa(['demo', ...base, 'heal'])
    await eventually(() => addressesOf('shop'), ['198.51.100.1', '198.51.100.2'], 30_000)
  })

  it('holds the names that are given up by the edit it tells of, until the command it tells of', async () => {
    await edit('shop.yaml', 'shop.stoa.test', 'store.stoa.test')
    commit('Another name')
    await eventually(() => said.includes('GuardHeld'), true)
    expect(await addressesOf('shop')).not.toEqual([])
    const [, told = ''] = /^ {2}stoa (approve .* --data \S+)/m.exec(said) ?? []
    expect(await runStoa(told.split(' '))).toMatchObject({ code: 0 })
    await eventually(() => addressesOf('shop'), [])
  })

  it('refuses what it does not know, and a second of its kind', async () => {
    expect(await runStoa(['demo', ...base, 'wan', '192.0.2.1'])).toMatchObject({ code: 64 })
    expect((await runStoa(['demo', ...base, 'taint', 'node-9'])).stderr).toContain('node-1, node-2 and node-3')
    expect((await runStoa(['demo', ...base, 'tain', 'node-2'])).stderr).toContain(
      "unknown command 'tain'; did you mean taint?",
    )
    expect((await runStoa(['demo', ...base, 'break', 'dns'])).code).toBe(64)
    expect((await runStoa(['demo', ...base])).stderr).toContain('a demo is running already')
    expect((await runStoa(['demo', '--port-base', '1', 'heal'])).code).toBe(64)
  })

  it('ends when told to, and leaves nothing', async () => {
    const ended = new Promise((resolve) => demo.once('exit', resolve))
    demo.kill('SIGINT')
    await ended
    expect(existsSync(place.folder)).toBe(false)
    expect((await runStoa(['demo', ...base, 'heal'])).stderr).toContain('no demo is running')
  })

  it('says which port is taken', async () => {
    const server = createServer().listen(place.ports.metrics, '127.0.0.1')
    const { code, stderr } = await runStoa(['demo', ...base, '--exit-after-ready'])
    server.close()
    const message = `error: health and metrics cannot listen on 127.0.0.1 port ${place.ports.metrics}: the port is taken; choose another: ${OTHER_PORTS}\n`
    expect([code, stderr]).toEqual([1, message])
    expect(existsSync(place.folder)).toBe(false)
  })

  it('ends with that, too, when it is the port of the name server', async () => {
    const server = createServer().listen(place.ports.dns, '127.0.0.1')
    const { code, stderr } = await runStoa(['demo', ...base, '--exit-after-ready'])
    server.close()
    expect(code).toBe(1)
    const port = `port ${place.ports.dns} (TCP)`
    expect(stderr).toContain(
      `error: the DNS server cannot listen on 127.0.0.1 ${port}: the port is taken; choose another: ${OTHER_PORTS}\n`,
    )
    expect(existsSync(place.folder)).toBe(false)
  })

  it('stops by itself once everything is published, when asked to', async () => {
    expect((await runStoa(['demo', ...base, '--exit-after-ready'])).code).toBe(0)
  })
})
