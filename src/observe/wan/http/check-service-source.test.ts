// Check services over real HTTP and HTTPS on loopback.
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  saying,
  startCheckService,
  type CheckService,
  type CheckServiceOptions,
} from '../../../../test/fakes/wan/check-service.ts'
import { createTestPorts } from '../../../../test/fakes/wan/detect-ports.ts'
import { listOpenSockets } from '../../../../test/support/open-sockets.ts'
import type { AddressFamily, IpAddress } from '../../../model/address.ts'
import { createCheckServiceSource } from './check-service-source.ts'
import type { HttpPorts } from './get-text.ts'
import { parseServiceUrl } from './service-url.ts'

const services: CheckService[] = []
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()))
})

async function start(options: CheckServiceOptions): Promise<CheckService> {
  const service = await startCheckService(options)
  services.push(service)
  return service
}

function ask(
  url: string,
  changes: Partial<HttpPorts> = {},
  family: AddressFamily = 'IPv4',
): Promise<readonly IpAddress[]> {
  const source = createCheckServiceSource(new URL(url), family, 'ip', createTestPorts(changes))
  return source.ask(AbortSignal.timeout(2000))
}

describe('a check service', () => {
  it.each([
    ['HTTP and IPv4', false, '127.0.0.1', 'IPv4'],
    ['HTTPS and IPv4', true, '127.0.0.1', 'IPv4'],
    ['HTTPS and IPv6', true, '::1', 'IPv6'],
  ] as const)('is asked over %s', async (_how, tls, host, family) => {
    const { url } = await start({ tls, host, respond: saying('9.9.9.9\n') })
    expect(await ask(url, {}, family)).toEqual(['9.9.9.9'])
  })

  it.each([
    ['IPv4', '127.0.0.1'],
    ['IPv6', '::1'],
  ] as const)('is asked over %s alone, whatever addresses its name has', async (family, host) => {
    const service = await start({
      tls: true,
      host,
      respond: (request, response) => response.end(request.socket.remoteAddress),
    })
    const asked: string[] = []
    const resolveName: HttpPorts['resolveName'] = (name, wanted) => {
      asked.push(`${name} ${wanted}`)
      return Promise.resolve([(wanted === 'IPv4' ? '127.0.0.1' : '::1') as IpAddress])
    }
    const url = `https://check.example.test:${service.port}/ip`
    expect(await ask(url, { resolveName }, family)).toEqual([host])
    expect(asked).toEqual([`check.example.test ${family}`])
  })

  it('gets a connection of its own for every question', async () => {
    const service = await start({ tls: true, respond: saying('9.9.9.9') })
    await ask(service.url)
    await ask(service.url)
    expect(service.connections).toBe(2)
  })

  it.each<[string, CheckServiceOptions['respond'], string]>([
    [
      'a redirect',
      (_, response) => void response.writeHead(302, { location: 'http://192.0.2.1/' }).end(),
      'redirects are refused',
    ],
    ['an error status', saying('9.9.9.9', 503), 'the service answered with status 503'],
    ['no content', saying('', 204), 'the service answered with status 204'],
    [
      'an answer without end',
      (_, response) => void response.writeHead(200).write('9'.repeat(5000)),
      'the answer is larger than 4 KiB',
    ],
    ['an answer that is no address', saying('hello'), 'the answer is not an address'],
    ['a connection that breaks off', (request) => void request.socket.destroy(), 'connection closed early'],
  ])('fails with %s', async (_what, respond, message) => {
    const { url } = await start({ respond })
    await expect(ask(url)).rejects.toThrow(message)
  })

  it.each([false, true])('may say 100 Continue unasked before it answers (TLS: %s)', async (tls) => {
    const respond: CheckServiceOptions['respond'] = (_, response) => {
      response.writeContinue()
      response.end('9.9.9.9')
    }
    const { url } = await start({ tls, respond })
    expect(await ask(url)).toEqual(['9.9.9.9'])
  })

  it('fails when its certificate is not trusted', async () => {
    const { url } = await start({ tls: true, respond: saying('9.9.9.9') })
    const ports = createTestPorts()
    const source = createCheckServiceSource(new URL(url), 'IPv4', '', { resolveName: ports.resolveName })
    await expect(source.ask(AbortSignal.timeout(2000))).rejects.toThrow(
      /^certificate not accepted \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    )
  })

  it('fails when its certificate is for another name', async () => {
    const service = await start({ tls: true, respond: saying('9.9.9.9') })
    const resolveName: HttpPorts['resolveName'] = () => Promise.resolve(['127.0.0.1' as IpAddress])
    await expect(ask(`https://other.example.test:${service.port}/`, { resolveName })).rejects.toThrow(
      'certificate not accepted (ERR_TLS_CERT_ALTNAME_INVALID)',
    )
  })

  it('fails when nobody listens', async () => {
    const service = await start({ respond: saying('9.9.9.9') })
    await service.stop()
    services.splice(0)
    await expect(ask(service.url)).rejects.toThrow('connection refused')
  })

  it('fails when its name has no address of the family', async () => {
    const resolveName: HttpPorts['resolveName'] = () =>
      Promise.reject(new Error('the name has no address of that family'))
    await expect(ask('https://check.example.test/', { resolveName })).rejects.toThrow(
      'the name has no address of that family',
    )
  })

  it('fails on what is no HTTP', async () => {
    const server = createServer((socket) => void socket.end('SSH-2.0-server\r\n')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const bound = server.address()
    const port = typeof bound === 'object' ? bound?.port : 0
    await expect(ask(`http://127.0.0.1:${port}/`)).rejects.toThrow('not an HTTP answer')
    server.close()
  })

  it.each([
    ['before the connection is there', '9.9.9.9', true],
    ['while it waits for the answer', undefined, false],
  ])('lets go of everything when it is aborted %s', async (_when, text, atOnce) => {
    const before = await listOpenSockets()
    const respond: CheckServiceOptions['respond'] = text === undefined ? () => {} : saying(text)
    const service = await start({ tls: true, respond })
    const stopping = new AbortController()
    const source = createCheckServiceSource(new URL(service.url), 'IPv4', '', createTestPorts())
    const answer = source.ask(stopping.signal)
    if (!atOnce) {
      await expect.poll(() => service.requests).toBe(1)
      expect((await listOpenSockets()).length).toBeGreaterThan(before.length)
    }
    stopping.abort(new Error('stopping'))
    await expect(answer).rejects.toThrow('stopping')
    await service.stop()
    services.splice(0)
    expect(await listOpenSockets()).toEqual(before)
  })

  it('shows no query in its name, which may hold a key', () => {
    const source = createCheckServiceSource(
      new URL('https://check.example.net/ip?key=secret'),
      'IPv4',
      '',
      createTestPorts(),
    )
    expect(source).toMatchObject({
      name: 'https://check.example.net/ip',
      operator: 'example.net',
      authenticated: true,
      transport: 'HTTPS',
    })
  })

  it('is authenticated only over TLS', () => {
    const source = createCheckServiceSource(new URL('http://[2606:4700::1111]/'), 'IPv6', '', createTestPorts())
    expect(source).toMatchObject({ operator: '[2606:4700::1111]:80', authenticated: false, transport: 'HTTP' })
  })
})

describe('the URL of a check service', () => {
  it.each([
    ['https://check.example.net/ip', true],
    ['http://192.0.2.1:8080', true],
    ['ftp://check.example.net/', false],
    ['https://user:password@check.example.net/', false],
    ['check.example.net', false],
    ['', false],
  ])('%s: %s', (text, accepted) => {
    expect(parseServiceUrl(text) !== undefined).toBe(accepted)
  })
})
