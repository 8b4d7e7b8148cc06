import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { saying, startCheckService, type CheckService } from '../../../../test/fakes/wan/check-service.ts'
import { createTestPorts } from '../../../../test/fakes/wan/detect-ports.ts'
import { listOpenSockets } from '../../../../test/support/open-sockets.ts'
import { SimulatedClock } from '../../../../test/support/simulated-clock.ts'
import type { AddressFamily, IpAddress } from '../../../model/address.ts'
import { ServerLists, type ServerListOptions } from './server-lists.ts'
import { formatStunServer } from './stun-server.ts'

let directory: string
let service: CheckService
let text: string
let status: number
let clock: SimulatedClock
const problems: string[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stoa-lists-'))
  text = 'stun.example.net:3478\n'
  status = 200
  clock = new SimulatedClock()
  problems.length = 0
  service = await startCheckService({ respond: (request, response) => saying(text, status)(request, response) })
})

afterEach(async () => {
  await service.stop()
  await rm(directory, { recursive: true, force: true })
})

function createLists(changes: Partial<ServerListOptions> = {}): ServerLists {
  return new ServerLists({
    clock,
    directory,
    resolveName: createTestPorts().resolveName,
    onProblem: (problem) => problems.push(problem),
    ...changes,
  })
}

async function load(lists: ServerLists): Promise<readonly string[]> {
  return (await lists.load(new URL(service.url), 'IPv4', AbortSignal.timeout(2000))).map(formatStunServer)
}

describe('a published server list', () => {
  it('is fetched once and kept', async () => {
    const lists = createLists()
    expect(await load(lists)).toEqual(['stun.example.net:3478'])
    expect(await load(lists)).toEqual(['stun.example.net:3478'])
    expect(service.requests).toBe(1)
  })

  it('is fetched once for everyone who asks at the same time', async () => {
    const lists = createLists()
    await Promise.all([load(lists), load(lists), load(lists)])
    expect(service.requests).toBe(1)
  })

  it('is fetched again after an hour, and nobody waits for that', async () => {
    const lists = createLists()
    await load(lists)
    text = 'stun.example.org:3478\n'
    await clock.advance(3_599_999)
    await load(lists)
    expect(service.requests).toBe(1)
    await clock.advance(1)
    expect(await load(lists)).toEqual(['stun.example.net:3478'])
    await expect.poll(() => load(lists)).toEqual(['stun.example.org:3478'])
    expect(service.requests).toBe(2)
  })

  it('survives a restart on disk', async () => {
    await load(createLists())
    status = 500
    const restarted = createLists()
    expect(await load(restarted)).toEqual(['stun.example.net:3478'])
    await expect.poll(() => problems).toEqual([`server list ${service.url}: the service answered with status 500`])
  })

  it('keeps the last good copy when the list turns out empty or unreachable', async () => {
    const lists = createLists()
    await load(lists)
    text = '<html>moved</html>\n'
    await clock.advance(3_600_000)
    await load(lists)
    await expect.poll(() => problems).toEqual([`server list ${service.url}: the list names no server`])
    expect(await load(lists)).toEqual(['stun.example.net:3478'])
    const files = await readdir(directory)
    expect(await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')))).toEqual([
      'stun.example.net:3478\n',
    ])
  })

  it('fails while there is no copy, and is not asked for more than every five minutes', async () => {
    status = 404
    const lists = createLists()
    await expect(load(lists)).rejects.toThrow(`server list ${service.url}: the service answered with status 404`)
    await expect(load(lists)).rejects.toThrow('status 404')
    expect(service.requests).toBe(1)
    status = 200
    await clock.advance(300_000)
    expect(await load(lists)).toEqual(['stun.example.net:3478'])
  })

  it('is asked for over one family although the other fails', async () => {
    const byName = new URL(`http://lists.example.test:${service.port}/ip`)
    const ports = {
      resolveName: (_name: string, family: AddressFamily): Promise<readonly IpAddress[]> =>
        family === 'IPv4' ? Promise.resolve(['127.0.0.1' as IpAddress]) : Promise.reject(new Error('no IPv6 here')),
    }
    const dual = createLists(ports)
    await expect(dual.load(byName, 'IPv6', AbortSignal.timeout(2000))).rejects.toThrow('no IPv6 here')
    expect(await dual.load(byName, 'IPv4', AbortSignal.timeout(2000))).toHaveLength(1)
  })

  it('fails after ten seconds of silence', async () => {
    const silent = await startCheckService({ respond: () => {} })
    const lists = createLists()
    const loading = lists.load(new URL(silent.url), 'IPv4', new AbortController().signal)
    const failed = expect(loading).rejects.toThrow('no answer within 10 s')
    await expect.poll(() => silent.requests).toBe(1)
    await clock.advance(10_000)
    await failed
    await silent.stop()
  })

  it('works without a disk, and says when the disk does not', async () => {
    expect(await load(createLists({ directory: undefined }))).toEqual(['stun.example.net:3478'])
    const file = join(directory, 'file')
    await writeFile(file, '')
    expect(await load(createLists({ directory: file }))).toEqual(['stun.example.net:3478'])
    expect(problems).toEqual([`server list ${service.url} could not be kept: EEXIST`])
  })

  it('refuses a list without end', async () => {
    text = `${'#'.repeat(1024)}\n`.repeat(1100)
    await expect(load(createLists())).rejects.toThrow('the answer is larger than 1024 KiB')
  })

  it('lets go of a fetch when it is closed', async () => {
    const before = await listOpenSockets()
    const silent = await startCheckService({ respond: () => {} })
    const lists = createLists()
    const loading = lists.load(new URL(silent.url), 'IPv4', new AbortController().signal)
    const failed = expect(loading).rejects.toThrow()
    await expect.poll(() => silent.requests).toBe(1)
    lists.close()
    await failed
    await silent.stop()
    expect(await listOpenSockets()).toEqual(before)
    expect(clock.sleeping).toBe(0)
    expect(problems).toEqual([])
  })
})
