import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextId } from '../../../test/support/dns-by-hand.ts'
import { freePort } from '../../../test/support/free-port.ts'
import { put } from '../../../test/support/hosted-zones.ts'
import type { Fqdn } from '../../model/name.ts'
import { OPEN_GATE } from '../../providers/call-gate.ts'
import { DnsClient } from '../../providers/rfc2136/dns-client.ts'
import { SILENT_LOGGER } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { queryMessage } from '../../wire/query.ts'
import { systemClock } from '../system-clock.ts'
import { createNameServer, type NameServer, type NameServerOptions } from './name-server.ts'

const PARENT = 'example.com' as Fqdn
const CHILD = 'lab.example.com' as Fqdn
let dataFolder: string
let port: number
let server: NameServer

function create(more: Partial<NameServerOptions> = {}): NameServer {
  const { metrics } = createMetrics()
  const config = { dnsHost: '127.0.0.1', dnsPort: port }
  return createNameServer({ config, dataFolder, log: SILENT_LOGGER, metrics, ...more })
}

async function serve(zone: Fqdn, ...sets: Parameters<typeof put>[1]): Promise<void> {
  const store = await server.openZone(zone)
  await put(store, sets)
  store.markWhole()
}

/** `NOERROR 192.0.2.1`: how the question for its IPv4 addresses is answered. */
async function ask(name: string): Promise<string> {
  const options = { server: { host: '127.0.0.1', port }, key: () => undefined, gate: OPEN_GATE, timeoutMs: 10_000 }
  const client = new DnsClient({ ...options, clock: systemClock, nextId })
  const { rcode, answers } = await client.ask(queryMessage(nextId(), name, 'A'), 'Work', AbortSignal.timeout(10_000))
  return [rcode, ...answers.flatMap(({ data }) => (data.kind === 'A' ? data.address : []))].join(' ')
}

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'stoa-name-server-'))
  port = await freePort()
  server = create()
})

afterEach(async () => {
  await server.close()
  await rm(dataFolder, { recursive: true })
})

it('serves nothing at port 0, which turns it off as it does the other servers', async () => {
  const off = create({ config: { dnsHost: '127.0.0.1', dnsPort: 0 } })
  await expect(off.openZone(PARENT)).rejects.toMatchObject({
    reason: 'CannotListen',
    message: 'the built-in name server is turned off: give it another --dns-port than 0',
  })
  await off.close()
})

describe('a zone that is served no more', () => {
  beforeEach(async () => {
    await serve(PARENT, ['new.lab', 'A', '192.0.2.1'])
    await serve(CHILD, ['old', 'A', '192.0.2.2'])
  })

  it('does not hide what the zone above it has there', async () => {
    expect(await ask('new.lab.example.com')).toBe('NXDOMAIN')
    server.serveZones(new Map([[PARENT, []]]))
    expect(await ask('new.lab.example.com')).toBe('NOERROR 192.0.2.1')
    server.serveZones(new Map())
    expect(await ask('new.lab.example.com')).toBe('REFUSED')
  })

  it('keeps what is in it, in its file too, until it is served again', async () => {
    server.serveZones(new Map([[PARENT, []]]))
    expect(await readdir(join(dataFolder, 'zones'))).toContain(`${CHILD}.zone`)
    const store = await server.openZone(CHILD)
    expect(await ask('old.lab.example.com')).toBe('NOERROR 192.0.2.2')
    server.serveZones(new Map())
    server.serveZones(new Map([[CHILD, []]]))
    expect(await ask('old.lab.example.com')).toBe('NOERROR 192.0.2.2')
    expect(await server.openZone(CHILD)).toBe(store)
  })
})

describe('a zone that begins anew', () => {
  it.each([
    ['with files', {}],
    ['in memory', { dataFolder: undefined }],
  ])('%s has a serial that is newer to secondaries that knew it before', async (_, more) => {
    const before = Math.floor(systemClock.now() / 1_000)
    const anew = create(more)
    const { serial } = await anew.openZone(PARENT)
    await anew.close()
    expect(serial).toBeGreaterThanOrEqual(before)
    expect(serial).toBeLessThan(before + 600)
  })

  it('goes on from its file where there is one', async () => {
    await serve(PARENT, ['www', 'A', '192.0.2.1'])
    const { serial } = await server.openZone(PARENT)
    await server.close()
    expect((await server.openZone(PARENT)).serial).toBe(serial)
  })
})

describe('a zone that cannot be opened', () => {
  it('keeps no other from being opened, nor itself once it is put right', async () => {
    await serve(PARENT, ['www', 'A', '192.0.2.1'])
    const file = join(dataFolder, 'zones', `${CHILD}.zone`)
    await writeFile(file, 'no zone')
    await expect(server.openZone(CHILD)).rejects.toThrow('is damaged')
    await serve('example.net' as Fqdn, ['www', 'A', '192.0.2.3'])
    await rm(file)
    await serve(CHILD, ['www', 'A', '192.0.2.2'])
    const names = ['www.example.com', 'www.lab.example.com', 'www.example.net']
    expect(await Promise.all(names.map(ask))).toEqual(['NOERROR 192.0.2.1', 'NOERROR 192.0.2.2', 'NOERROR 192.0.2.3'])
  })

  it('for the port, which is taken, is opened when the port is free again', async () => {
    const other = create({ dataFolder: undefined })
    await other.openZone(PARENT)
    await expect(server.openZone(PARENT)).rejects.toMatchObject({ kind: 'transient', reason: 'CannotListen' })
    await other.close()
    await serve(PARENT, ['www', 'A', '192.0.2.1'])
    expect(await ask('www.example.com')).toBe('NOERROR 192.0.2.1')
  })
})

it('opens no port for a zone whose file is read only when all is closed, and opens again', async () => {
  let read = (): void => undefined
  const reading = new Promise<undefined>((resolve) => (read = () => resolve(undefined)))
  const slow = create({ persistence: { load: () => reading, save: () => Promise.resolve() } })
  const opening = slow.openZone(PARENT)
  await slow.close()
  read()
  await expect(opening).rejects.toMatchObject({ kind: 'transient', reason: 'CannotListen' })
  await serve(PARENT, ['www', 'A', '192.0.2.1'])
  expect(await ask('www.example.com')).toBe('NOERROR 192.0.2.1')
  await server.close()
  await slow.openZone(PARENT)
  expect(await ask('www.example.com')).toBe('SERVFAIL')
  await slow.close()
})
