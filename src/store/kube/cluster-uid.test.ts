import { describe, expect, it } from 'vitest'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import { TerminalError, TransientError, type ReconcileError } from '../../model/errors.ts'
import { SILENT_LOGGER } from '../../telemetry/logger.ts'
import type { ApiResponse } from './api-client.ts'
import { readClusterUid } from './cluster-uid.ts'

const AWAY = new TransientError('ApiUnavailable', 'connect ECONNREFUSED')

function start(...errors: ReconcileError[]): {
  clock: SimulatedClock
  read: (signal?: AbortSignal) => Promise<string>
} {
  const clock = new SimulatedClock()
  const request = (): Promise<ApiResponse> => {
    const error = errors.shift()
    const answer = { json: { metadata: { uid: 'uid-1' } } } as unknown as ApiResponse
    return error === undefined ? Promise.resolve(answer) : Promise.reject(error)
  }
  const ports = { client: { request }, clock, random: () => 0.5, logger: SILENT_LOGGER }
  return { clock, read: (signal = new AbortController().signal) => readClusterUid(ports, signal) }
}

describe('the identity of a cluster', () => {
  it('is asked for again while the apiserver is away', async () => {
    const { clock, read } = start(AWAY, AWAY, AWAY)
    const reading = read()
    await clock.advance(60_000)
    expect(await reading).toBe('uid-1')
  })

  it('is not, where it is refused for good', async () => {
    await expect(start(new TerminalError('Forbidden', 'no')).read()).rejects.toThrow('no')
  })

  it('is not, once nobody wants it any more', async () => {
    const { clock, read } = start(AWAY, AWAY, AWAY)
    const stopping = new AbortController()
    const reading = read(stopping.signal).catch((error: unknown) => error)
    await clock.advance(100)
    stopping.abort(new Error('the lead is lost'))
    expect(await reading).toMatchObject({ message: 'the lead is lost' })
  })
})
