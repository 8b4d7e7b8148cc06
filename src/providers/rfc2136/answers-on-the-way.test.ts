// What comes back is not what the server sent: an update may have been carried out all the same.
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NameServerFake } from '../../../test/fakes/name-server-fake.ts'
import { nextId } from '../../../test/support/dns-by-hand.ts'
import { rawSet } from '../../../test/support/hosted-zones.ts'
import { systemClock } from '../../cli/system-clock.ts'
import type { Fqdn } from '../../model/name.ts'
import { TransientError } from '../../model/errors.ts'
import type { TsigKey } from '../../wire/tsig-key.ts'
import { OPEN_GATE, type Lesson } from '../call-gate.ts'
import type { RawOutcome } from '../raw-zone.ts'
import { DnsClient } from './dns-client.ts'
import { Rfc2136Zone } from './rfc2136-zone.ts'

const ZONE = 'example.test' as Fqdn
const KEY: TsigKey = { name: 'ddns', algorithm: 'hmac-sha256', secret: new Uint8Array(32).fill(7) }
const signal = new AbortController().signal

function openZone(port: number, key: TsigKey | undefined): Rfc2136Zone {
  const server = { host: '127.0.0.1', port }
  const options = { key: () => key, clock: systemClock, nextId, gate: OPEN_GATE, timeoutMs: 300 }
  return new Rfc2136Zone(ZONE, new DnsClient({ server, ...options }))
}

function write(zone: Rfc2136Zone): Promise<RawOutcome> {
  const next = rawSet(ZONE, ['www', 'A', '192.0.2.1'])
  const change = { key: next.key, previous: undefined, next }
  return zone.apply([change], signal, [[change]])
}

it('that is missing is told with the server as a spec has it, and what to do', async () => {
  const options = { key: () => undefined, clock: systemClock, nextId, gate: OPEN_GATE, timeoutMs: 300 }
  const client = new DnsClient({ server: { host: '::1', port: 9 }, ...options })
  const outcome = await write(new Rfc2136Zone(ZONE, client))
  expect(outcome).toMatchObject({
    kind: 'unconfirmed',
    error: { message: expect.stringMatching(/^the name server \[::1\]:9 did not answer \([a-z][^A-Z]*\)$/) as string },
  })
})

it('is waited for from nobody where the Secret gives no key', async () => {
  const lessons: Lesson[] = []
  const gate = { admit: () => Promise.resolve(), settle: (lesson: Lesson) => void lessons.push(lesson) }
  const key = (): TsigKey => {
    throw new TransientError('ProviderUnavailable', 'Secret dns/tsig has not been read yet')
  }
  const client = new DnsClient({
    server: { host: '::1', port: 9 },
    key,
    clock: systemClock,
    nextId,
    gate,
    timeoutMs: 300,
  })
  expect(await write(new Rfc2136Zone(ZONE, client))).toMatchObject({ kind: 'failed' })
  expect(lessons).toEqual([{ kind: 'unsent' }])
})

describe('a signed answer', () => {
  let fake: NameServerFake
  beforeEach(async () => void (fake = await NameServerFake.start(ZONE, KEY)))
  afterEach(() => fake.stop())

  it.each<[string, number, number]>([
    ['its code', 3, 5],
    ['its flags', 2, 0x02],
    ['its question', 15, 0x01],
  ])(
    'to an update that was changed on the way in %s does not say what was done, nor that the key is wrong',
    async (_, at, bits) => {
      fake.damage = (answer) => answer.map((byte, index) => (index === at ? byte ^ bits : byte))
      const outcome = await write(openZone(fake.port, KEY))
      expect(fake.recordsAt('www.example.test', 'A')).toHaveLength(1)
      expect(outcome).toMatchObject({
        kind: 'unconfirmed',
        error: {
          kind: 'transient',
          message: expect.stringContaining('its signature does not match, as when it is changed on the way') as string,
        },
      })
    },
  )

  it('to the question for the zone that was changed on the way to a refusal does not say that it is not there', async () => {
    fake.damage = (answer) => answer.map((byte, index) => (index === 3 ? byte ^ 5 : byte))
    await expect(openZone(fake.port, KEY).readSerial('Work', signal)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'ProviderUnavailable',
    })
  })
})

describe('without a key', () => {
  let echo: Server
  beforeEach(async () => {
    echo = createServer((socket) => void socket.on('error', () => socket.destroy()).pipe(socket))
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => new Promise((resolve) => echo.close(resolve)))

  it('who sends everything back has done nothing', async () => {
    const zone = openZone((echo.address() as AddressInfo).port, undefined)
    expect(await write(zone)).toMatchObject({ kind: 'unconfirmed', error: { reason: 'ProviderUnavailable' } })
    await expect(zone.readSerial('Work', signal)).rejects.toMatchObject({ reason: 'ProviderUnavailable' })
  })
})
