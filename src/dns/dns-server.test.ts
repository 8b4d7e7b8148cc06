// The server over real sockets on loopback; test/real/dns-server.test.ts asks it with other programs.
import { createSocket, type Socket } from 'node:dgram'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hostedZone, openStore, put, type SetText } from '../../test/support/hosted-zones.ts'
import { systemClock } from '../cli/system-clock.ts'
import type { ZoneStore } from '../providers/builtin/zone-store.ts'
import { SILENT_LOGGER, type Logger } from '../telemetry/logger.ts'
import { createMetrics, type MetricsRegistry } from '../telemetry/metrics.ts'
import { decodeMessage, receiveMessage } from '../wire/decode-message.ts'
import { encodeMessage } from '../wire/encode-message.ts'
import type { Message } from '../wire/message.ts'
import type { Rcode } from '../wire/numbers.ts'
import { queryMessage, replyTo } from '../wire/query.ts'
import { frameMessage, FrameDecoder } from '../wire/stream-framing.ts'
import type { TsigKey } from '../wire/tsig-key.ts'
import { verifyMessage } from '../wire/tsig-verify.ts'
import { startDnsServer, type DnsServer, type DnsServerOptions } from './dns-server.ts'
import type { HostedZone, Secondary } from './hosted-zone.ts'

const PATIENCE = { timeout: 10_000 }
let registry: MetricsRegistry
let server: DnsServer
let store: ZoneStore

const options = (): DnsServerOptions => ({
  ...{ host: '127.0.0.1', port: 0, clock: systemClock, logger: SILENT_LOGGER, metrics: registry.metrics },
  tcpLimits: { connections: 6, connectionsPerClient: 3, idleMs: 300 },
})

beforeEach(async () => {
  registry = createMetrics()
  server = await startDnsServer(options())
  store = await openStore('example.test', [['www', 'A', '192.0.2.1']])
})
afterEach(() => server.close())

/** Undefined when there is no answer. */
function askUdp(bytes: Uint8Array, patienceMs = 5_000): Promise<Message | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const finish = (answer: Message | undefined): void => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => finish(undefined), patienceMs)
    socket.once('message', (answer) => finish(decodeMessage(answer)))
    socket.on('error', () => undefined)
    socket.send(bytes, server.port, '127.0.0.1')
  })
}

/** Everything the server sends before it ends the connection. */
function talkTcp(...chunks: readonly Uint8Array[]): Promise<readonly Message[]> {
  return new Promise((resolve) => {
    const decoder = new FrameDecoder()
    const answers: Message[] = []
    const socket = connect(server.port, '127.0.0.1', () => {
      for (const chunk of chunks) socket.write(chunk)
    })
    socket.on('data', (chunk) => answers.push(...Array.from(decoder.push(chunk), decodeMessage)))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answers))
  })
}

const question = (id: number, name = 'www.example.test'): Uint8Array => encodeMessage(queryMessage(id, name, 'A'))

describe('the DNS server', () => {
  it('answers over UDP and TCP at the same port, and counts', async () => {
    server.host(hostedZone(store))
    expect((await askUdp(question(1)))?.answers).toHaveLength(1)
    expect((await talkTcp(frameMessage(question(2)))).map(({ id }) => id)).toEqual([2])
    expect(await askUdp(new Uint8Array(3), 200)).toBeUndefined()
    const text = await registry.render()
    expect(text).toContain('stoa_dns_queries_total{transport="UDP",rcode="NOERROR"} 1')
    expect(text).toContain('stoa_dns_queries_total{transport="TCP",rcode="NOERROR"} 1')
    expect(text).toContain('stoa_dns_queries_total{transport="UDP",rcode="NONE"} 1')
  })

  it('serves what the zone holds now, and stops when told', async () => {
    const end = server.host(hostedZone(store))
    await put(store, [['new', 'A', '192.0.2.2']])
    expect((await askUdp(question(1, 'new.example.test')))?.answers).toHaveLength(1)
    end()
    expect((await askUdp(question(1)))?.rcode).toBe('REFUSED')
  })

  it('answers several questions on one connection, in whatever pieces they come', async () => {
    server.host(hostedZone(store))
    const stream = Buffer.concat([1, 2, 3].map((id) => frameMessage(question(id))))
    const answers = await talkTcp(stream.subarray(0, 1), stream.subarray(1, 40), stream.subarray(40))
    expect(answers.map(({ id }) => id)).toEqual([1, 2, 3])
  })

  it('answers what came before the nonsense in one piece with it', async () => {
    server.host(hostedZone(store))
    const answers = await talkTcp(Buffer.concat([frameMessage(question(1)), Buffer.from([0, 0])]))
    expect(answers.map(({ id }) => id)).toEqual([1])
  })

  it('counts a transfer as failed when its client goes away in the middle', async () => {
    const texts = Array.from({ length: 200 }, (_, at): SetText => [`t${at}`, 'TXT', 'x'.repeat(60_000)])
    await put(store, texts)
    server.host(hostedZone(store, [{ host: '127.0.0.1', port: 9, key: undefined }]))
    const socket = connect(server.port, '127.0.0.1')
    socket.write(frameMessage(encodeMessage(queryMessage(1, 'example.test', 'AXFR'))))
    socket.once('data', () => socket.destroy())
    const failed = 'stoa_dns_transfers_total{zone="example.test",outcome="failed"} 1'
    await vi.waitFor(async () => expect(await registry.render()).toContain(failed), PATIENCE)
  })

  it('says SERVFAIL when a zone fails, and goes on', async () => {
    server.host({ ...hostedZone(store), nameServers: ['a'.repeat(64) as never] })
    const failed = await askUdp(encodeMessage(queryMessage(1, 'example.test', 'NS')))
    expect(failed).toMatchObject({ id: 1, rcode: 'SERVFAIL' })
    expect((await askUdp(question(2)))?.rcode).toBe('NOERROR')
  })

  it('names the port and the remedy when it cannot start', async () => {
    const message = `the DNS server cannot listen on 127.0.0.1 port ${server.port} (TCP): the port is taken; choose another`
    const error = { reason: 'CannotListen', message }
    await expect(startDnsServer({ ...options(), port: server.port })).rejects.toMatchObject(error)
  })

  it('closes twice as well as once', async () => {
    await server.close()
    await server.close()
    expect(await askUdp(question(1), 200)).toBeUndefined()
  })
})

describe('a TCP client', () => {
  it('that says nothing, or trickles, is let go', async () => {
    const before = performance.now()
    const [silent, trickling] = await Promise.all([talkTcp(), trickle()])
    expect([silent, trickling]).toEqual([[], []])
    expect(performance.now() - before).toBeLessThan(30_000)

    function trickle(): Promise<readonly Message[]> {
      return new Promise((resolve) => {
        const socket = connect(server.port, '127.0.0.1')
        const timer = setInterval(() => socket.write(new Uint8Array([1])), 50)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          clearInterval(timer)
          resolve([])
        })
      })
    }
  })

  it('that sends what is no question is let go', async () => {
    expect(await talkTcp(new Uint8Array([0xff, 0xff]))).toEqual([])
    expect(await talkTcp(new Uint8Array([0, 1]))).toEqual([])
  })

  it('has so many connections and no more, and others have theirs', async () => {
    server.host(hostedZone(store))
    const held = [0, 1, 2].map(() => connect(server.port, '127.0.0.1'))
    expect(await talkTcp(frameMessage(question(1)))).toEqual([])
    held.forEach((socket) => socket.destroy())
    await vi.waitFor(async () => expect(await talkTcp(frameMessage(question(1)))).toHaveLength(1), PATIENCE)
  })
})

describe('a secondary', () => {
  const key: TsigKey = { name: 'k', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 1) }
  let socket: Socket
  let heard: Uint8Array[]
  let deaf: boolean
  let answered: Rcode

  beforeEach(async () => {
    heard = []
    deaf = false
    answered = 'NOERROR'
    socket = createSocket('udp4')
    socket.on('message', (bytes, sender) => {
      heard.push(bytes)
      if (!deaf) socket.send(encodeMessage(replyTo(decodeMessage(bytes), answered)), sender.port, sender.address)
    })
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  })
  afterEach(() => socket.close())

  const secondary = (signer?: TsigKey): Secondary => ({ host: '127.0.0.1', port: socket.address().port, key: signer })
  const serials = (): readonly unknown[] =>
    heard.map((bytes) => decodeMessage(bytes).answers.map(({ data }) => data.kind === 'SOA' && data.serial)).flat()
  const hosted = (signer?: TsigKey): HostedZone => hostedZone(store, [secondary(signer)])

  async function untilAcknowledged(count: number): Promise<void> {
    const line = `stoa_dns_notifies_total{zone="example.test",outcome="acknowledged"} ${count}\n`
    await vi.waitFor(async () => expect(await registry.render()).toContain(line), PATIENCE)
  }

  it('hears of the zone at once, and of each change, of many together once', async () => {
    server.host(hosted())
    await untilAcknowledged(1)
    await put(store, [['a', 'A', '192.0.2.2']])
    await put(store, [['b', 'A', '192.0.2.2']])
    await untilAcknowledged(2)
    expect(serials()).toEqual([8, 10])
  })

  it('hears of changes that never cease', async () => {
    server.host(hosted())
    const changing = setInterval(() => void put(store, [['a', 'A', `192.0.2.${store.serial % 250}`]]), 20)
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(2), PATIENCE)
    clearInterval(changing)
  })

  it('hears it signed', async () => {
    server.host(hosted(key))
    await vi.waitFor(() => expect(heard).toHaveLength(1), PATIENCE)
    const [notice = new Uint8Array()] = heard
    const time = Math.floor(Date.now() / 1_000)
    expect(verifyMessage(receiveMessage(notice), [key], { time }).kind).toBe('verified')
  })

  it('hears it again when it did not answer', async () => {
    deaf = true
    server.host(hosted())
    await vi.waitFor(() => expect(heard).toHaveLength(1), PATIENCE)
    deaf = false
    await vi.waitFor(() => expect(heard).toHaveLength(2), PATIENCE)
    await untilAcknowledged(1)
  })

  it.each([
    ['REFUSED', 'let the secondary take notices from this server'],
    ['NOTAUTH', 'set the zone up on the secondary'],
    ['SERVFAIL', 'see what the log of the secondary says'],
  ] as const)('that answers %s is named with the remedy, once, and hears it again', async (rcode, remedy) => {
    const warnings: unknown[][] = []
    const logger: Logger = { ...SILENT_LOGGER, warn: (...line) => void warnings.push(line) }
    const own = await startDnsServer({ ...options(), logger })
    answered = rcode
    own.host(hosted())
    await vi.waitFor(() => expect(heard).toHaveLength(2), PATIENCE)
    answered = 'NOERROR'
    await untilAcknowledged(1)
    await own.close()
    const about = { zone: 'example.test', secondary: `127.0.0.1:${socket.address().port}`, rcode }
    expect(warnings).toEqual([
      ['secondary refused a notice', { ...about, remedy: expect.stringContaining(remedy) as string }],
    ])
  })

  it('hears it although no way leads to another one', async () => {
    const crashed = vi.fn()
    process.once('uncaughtException', crashed)
    // The system lets nobody send there who has not asked to send to all.
    server.host(hostedZone(store, [{ host: '255.255.255.255', port: 9, key: undefined }, secondary()]))
    await untilAcknowledged(1)
    process.off('uncaughtException', crashed)
    expect(crashed).not.toHaveBeenCalled()
  })

  it('hears nothing any more once the zone is gone', async () => {
    deaf = true
    server.host(hosted())()
    await put(store, [['a', 'A', '192.0.2.2']])
    await delay(200)
    expect(heard).toEqual([])
  })
})
