import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startDnsResponder, type DnsResponder, type KnownNames } from '../../../test/fakes/wan/dns-responder.ts'
import { listOpenSockets } from '../../../test/support/open-sockets.ts'
import { createNameResolver, type ResolveName } from './resolve-name.ts'

const NAMES: KnownNames = {
  'stun.example.net': ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
  'empty.example.net': [],
  'hosts.example.net': ['192.0.2.9'],
  'silent.example.net': 'silent',
}
const never = new AbortController().signal

let folder: string
let dns: DnsResponder
let resolve: ResolveName
let lookedUp: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-names-'))
  const hostsFile = join(folder, 'hosts')
  await writeFile(
    hostsFile,
    '# names\n127.0.0.1 localhost other\n192.0.2.77\tHosts.example.net # ours\n2001:db8::77 hosts.example.net\n',
  )
  dns = await startDnsResponder(NAMES)
  lookedUp = []
  resolve = createNameResolver({
    servers: [dns.server],
    hostsFile,
    lookUp: (name, family) => {
      lookedUp.push(`${name} ${family}`)
      return name === 'stun'
        ? Promise.resolve(['192.0.2.5'])
        : Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    },
  })
})

afterEach(async () => {
  await dns.stop()
  await rm(folder, { recursive: true })
})

describe('a name', () => {
  it('is found in DNS with its addresses of the family', async () => {
    expect([...(await resolve('stun.example.net', 'IPv4', never))].sort()).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(await resolve('stun.example.net', 'IPv6', never)).toEqual(['2001:db8::1'])
    expect(lookedUp).toEqual([])
  })

  it('is found in the hosts file before DNS, in any case of letters', async () => {
    expect(await resolve('hosts.example.net', 'IPv4', never)).toEqual(['192.0.2.77'])
    expect(await resolve('HOSTS.example.net', 'IPv6', never)).toEqual(['2001:db8::77'])
    expect(await resolve('other', 'IPv4', never)).toEqual(['127.0.0.1'])
    expect(dns.questions).toBe(0)
  })

  it('that is an address needs no asking', async () => {
    expect(await resolve('192.0.2.1', 'IPv4', never)).toEqual(['192.0.2.1'])
    expect(dns.questions).toBe(0)
  })

  it('that DNS does not know is left to the system, which knows search domains', async () => {
    expect(await resolve('stun', 'IPv4', never)).toEqual(['192.0.2.5'])
    expect(lookedUp).toEqual(['stun IPv4'])
  })

  it.each(['empty.example.net', 'nobody.example.net'])('that has no address says so: %s', async (name) => {
    await expect(resolve(name, 'IPv4', never)).rejects.toThrow('the name has no address of that family')
  })

  it('cannot be resolved where no DNS server is', async () => {
    const { server } = dns
    await dns.stop()
    dns = await startDnsResponder({})
    const lost = createNameResolver({ servers: [server], hostsFile: join(folder, 'none') })
    await expect(lost('stun.example.net', 'IPv4', never)).rejects.toThrow('the name could not be resolved')
  })

  it('is given up at once when aborted, and no socket is left', async () => {
    const before = await listOpenSockets()
    const stopping = new AbortController()
    const asked = resolve('silent.example.net', 'IPv4', stopping.signal)
    await expect.poll(() => dns.questions).toBe(1)
    stopping.abort(new Error('stopping'))
    await expect(asked).rejects.toThrow('stopping')
    expect(await listOpenSockets()).toEqual(before)
    await expect(resolve('stun.example.net', 'IPv4', stopping.signal)).rejects.toThrow('stopping')
  })
})
