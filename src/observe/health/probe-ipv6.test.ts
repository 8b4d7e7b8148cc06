import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, describe, expect, it } from 'vitest'
import type { IpAddress } from '../../model/address.ts'
import { createNetworkProbe } from './network-probe.ts'
import type { ProbeHandler } from './probe-spec.ts'

const hasLoopback = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
const reason = hasLoopback ? '' : ' (skipped: this machine has no address ::1)'

describe.skipIf(!hasLoopback)(`a probe of an IPv6 address${reason}`, () => {
  const network = createNetworkProbe()
  const running: Server[] = []
  const hosts: (string | undefined)[] = []

  afterAll(async () => {
    network.close()
    await Promise.all(running.map((server) => new Promise((resolve) => server.close(resolve))))
  })

  async function listen(server: Server): Promise<number> {
    await new Promise<void>((resolve) => void server.listen(0, '::1', resolve))
    running.push(server)
    return (server.address() as AddressInfo).port
  }
  function probe(port: number, handler: ProbeHandler): Promise<string | undefined> {
    const limits = { periodMs: 5_000, timeoutMs: 30_000, failureThreshold: 3, successThreshold: 1 }
    return network.probe({ address: '::1' as IpAddress, port, handler, ...limits }, new AbortController().signal)
  }
  const httpHandler = (host: string | undefined): ProbeHandler => ({
    ...{ kind: 'http', scheme: 'HTTP', path: '/', host, headers: [], expectedStatus: '200' },
    insecureSkipVerify: false,
  })
  const grpcHandler: ProbeHandler = { kind: 'grpc', service: '' }

  it('is well over TCP when a connection is accepted', async () => {
    const port = await listen(createServer((socket) => socket.destroy()))
    expect(await probe(port, { kind: 'tcp' })).toBeUndefined()
  })

  it('asks over HTTP for the address in brackets, or for the host it is given', async () => {
    const server = createHttpServer((request, response) => {
      hosts.push(request.headers.host)
      response.end('ok')
    })
    const port = await listen(server)
    expect(await probe(port, httpHandler(undefined))).toBeUndefined()
    expect(await probe(port, httpHandler('shop.example.com'))).toBeUndefined()
    expect(hosts).toEqual([`[::1]:${port}`, `shop.example.com:${port}`])
  })

  it('is well over gRPC when the service is serving', async () => {
    const server = createHttp2Server()
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]))
    })
    expect(await probe(await listen(server), grpcHandler)).toBeUndefined()
  })

  it.each<[string, ProbeHandler]>([
    ['TCP', { kind: 'tcp' }],
    ['HTTP', httpHandler(undefined)],
    ['gRPC', grpcHandler],
  ])('says over %s that it was refused', async (_what, handler) => {
    const server = createServer()
    const port = await listen(server)
    await new Promise((resolve) => running.splice(running.indexOf(server), 1)[0]?.close(resolve))
    expect(await probe(port, handler)).toBe('connection refused')
  })
})
