// Whole detections against responders in this process: real sockets, real time.
import { afterEach, describe, expect, it } from 'vitest'
import { saying, startCheckService } from '../../../test/fakes/wan/check-service.ts'
import {
  checkServices,
  createTestPorts,
  createTestSpec,
  LOOPBACK,
  stunServers,
} from '../../../test/fakes/wan/detect-ports.ts'
import * as behaviours from '../../../test/fakes/wan/stun-behaviours.ts'
import { startTcpResponder, startUdpResponder } from '../../../test/fakes/wan/stun-responder.ts'
import { listOpenSockets } from '../../../test/support/open-sockets.ts'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import type { IpAddress } from '../../model/address.ts'
import { detectAddress } from './detect-address.ts'
import type { DetectPorts } from './detect-ports.ts'
import { isTerminal, type Detection } from './detection.ts'
import type { DetectionSpec } from './detection-spec.ts'
import type { StunServer } from './stun/stun-server.ts'

const TRUTH = '9.9.9.9'
const LIE = '8.8.8.8'
const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

type Host = '127.0.0.1' | '::1'

async function udp(behaviour: behaviours.Behaviour, host: Host = '127.0.0.1'): Promise<string> {
  const responder = await startUdpResponder({ behaviour, host })
  stops.push(() => responder.stop())
  return responder.server
}

async function tcp(behaviour: behaviours.Behaviour, host: Host = '127.0.0.1', latencyMs = 0): Promise<string> {
  const responder = await startTcpResponder({ behaviour, host, latencyMs })
  stops.push(() => responder.stop())
  return responder.server
}

async function web(text: string, tls = false): Promise<string> {
  const service = await startCheckService({ tls, respond: saying(text) })
  stops.push(() => service.stop())
  return service.url
}

function detect(
  spec: Partial<DetectionSpec>,
  ports: Partial<DetectPorts> = {},
  signal = new AbortController().signal,
): Promise<Detection> {
  return detectAddress(createTestSpec(spec), createTestPorts(ports), {}, signal)
}

const truthful = behaviours.answering(TRUTH)

describe('a detection', () => {
  it('finds the address by STUN alone, UDP and TCP', async () => {
    const found = await detect(stunServers(await udp(truthful), await tcp(truthful)))
    expect(found).toMatchObject({ kind: 'known', family: 'IPv4', address: TRUTH })
    expect(found.answers.map(({ source, result }) => `${source.transport} ${result.kind}`)).toEqual([
      'UDP answered',
      'TCP answered',
    ])
  })

  it('finds the address by HTTP alone', async () => {
    const urls = checkServices(await web(TRUTH), await web(`ip=${TRUTH}\nts=1\n`, true))
    expect(await detect(urls)).toMatchObject({ kind: 'known', address: TRUTH })
  })

  it('finds the address by STUN and HTTP together', async () => {
    const spec = { ...stunServers(await udp(truthful)), ...checkServices(await web(TRUTH, true)) }
    expect(await detect({ ...spec, requireAuthenticated: true })).toMatchObject({ kind: 'known', address: TRUTH })
  })

  it('finds an IPv6 address over IPv6', async () => {
    const behaviour = behaviours.answering('2606:4700::1111')
    const found = await detect({
      ...stunServers(await udp(behaviour, '::1'), await tcp(behaviour, '::1')),
      family: 'IPv6',
    })
    expect(found).toMatchObject({ kind: 'known', family: 'IPv6', address: '2606:4700::1111' })
  })

  it.each([
    ['IPv4', '127.0.0.1'],
    ['IPv6', '::1'],
  ] as const)('believes loopback over %s where that is excepted', async (family, host) => {
    const behaviour = behaviours.answering(host)
    const spec = { ...stunServers(await udp(behaviour, host), await tcp(behaviour, host)), family }
    expect(await detect({ ...spec, allowNonGlobalCidrs: LOOPBACK })).toMatchObject({ kind: 'known', address: host })
    expect(await detect(spec)).toMatchObject({ kind: 'unknown', reason: 'AddressRefused' })
  })

  it('counts an address on a local interface', async () => {
    const listLocalAddresses = (): ReturnType<DetectPorts['listLocalAddresses']> => [
      { interface: 'lo', address: '127.0.0.1' as IpAddress, prefixLength: 8 },
      { interface: 'ppp0', address: TRUTH as IpAddress, prefixLength: 32 },
    ]
    const spec = { ...stunServers(await udp(truthful)), interface: { name: undefined } }
    expect(await detect(spec, { listLocalAddresses })).toMatchObject({ kind: 'known', address: TRUTH })
    const other = await detect({ ...spec, interface: { name: 'lo' } }, { listLocalAddresses })
    expect(other).toMatchObject({ kind: 'unknown', reason: 'NoQuorum' })
    expect(other.answers.map(({ result }) => ('message' in result ? result.message : result.kind))).toContain(
      'no globally reachable IPv4 address on lo',
    )
  })

  it('says that an interface is not there', async () => {
    const found = await detect({ interface: { name: 'ppp9' }, quorum: 1 })
    expect(found).toMatchObject({
      message: 'none of 1 source answered: ppp9 failed (there is no interface ppp9, or it has no address)',
    })
  })

  it('finds the address although the first answers get lost, come twice, or are forged', async () => {
    const servers = [
      await udp(behaviours.losing(1, TRUTH)),
      await udp(behaviours.duplicating(TRUTH)),
      await udp(behaviours.forging(LIE, TRUTH)),
      await udp(behaviours.answeringFromElsewhere(LIE, TRUTH)),
    ]
    expect(await detect({ ...stunServers(...servers), quorum: 4 })).toMatchObject({ kind: 'known', address: TRUTH })
  })

  it('never believes damaged answers, beside two sound ones', async () => {
    const servers = [
      await udp(truthful),
      await tcp(truthful),
      await udp(behaviours.mutating(LIE, createSeededRandom(5))),
    ]
    for (let round = 0; round < 200; round += 1) {
      expect(await detect(stunServers(...servers))).toMatchObject({ kind: 'known', address: TRUTH })
    }
  })

  it('reports two quorums that disagree, with everyone’s answer', async () => {
    const lying = behaviours.answering(LIE)
    // One contradicts from the start; that is noticed, and everyone is asked.
    const slow = [truthful, truthful, lying].map((behaviour) => tcp(behaviour, '127.0.0.1', 20))
    const found = await detect(stunServers(await udp(lying), ...(await Promise.all(slow))))
    expect(found).toMatchObject({ kind: 'unknown', reason: 'Conflict' })
    expect(found.answers.filter(({ result }) => result.kind === 'answered')).toHaveLength(4)
    expect(found.kind === 'unknown' && found.message).toMatch(
      /^different addresses have a quorum of 2 each: .*says 9\.9\.9\.9.*says 8\.8\.8\.8/,
    )
  })

  it('fails at its deadline when everyone is dead, naming every source', async () => {
    const dead = await Promise.all([udp, udp, tcp].map((startDead) => startDead(behaviours.silent)))
    const url = await web('')
    const clock = new SimulatedClock()
    const heard: string[] = []
    const detection = detectAddress(
      createTestSpec({ ...stunServers(...dead), ...checkServices(url), timeoutMs: 3000 }),
      createTestPorts({ clock }),
      { onOutcome: ({ source }) => heard.push(source.name) },
      new AbortController().signal,
    )
    await clock.advance(150)
    await expect.poll(() => heard).toEqual([url])
    await clock.advance(2850)
    const found = await detection
    expect(found).toMatchObject({ kind: 'unknown', reason: 'NoAnswer', summary: 'none of 4 sources answered' })
    const message = found.kind === 'unknown' ? found.message : ''
    for (const server of dead) expect(message).toContain(`${server} failed (no answer in time)`)
    expect(message).toContain(`${url} failed (the answer is not an address)`)
  })

  it('says that there are fewer operators than the quorum needs, and that asking again cannot help', async () => {
    const found = await detect(stunServers('udp://stun1.example.net', 'udp://stun2.example.net'))
    expect(found).toMatchObject({ kind: 'unknown', reason: 'TooFewOperators' })
    expect(found.kind === 'unknown' && isTerminal(found)).toBe(true)
    expect(found).toMatchObject({
      message:
        'a quorum of 2 needs as many operators, and the sources for IPv4 have 1 (example.net); add sources of other operators or lower the quorum',
    })
  })

  it('does not count literals of the other family', async () => {
    const spec = {
      ...stunServers('[::1]:3478', '127.0.0.1:3478'),
      ...checkServices('https://[::1]/', 'https://127.0.0.1/'),
    }
    const found = await detect({ ...spec, quorum: 5 })
    expect(found.answers.map(({ source }) => source.name).sort()).toEqual([
      'https://127.0.0.1/',
      'tcp://127.0.0.1:3478',
      'udp://127.0.0.1:3478',
    ])
  })

  it('says that an authenticated answer is required and nobody gives one', async () => {
    const spec = { ...stunServers('a.example:1', 'b.example.net:1'), requireAuthenticated: true }
    const found = await detect(spec)
    expect(found).toMatchObject({ kind: 'unknown', reason: 'NoAuthenticatedSource' })
    expect(found.kind === 'unknown' && isTerminal(found)).toBe(true)
  })

  it('resolves names, and asks the next address of a name when one refuses', async () => {
    const server = await udp(truthful)
    const port = server.split(':').at(-1)
    const resolveName: DetectPorts['resolveName'] = () =>
      Promise.resolve(['127.0.0.2', '127.0.0.1', '127.0.0.3'] as string[] as IpAddress[])
    const found = await detect({ ...stunServers(`udp://stun.example.net:${port}`), quorum: 1 }, { resolveName })
    expect(found).toMatchObject({ kind: 'known', address: TRUTH })
  })

  it.each([0, 5, 100])('stops at once when it is aborted after %i ms, and leaves no socket behind', async (afterMs) => {
    const before = await listOpenSockets()
    const dead = await Promise.all([udp, udp, tcp, tcp].map((startDead) => startDead(behaviours.silent)))
    const stopping = new AbortController()
    const spec = { ...stunServers(...dead), ...checkServices(await web('', true)) }
    // On this clock no time passes, so it is the abort alone that ends it.
    const detection = detect(spec, { clock: new SimulatedClock() }, stopping.signal)
    const rejected = expect(detection).rejects.toThrow('stopping')
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    stopping.abort(new Error('stopping'))
    await rejected
    await Promise.all(stops.splice(0).map((stop) => stop()))
    expect(await listOpenSockets()).toEqual(before)
  })

  it('leaves no socket behind when it has found the address', async () => {
    const before = await listOpenSockets()
    const servers = [
      await udp(truthful),
      await tcp(truthful),
      await udp(behaviours.silent),
      await tcp(behaviours.silent),
    ]
    await detect(stunServers(...servers))
    await Promise.all(stops.splice(0).map((stop) => stop()))
    expect(await listOpenSockets()).toEqual(before)
  })
})

describe('server lists', () => {
  const listed = async (...texts: readonly Promise<string>[]): Promise<readonly StunServer[]> =>
    stunServers(...(await Promise.all(texts))).stun.servers
  const withList = (...servers: readonly string[]): Pick<DetectionSpec, 'stun'> => ({
    stun: { ...stunServers(...servers).stun, serverListUrls: [new URL('https://lists.example.net/stun.txt')] },
  })

  it('add to the servers that are written out', async () => {
    const servers = await listed(udp(truthful), tcp(truthful))
    const found = await detect(withList(), { serverLists: { load: () => Promise.resolve(servers) } })
    expect(found).toMatchObject({ kind: 'known', address: TRUTH })
  })

  it('are chosen from at random, up to the limit per transport', async () => {
    const servers = stunServers(...Array.from({ length: 50 }, (_, index) => `s${index}.example.net:3478`)).stun.servers
    const ports = { serverLists: { load: () => Promise.resolve(servers) } }
    const seen = new Set<string>()
    for (let round = 0; round < 30; round += 1) {
      const { answers } = await detect(withList(), ports)
      const names = answers.map(({ source }) => source.name)
      expect(names.filter((name) => name.startsWith('udp://'))).toHaveLength(10)
      expect(names.filter((name) => name.startsWith('tcp://'))).toHaveLength(10)
      for (const name of names) seen.add(name)
    }
    expect(seen.size).toBeGreaterThan(80)
  })

  it('are not waited for when the quorum can do without', async () => {
    const clock = new SimulatedClock()
    const ports = { clock, serverLists: { load: () => new Promise<never>(() => {}) } }
    const detection = detect(withList(await udp(truthful), await tcp(truthful)), ports)
    await clock.advance(0)
    expect(await detection).toMatchObject({ kind: 'known', address: TRUTH })
  })

  it('are waited for no longer than half of the time', async () => {
    const clock = new SimulatedClock()
    const ports = { clock, serverLists: { load: () => new Promise<never>(() => {}) } }
    const detection = detect({ ...withList(), timeoutMs: 3000 }, ports)
    await clock.advance(1500)
    const found = await detection
    expect(found).toMatchObject({
      kind: 'unknown',
      reason: 'NoServerList',
      message: 'the server list is not there yet',
    })
    expect(found.kind === 'unknown' && isTerminal(found)).toBe(false)
  })

  it('take no more than their time from the sources when the date is set meanwhile', async () => {
    const clock = new SimulatedClock()
    let arrive = (_: readonly StunServer[]): void => undefined
    const list = new Promise<readonly StunServer[]>((resolve) => (arrive = resolve))
    const detection = detect({ ...withList(), timeoutMs: 3000 }, { clock, serverLists: { load: () => list } })
    await clock.advance(1000)
    clock.set(-2 * 3_600_000)
    arrive(await listed(udp(behaviours.silent), tcp(behaviours.silent)))
    await clock.advance(2000)
    expect(await detection).toMatchObject({ kind: 'unknown', reason: 'NoAnswer' })
  })

  it('that cannot be had are no reason to give up for good', async () => {
    const ports = {
      serverLists: {
        load: () => Promise.reject(new Error('server list https://lists.example.net/stun.txt: connection refused')),
      },
    }
    expect(await detect(withList(), ports)).toMatchObject({
      reason: 'NoServerList',
      message: 'server list https://lists.example.net/stun.txt: connection refused',
    })
  })
})
