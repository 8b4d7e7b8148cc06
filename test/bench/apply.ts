// `npm run bench:apply`: how many calls and bytes, and how much time against the least that calls and latency allow, the zone worker
// needs for ten thousand record sets, five hundred changes, one change, and an hour in which nothing happens.
import { CloudflareFake } from '../fakes/cloudflare-fake.ts'
import { NameServerFake } from '../fakes/name-server-fake.ts'
import { PowerDnsFake } from '../fakes/powerdns-fake.ts'
import { nextId } from '../support/dns-by-hand.ts'
import { systemClock } from '../../src/cli/system-clock.ts'
import { Route53Fake } from '../fakes/route53-fake.ts'
import { SimulatedClock } from '../support/simulated-clock.ts'
import { DirtyWorld } from './dirty-world.ts'
import { plainOwnership } from '../support/plain-ownership.ts'
import type { Fqdn } from '../../src/model/name.ts'
import type { OwnerId } from '../../src/model/record-set.ts'
import { createCloudflareProvider } from '../../src/providers/cloudflare/cloudflare-provider.ts'
import { OPEN_GATE } from '../../src/providers/call-gate.ts'
import { createPowerDnsProvider } from '../../src/providers/powerdns/powerdns-provider.ts'
import type { ZoneSession } from '../../src/providers/provider.ts'
import { createRoute53Provider } from '../../src/providers/route53/route53-provider.ts'
import { createRfc2136Provider } from '../../src/providers/rfc2136/rfc2136-provider.ts'

const LATENCY_MS = 40
const zone = 'example.com' as Fqdn
const ownerId = 'bench' as OwnerId
const signal = new AbortController().signal

interface Subject {
  readonly name: string
  readonly session: ZoneSession
  readonly calls: () => number
  readonly bytes: () => number
  readonly stop: () => Promise<void>
}

async function startCloudflare(plan: 'free' | 'pro'): Promise<Subject> {
  const fake = await CloudflareFake.start({ [zone]: plan })
  fake.http.latencyMs = LATENCY_MS
  const endpoint = `${fake.http.url}/client/v4`
  const provider = createCloudflareProvider({
    ...{ endpoint, token: () => fake.token, gate: OPEN_GATE },
    ownership: plainOwnership(ownerId),
  })
  return {
    name: `Cloudflare (${plan})`,
    session: await provider.openZone(zone, signal),
    calls: () => fake.http.calls.length,
    bytes: () => fake.http.bytes,
    stop: async () => {
      await provider.close()
      await fake.http.stop()
    },
  }
}

async function startRoute53(): Promise<Subject> {
  const fake = await Route53Fake.start({ id: 'ZBENCH', name: zone, isPrivate: false })
  fake.http.latencyMs = LATENCY_MS
  const provider = createRoute53Provider({
    ...{ region: 'us-east-1', endpoint: fake.http.url, gate: OPEN_GATE, ownership: plainOwnership(ownerId) },
    keys: { accessKeyID: () => fake.accessKey, secretAccessKey: () => 'bench' },
  })
  return {
    name: 'Route 53',
    session: await provider.openZone(zone, signal),
    calls: () => fake.http.calls.length,
    bytes: () => fake.http.bytes,
    stop: async () => {
      await provider.close()
      await fake.http.stop()
    },
  }
}

async function startPowerDns(): Promise<Subject> {
  const fake = await PowerDnsFake.start(zone)
  fake.http.latencyMs = LATENCY_MS
  const access = { endpoint: fake.http.url, serverID: 'localhost', apiKey: () => fake.key }
  const provider = createPowerDnsProvider({ ...access, ownership: plainOwnership(ownerId), gate: OPEN_GATE })
  return {
    name: 'PowerDNS',
    session: await provider.openZone(zone, signal),
    calls: () => fake.http.calls.length,
    bytes: () => fake.http.bytes,
    stop: async () => {
      await provider.close()
      await fake.http.stop()
    },
  }
}

async function startNameServer(): Promise<Subject> {
  const secret = 'YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g='
  const key = {
    name: 'bench',
    algorithm: 'hmac-sha256',
    secret: new Uint8Array(Buffer.from(secret, 'base64')),
  } as const
  const fake = await NameServerFake.start(zone, key)
  fake.latencyMs = LATENCY_MS
  const provider = createRfc2136Provider({
    ...{ server: `127.0.0.1:${fake.port}`, zones: [zone], tsigAlgorithm: 'hmac-sha256', nextId },
    ...{
      tsig: () => ({ keyName: 'bench.', secret }),
      gate: OPEN_GATE,
      clock: systemClock,
      ownership: plainOwnership(ownerId),
    },
  })
  const session = await provider.openZone(zone, signal)
  return {
    name: 'RFC 2136',
    session,
    calls: () => fake.requests.length,
    bytes: () => fake.bytes,
    stop: () => fake.stop(),
  }
}

async function measure(subject: Subject): Promise<void> {
  const world = new DirtyWorld({
    zone: { provider: 'bench/main', zone },
    ownerId,
    session: subject.session,
    clock: systemClock,
  })
  await world.settle()
  const name = (index: number): string => `node-${index}.${zone}`
  const step = async (what: string, sets: number, values: readonly string[]): Promise<void> => {
    const [calls, bytes, began] = [subject.calls(), subject.bytes(), performance.now()]
    for (let index = 0; index < sets; index += 1) world.want(name(index), values)
    await world.settle()
    const used = subject.calls() - calls
    const ms = Math.round(performance.now() - began)
    const floorMs = used * LATENCY_MS
    print({
      bench: 'apply',
      provider: subject.name,
      what,
      calls: used,
      bytes: subject.bytes() - bytes,
      ms,
      floorMs,
      ratio: ms / floorMs,
    })
  }
  await step('10,000 new record sets', 10_000, ['192.0.2.1'])
  await step('500 changed values', 500, ['192.0.2.2'])
  await step('1 changed value', 1, ['192.0.2.3'])
  await world.stop()
  await measureIdle(subject)
  await subject.stop()
}

/** An hour on a clock that only the worker waits for: the wire is real, the waiting is not. */
async function measureIdle(subject: Subject): Promise<void> {
  const clock = new SimulatedClock()
  const world = new DirtyWorld({ zone: { provider: 'bench/main', zone }, ownerId, session: subject.session, clock })
  await clock.advance(1_000)
  await systemClock.sleep(LATENCY_MS * 20, signal)
  const [calls, bytes] = [subject.calls(), subject.bytes()]
  for (let minute = 0; minute < 60; minute += 1) {
    await clock.advance(60_000)
    await systemClock.sleep(LATENCY_MS * 3, signal)
  }
  await world.stop()
  print({
    bench: 'apply',
    provider: subject.name,
    what: 'an idle hour',
    calls: subject.calls() - calls,
    bytes: subject.bytes() - bytes,
  })
}

function print(figures: Readonly<Record<string, string | number>>): void {
  const rounded = Object.entries(figures).map(([key, value]) => [
    key,
    typeof value === 'number' ? Number(value.toFixed(2)) : value,
  ])
  console.log(JSON.stringify(Object.fromEntries(rounded)))
}

for (const start of [
  () => startCloudflare('free'),
  () => startCloudflare('pro'),
  startRoute53,
  startPowerDns,
  startNameServer,
]) {
  await measure(await start())
}
