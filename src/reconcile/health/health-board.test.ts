import { afterEach, describe, expect, it } from 'vitest'
import type { HealthCheck } from '../../api/generated/node-pool.ts'
import { ip } from '../../../test/support/pool-builders.ts'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import { HealthBoard } from './health-board.ts'
import { deriveProbeSpec } from './probe-specs.ts'

const check: HealthCheck = {
  tcpSocket: { port: 80 },
  ...{ periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3, successThreshold: 1, removalDelaySeconds: 0 },
}
const [a, b] = [ip('192.0.2.1'), ip('192.0.2.2')]
const boards: HealthBoard[] = []
afterEach(() => boards.splice(0).forEach((board) => board.stop()))

function start(ill: ReadonlySet<string> = new Set()): {
  clock: SimulatedClock
  board: HealthBoard
  heard: string[]
  asked: string[]
} {
  const clock = new SimulatedClock()
  const heard: string[] = []
  const asked: string[] = []
  const board = new HealthBoard({
    ...{ clock, random: () => 0.5, onVerdict: (owner) => heard.push(owner) },
    probe: ({ address }) => {
      asked.push(address)
      return Promise.resolve(ill.has(address) ? 'connection refused' : undefined)
    },
  })
  boards.push(board)
  return { clock, board, heard, asked }
}

describe('the health board', () => {
  it('probes an address once, however many want it, and tells each of them', async () => {
    const { clock, board, heard, asked } = start()
    board.want('pool', check, [a])
    board.want('record', check, [a, b])
    await clock.advance(5_000)
    expect(asked.sort()).toEqual([a, b])
    expect(heard.sort()).toEqual(['pool', 'record', 'record'])
    expect(board.report(check, [a, b]).verdicts.get(a)).toEqual({ kind: 'healthy' })
  })

  it('stops probing what nobody wants any more', async () => {
    const { clock, board, asked } = start()
    board.want('pool', check, [a, b])
    await clock.advance(5_000)
    board.want('pool', undefined, [])
    await clock.advance(100)
    asked.length = 0
    await clock.advance(60_000)
    expect(asked).toEqual([])
  })

  it('is settled once every address had its say, or its chance', async () => {
    const { clock, board } = start(new Set([b]))
    board.want('record', check, [a, b])
    expect([board.isSettled('record'), board.isSettled('nobody')]).toEqual([false, true])
    await clock.advance(5_000)
    expect(board.isSettled('record')).toBe(false)
    await clock.advance(15_000)
    expect(board.isSettled('record')).toBe(true)
    expect(board.report(check, [b]).verdicts.get(b)).toMatchObject({ kind: 'unhealthy', message: 'connection refused' })
  })

  it('is settled then although others come all the time', async () => {
    const { clock, board } = start(new Set([a, b]))
    for (let second = 0; second < 25; second += 1) {
      board.want('pool', check, [a, b, ip(`192.0.2.${100 + second}`)])
      await clock.advance(1_000)
    }
    expect(board.isSettled('pool')).toBe(true)
  })
})

describe('what is asked of an address', () => {
  it.each<[string, Partial<HealthCheck>, object]>([
    ['a port that opens', {}, { port: 80, handler: { kind: 'tcp' } }],
    ['a service', { grpc: { port: 50051, service: 'x' } }, { port: 50051, handler: { kind: 'grpc', service: 'x' } }],
    ['the server itself', { grpc: { port: 50051 } }, { handler: { kind: 'grpc', service: '' } }],
    [
      'a page',
      {
        httpGet: {
          path: '/h',
          port: 8443,
          scheme: 'HTTPS',
          host: 'x.example.com',
          httpHeaders: [],
          expectedStatus: '200',
          insecureSkipVerify: true,
        },
      },
      { port: 8443, handler: { kind: 'http', scheme: 'HTTPS', host: 'x.example.com', insecureSkipVerify: true } },
    ],
  ])('is %s', (_what, handler, expected) => {
    const { tcpSocket, ...timing } = check
    const given = { ...timing, ...(Object.keys(handler).length === 0 ? { tcpSocket } : handler) } as HealthCheck
    expect(deriveProbeSpec(given, a)).toMatchObject({ address: a, periodMs: 5_000, timeoutMs: 3_000, ...expected })
  })
})
