// Our STUN against a server that others wrote, over UDP and TCP, IPv4 and IPv6.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseIpAddress } from '../../src/model/address.ts'
import { systemClock } from '../../src/cli/system-clock.ts'
import { detectAddress } from '../../src/observe/wan/detect-address.ts'
import { askStunTcp } from '../../src/observe/wan/stun/ask-stun-tcp.ts'
import { askStunUdp } from '../../src/observe/wan/stun/ask-stun-udp.ts'
import { createTestPorts, createTestSpec, LOOPBACK, stunServers } from '../fakes/wan/detect-ports.ts'
import { listOpenSockets } from '../support/open-sockets.ts'
import { startCoturn, type Coturn } from './support/coturn.ts'

const transports = [
  ['UDP', askStunUdp],
  ['TCP', askStunTcp],
] as const
const families = [
  ['IPv4', '127.0.0.1'],
  ['IPv6', '::1'],
] as const

describe('coturn', () => {
  let coturn: Coturn
  let second: Coturn
  beforeAll(async () => {
    coturn = await startCoturn()
    second = await startCoturn()
  })
  afterAll(() => Promise.all([coturn.stop(), second.stop()]))

  describe.each(transports)('over %s', (transport, askStun) => {
    it.each(families)(`answers over %s with the address we come from`, async (_family, host) => {
      const address = parseIpAddress(host)
      if (address === undefined || !coturn.hosts.includes(host)) throw new Error(`coturn does not listen on ${host}`)
      const signal = AbortSignal.timeout(3000)
      expect(await askStun({ address, port: coturn.port }, systemClock, signal)).toBe(host)
    })

    it(`answers 200 questions at a time over ${transport}, each with its own transaction`, async () => {
      const address = parseIpAddress('127.0.0.1')
      if (address === undefined) throw new Error('not an address')
      const asks = Array.from({ length: 200 }, () =>
        askStun({ address, port: coturn.port }, systemClock, AbortSignal.timeout(5000)),
      )
      expect(new Set(await Promise.all(asks))).toEqual(new Set(['127.0.0.1']))
    })
  })

  it.each(families)('and another one make a quorum over %s', async (family, host) => {
    const before = await listOpenSockets()
    const literal = host === '::1' ? '[::1]' : host
    const spec = createTestSpec({
      ...stunServers(`${literal}:${coturn.port}`, `${literal}:${second.port}`),
      family,
      allowNonGlobalCidrs: LOOPBACK,
    })
    const found = await detectAddress(spec, createTestPorts(), {}, new AbortController().signal)
    expect(found).toMatchObject({ kind: 'known', family, address: host })
    expect(await listOpenSockets()).toEqual(before)
  })

  it('is refused as a source of public addresses on loopback', async () => {
    const spec = createTestSpec({ ...stunServers(`127.0.0.1:${coturn.port}`, `127.0.0.1:${second.port}`) })
    const found = await detectAddress(spec, createTestPorts(), {}, new AbortController().signal)
    expect(found).toMatchObject({ kind: 'unknown', reason: 'AddressRefused' })
  })
})
