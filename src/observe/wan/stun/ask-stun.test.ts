// Both STUN transports against responders in this process, in both families.
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../cli/system-clock.ts'
import { parseIpAddress, type IpAddress } from '../../../model/address.ts'
import { listOpenSockets } from '../../../../test/support/open-sockets.ts'
import { SimulatedClock } from '../../../../test/support/simulated-clock.ts'
import { createSeededRandom } from '../../../../test/support/seeded-random.ts'
import * as behaviours from '../../../../test/fakes/wan/stun-behaviours.ts'
import { startTcpResponder, startUdpResponder, type StunResponder } from '../../../../test/fakes/wan/stun-responder.ts'
import { askStunTcp } from './ask-stun-tcp.ts'
import { askStunUdp } from './ask-stun-udp.ts'
import type { AskStun } from './stun-exchange.ts'

const TRUTH = '9.9.9.9'
const LIE = '8.8.8.8'
const responders: StunResponder[] = []
const transports = [
  ['UDP', startUdpResponder, askStunUdp],
  ['TCP', startTcpResponder, askStunTcp],
] as const

afterEach(async () => {
  await Promise.all(responders.splice(0).map((responder) => responder.stop()))
})

type Start = (typeof transports)[number][1]

async function start(
  startResponder: Start,
  behaviour: behaviours.Behaviour,
  host: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<StunResponder> {
  const responder = await startResponder({ behaviour, host })
  responders.push(responder)
  return responder
}

function ask(askStun: AskStun, port: number, host = '127.0.0.1', timeoutMs = 5000): Promise<IpAddress> {
  const address = parseIpAddress(host)
  if (address === undefined) throw new Error('not an address')
  return askStun({ address, port }, systemClock, AbortSignal.timeout(timeoutMs))
}

describe.each(transports)('STUN over %s', (transport, startResponder, askStun) => {
  it.each([
    ['127.0.0.1', TRUTH],
    ['::1', '2606:4700::1111'],
  ] as const)('asks over %s', async (host, address) => {
    const { port } = await start(startResponder, behaviours.answering(address), host)
    expect(await ask(askStun, port, host)).toBe(address)
  })

  it('says at once that a port refuses', async () => {
    const responder = await start(startResponder, behaviours.silent)
    await responder.stop()
    responders.splice(0)
    const endpoint = { address: '127.0.0.1' as IpAddress, port: responder.port }
    // On this clock no time passes, so nothing waits for silence.
    const asked = askStun(endpoint, new SimulatedClock(), AbortSignal.timeout(5000))
    await expect(asked).rejects.toThrow('connection refused')
  })

  it('gives up on silence when it is told to', async () => {
    const { port } = await start(startResponder, behaviours.silent)
    await expect(ask(askStun, port, '127.0.0.1', 50)).rejects.toThrow(/timeout/)
  })

  it('does not ask at all when it is too late', async () => {
    const responder = await start(startResponder, behaviours.silent)
    const address = '127.0.0.1' as IpAddress
    const late = AbortSignal.abort(new Error('too late'))
    await expect(askStun({ address, port: responder.port }, systemClock, late)).rejects.toThrow('too late')
    expect(responder.requests + responder.connections).toBe(0)
  })

  it('fails on an error answer, with its code', async () => {
    const { port } = await start(startResponder, behaviours.refusing(420, 'Unknown Attribute'))
    await expect(ask(askStun, port)).rejects.toThrow('the server answered with error 420 (Unknown Attribute)')
  })

  it('fails on an answer that is too long', async () => {
    const { port } = await start(startResponder, behaviours.overflowing)
    await expect(ask(askStun, port)).rejects.toThrow('malformed answer: it is too long')
  })

  it('takes the first of several equal answers', async () => {
    const { port } = await start(startResponder, behaviours.duplicating(TRUTH))
    expect(await ask(askStun, port)).toBe(TRUTH)
  })

  it('leaves nothing open, however it ends', async () => {
    const before = await listOpenSockets()
    const answered = await start(startResponder, behaviours.answering(TRUTH))
    const never = await start(startResponder, behaviours.silent)
    await ask(askStun, answered.port)
    await ask(askStun, never.port, '127.0.0.1', 20).catch(() => {})
    const stopped = new AbortController()
    const address = '127.0.0.1' as IpAddress
    const asks = [never.port, never.port].map((port) => askStun({ address, port }, systemClock, stopped.signal))
    expect((await listOpenSockets()).length).toBeGreaterThan(before.length)
    stopped.abort(new Error('stopped'))
    await Promise.all(asks.map((question) => expect(question).rejects.toThrow('stopped')))
    for (const responder of responders.splice(0)) await responder.stop()
    expect(await listOpenSockets()).toEqual(before)
  })

  it(`gives nothing but the truth or a failure under 1,000 damaged answers over ${transport}`, async () => {
    const { port } = await start(startResponder, behaviours.mutating(TRUTH, createSeededRandom(42)))
    const address = '127.0.0.1' as IpAddress
    const seen = { right: 0, wrong: 0, failed: 0 }
    for (let batch = 0; batch < 10; batch += 1) {
      const answers = Array.from({ length: 100 }, () => askBriefly(askStun, { address, port }))
      for (const answer of await Promise.all(answers)) {
        if (answer === undefined) seen.failed += 1
        else if (answer === TRUTH) seen.right += 1
        else seen.wrong += 1
      }
    }
    // Without a fingerprint a damaged address cannot be told from another address: that is what the quorum is for.
    expect(seen.failed).toBeGreaterThan(500)
    expect(seen.wrong).toBeLessThan(20)
  })
})

async function askBriefly(askStun: AskStun, endpoint: Parameters<AskStun>[0]): Promise<string | undefined> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(new Error('enough')), 60)
  try {
    return await askStun(endpoint, systemClock, limit.signal)
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

describe('STUN over UDP', () => {
  it('asks again when the question is lost, after 500 ms and then after twice as long', async () => {
    const responder = await start(startUdpResponder, behaviours.losing(2, TRUTH))
    const clock = new SimulatedClock()
    const endpoint = { address: '127.0.0.1' as IpAddress, port: responder.port }
    const asked = askStunUdp(endpoint, clock, AbortSignal.timeout(5000))
    await expect.poll(() => responder.requests).toBe(1)
    await clock.advance(499)
    expect(responder.requests).toBe(1)
    await clock.advance(1)
    await expect.poll(() => responder.requests).toBe(2)
    await clock.advance(999)
    expect(responder.requests).toBe(2)
    await clock.advance(1)
    expect(await asked).toBe(TRUTH)
    expect(responder.requests).toBe(3)
    expect(clock.sleeping).toBe(0)
  })

  it('asks seven times and no more', async () => {
    const responder = await start(startUdpResponder, behaviours.silent)
    const clock = new SimulatedClock()
    const stopping = new AbortController()
    const endpoint = { address: '127.0.0.1' as IpAddress, port: responder.port }
    const asked = askStunUdp(endpoint, clock, stopping.signal)
    await expect.poll(() => responder.requests).toBe(1)
    await clock.advance(3_600_000)
    await expect.poll(() => responder.requests).toBe(7)
    stopping.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
  })

  it('skips answers to other requests and takes the one to its own', async () => {
    const { port } = await start(startUdpResponder, behaviours.forging(LIE, TRUTH))
    expect(await ask(askStunUdp, port)).toBe(TRUTH)
  })

  it('never takes an answer to another request', async () => {
    const { port } = await start(startUdpResponder, behaviours.forging(LIE))
    await expect(ask(askStunUdp, port, '127.0.0.1', 100)).rejects.toThrow()
  })

  it('never takes a right answer from the wrong port', async () => {
    const { port } = await start(startUdpResponder, behaviours.answeringFromElsewhere(LIE))
    await expect(ask(askStunUdp, port, '127.0.0.1', 100)).rejects.toThrow()
  })

  it('takes the answer of the one it asked after one from elsewhere', async () => {
    const { port } = await start(startUdpResponder, behaviours.answeringFromElsewhere(LIE, TRUTH))
    expect(await ask(askStunUdp, port)).toBe(TRUTH)
  })

  it.each([10, 19])('skips an answer cut within its header, at %i bytes', async (bytes) => {
    const { port } = await start(startUdpResponder, behaviours.truncating(TRUTH, bytes))
    await expect(ask(askStunUdp, port, '127.0.0.1', 100)).rejects.toThrow(/timeout/)
  })

  it('fails on an answer cut behind its header', async () => {
    const { port } = await start(startUdpResponder, behaviours.truncating(TRUTH, 26))
    await expect(ask(askStunUdp, port)).rejects.toThrow('malformed answer: its length is not the one it announces')
  })

  it('does not listen to noise for ever', async () => {
    const { port } = await start(startUdpResponder, behaviours.flooding(100))
    await expect(ask(askStunUdp, port)).rejects.toThrow('flooded with packets that answer nothing')
  })
})

describe('STUN over TCP', () => {
  it('fails when the server hangs up', async () => {
    const { port } = await start(startTcpResponder, behaviours.hangingUp)
    await expect(ask(askStunTcp, port)).rejects.toThrow(/connection (?:closed early|reset)/)
  })

  it('puts an answer together that comes byte by byte', async () => {
    const { port } = await start(startTcpResponder, (request, reply) => {
      for (const byte of behaviours.genuineAnswer(request, TRUTH)) reply.send(Buffer.of(byte))
    })
    expect(await ask(askStunTcp, port)).toBe(TRUTH)
  })

  it('fails on an answer to another request', async () => {
    const { port } = await start(startTcpResponder, behaviours.forging(LIE))
    await expect(ask(askStunTcp, port)).rejects.toThrow('the answer belongs to another request')
  })

  it('fails on what is no STUN at all', async () => {
    const { port } = await start(startTcpResponder, (_request, reply) =>
      reply.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
    )
    await expect(ask(askStunTcp, port)).rejects.toThrow('not a STUN answer')
  })

  it('fails on noise', async () => {
    const { port } = await start(startTcpResponder, behaviours.flooding(1))
    await expect(ask(askStunTcp, port)).rejects.toThrow('not a STUN answer')
  })
})
