import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { SILENT_LOGGER } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { startHealthServer, type HealthPort } from './health-server.ts'
import type { RunningHttpServer } from './http-server.ts'

let running: RunningHttpServer | undefined
afterEach(() => running?.close())

const options = { name: 'health', host: '127.0.0.1', port: 0, logger: SILENT_LOGGER }
const health = (live: readonly string[], ready: readonly string[]): HealthPort => ({
  live: () => live,
  ready: () => ready,
})

async function get(port: HealthPort, path: string, init: RequestInit = {}, metrics = true): Promise<[number, string]> {
  const registry = createMetrics()
  running = await startHealthServer(options, port, metrics ? registry : undefined)
  const answer = await fetch(`http://127.0.0.1:${running.port}${path}`, init)
  return [answer.status, await answer.text()]
}

describe('the health server', () => {
  it.each([
    ['/health', [], [], 200, 'ok\n'],
    ['/health', [], ['DynamicDNSRecord: not read yet'], 503, 'DynamicDNSRecord: not read yet\n'],
    ['/health/live', [], ['not read yet'], 200, 'ok\n'],
    ['/health/live', ['stuck'], [], 503, 'stuck\n'],
    ['/health/ready', ['stuck'], [], 200, 'ok\n'],
    ['/health/ready', [], ['a', 'b'], 503, 'a\nb\n'],
  ])('%s with live %j and ready %j says %i', async (path, live, ready, status, text) => {
    expect(await get(health(live, ready), path)).toEqual([status, text])
  })

  it('gives the metrics', async () => {
    const [status, text] = await get(health([], []), '/metrics')
    expect(status).toBe(200)
    expect(text).toContain('# TYPE stoa_reconciles_total counter')
  })

  it('on loopback gives no page in a browser the metrics under a name of its own, and health under any', async () => {
    const { port } = (running = await startHealthServer(options, health([], []), createMetrics()))
    const statusOf = (path: string, host: string): Promise<number | undefined> =>
      new Promise((resolve) => {
        request({ port, path, headers: { host } }, (answer) => resolve(answer.resume().statusCode)).end()
      })
    expect(await statusOf('/metrics', 'rebound.example.net:8080')).toBe(403)
    expect(await statusOf('/metrics', 'localhost:8080')).toBe(200)
    expect(await statusOf('/health', 'rebound.example.net:8080')).toBe(200)
  })

  it('stays when metrics are off', async () => {
    expect(await get(health([], []), '/health/ready', {}, false)).toEqual([200, 'ok\n'])
  })

  it('has no metrics when they are off', async () => {
    expect(await get(health([], []), '/metrics', {}, false)).toEqual([
      404,
      'there are /health, /health/live, /health/ready\n',
    ])
  })

  it('only reads', async () => {
    expect(await get(health([], []), '/health', { method: 'POST' })).toEqual([405, 'only GET, HEAD is answered here\n'])
  })

  it.each(['/constructor', '/health/', '/..'])('has no %s', async (path) => {
    expect((await get(health([], []), path))[0]).toBe(404)
  })
})
