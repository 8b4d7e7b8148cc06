// The built-in name server as other programs see it: dig asks, BIND and Knot copy.
import { beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/cli/system-clock.ts'
import { startDnsServer, type DnsServer } from '../../src/dns/dns-server.ts'
import type { ZoneStore } from '../../src/providers/builtin/zone-store.ts'
import { SILENT_LOGGER } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { decodeMessage } from '../../src/wire/decode-message.ts'
import { encodeMessage } from '../../src/wire/encode-message.ts'
import { queryMessage } from '../../src/wire/query.ts'
import { parseTsigSecret } from '../../src/wire/tsig-key.ts'
import { hostedZone, openStore, put, type SetText } from '../support/hosted-zones.ts'
import { askDns } from './support/dns-connection.ts'
import { findOnPath, runCommand } from './support/process.ts'
import { startBindSecondary, startKnotSecondary } from './support/secondaries.ts'

const ZONE = 'example.test'
const KEY = {
  name: 'copy.key',
  algorithm: 'hmac-sha256',
  secret: 'ZG5zLXNlcnZlci1kbnMtc2VydmVyLWRucy1zZXJ2ZXI=',
} as const
const NOBODY_LISTENS = 9
// BIND copies no set of more than 100, unless its max-records-per-type says otherwise.
const many = Array.from({ length: 100 }, (_, at) => `192.0.2.${at}`)
const SETS: readonly SetText[] = [
  ['ns1', 'A', '127.0.0.1'],
  ['www', 'A', '192.0.2.1', '192.0.2.2'],
  ['www', 'AAAA', '2001:db8::1'],
  ['alias', 'CNAME', 'www.example.test'],
  ['*.wild', 'A', '192.0.2.4'],
  ['note', 'TXT', `say "hello" \\ ${'x'.repeat(300)}`],
  ['many', 'A', ...many],
  ['a.b.deep', 'A', '192.0.2.3'],
  // A transfer takes several messages.
  ...Array.from({ length: 2_000 }, (_, at): SetText => [`host-${at}`, 'A', `198.51.100.${at % 256}`]),
]

let server: DnsServer
let store: ZoneStore
let unhost: () => void

beforeEach(async () => {
  server = await startDnsServer({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock, logger: SILENT_LOGGER, metrics: createMetrics().metrics },
  })
  store = await openStore(ZONE, SETS)
  unhost = hostFor(NOBODY_LISTENS)
  return () => server.close()
})

/** Serves the zone to a secondary at this port that has the key. */
function hostFor(port: number): () => void {
  const secret = parseTsigSecret(KEY.secret) ?? new Uint8Array()
  return server.host(hostedZone(store, [{ host: '127.0.0.1', port, key: { ...KEY, secret } }]))
}

async function dig(args: string): Promise<string> {
  const { stdout } = await runCommand(requireDig(), ['@127.0.0.1', '-p', String(server.port), ...args.split(' ')])
  return stdout.trim()
}

function requireDig(): string {
  const path = findOnPath('dig')
  if (path === undefined) throw new Error('dig is missing: install it (Debian: apt-get install bind9-dnsutils)')
  return path
}

describe('dig', () => {
  it.each(['+notcp', '+tcp', '+noedns', '+edns=0 +nocookie', '+dnssec', '+bufsize=512'])(
    'understands %s',
    async (how) => {
      const answer = await dig(`${how} www.example.test A`)
      expect(answer).toContain('status: NOERROR')
      expect(answer).toMatch(/flags: qr aa rd[ ;]/)
      expect(answer).toContain('QUERY: 1, ANSWER: 2, AUTHORITY: 0')
      expect(answer).not.toMatch(/WARNING: (?!recursion requested)/)
    },
  )

  it.each([
    ['www.example.test A', ['192.0.2.1', '192.0.2.2']],
    ['www.example.test AAAA', ['2001:db8::1']],
    ['alias.example.test AAAA', ['www.example.test.', '2001:db8::1']],
    ['x.y.wild.example.test A', ['192.0.2.4']],
    ['note.example.test TXT', [`"say \\"hello\\" \\\\ ${'x'.repeat(241)}" "${'x'.repeat(59)}"`]],
    ['example.test NS', ['ns1.example.test.', 'ns2.example.net.']],
    ['example.test SOA', ['ns1.example.test. hostmaster.example.test. 8 3600 600 1209600 60']],
    ['deep.example.test A', ['']],
  ])('%s gets %j', async (question, lines) => {
    expect((await dig(`+short ${question}`)).split('\n')).toEqual(lines)
  })

  it('is told to come back over TCP, and does', async () => {
    expect(await dig('+ignore many.example.test A')).toMatch(/flags: qr aa tc rd/)
    expect((await dig('+short many.example.test A')).split('\n')).toHaveLength(100)
  })

  it.each([
    ['nobody.example.test A', 'NXDOMAIN', 1],
    ['www.example.test MX', 'NOERROR', 1],
    ['elsewhere.test A', 'REFUSED', 0],
    ['+opcode=status www.example.test A', 'NOTIMP', 0],
    ['+edns=1 +noednsnegotiation www.example.test A', 'BADVERS', 0],
    ['+class=CH version.bind TXT', 'REFUSED', 0],
  ])('%s gets %s', async (question, status, authorities) => {
    const answer = await dig(question.replace('+class=CH ', '-c CH '))
    expect(answer).toContain(`status: ${status}`)
    expect(answer).toContain(`AUTHORITY: ${authorities}`)
  })

  it('copies the zone with the key', async () => {
    const lines = (await dig(`-y ${KEY.algorithm}:${KEY.name}:${KEY.secret} example.test AXFR +onesoa`)).split('\n')
    const records = lines.filter((line) => /\sIN\s/.test(line))
    expect(records).toHaveLength(3 + 8 + 100 + 2_000)
    expect(lines.join('\n')).not.toMatch(/BADSIG|WARNING|failed/i)
  })

  it('copies nothing without the key, or with another', async () => {
    expect(await dig('example.test AXFR')).toContain('Transfer failed')
    const other = 'b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q='
    expect(await dig(`-y ${KEY.algorithm}:${KEY.name}:${other} example.test AXFR`)).toContain('Transfer failed')
  })
})

describe.each([
  ['BIND', startBindSecondary],
  ['Knot', startKnotSecondary],
])('%s', (_, start) => {
  it('copies the zone, and each change as soon as it is told', async () => {
    const secondary = await start({ zone: ZONE, primaryPort: server.port, tsigKey: KEY })
    const look = async (name: string): Promise<readonly unknown[]> => {
      const answer = decodeMessage(await askDns(secondary.port, encodeMessage(queryMessage(1, name, 'A'))))
      return answer.answers.map(({ data }) => ('address' in data ? data.address : data.kind))
    }
    try {
      expect(await look('www.example.test')).toEqual(expect.arrayContaining(['192.0.2.1', '192.0.2.2']))
      expect(await look('many.example.test')).toHaveLength(100)
      unhost()
      hostFor(secondary.port)
      await put(store, [['www', 'A', '198.51.100.7']])
      const before = performance.now()
      await expect.poll(() => look('www.example.test'), { timeout: 15_000 }).toEqual(['198.51.100.7'])
      console.log(`copied ${Math.round(performance.now() - before)} ms after the change`)
    } finally {
      await secondary.stop()
    }
  })
})
