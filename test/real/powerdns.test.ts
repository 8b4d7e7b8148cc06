import { afterAll, beforeAll } from 'vitest'
import { parseIpAddress } from '../../src/model/address.ts'
import type { Fqdn } from '../../src/model/name.ts'
import type { RecordType } from '../../src/model/record-set.ts'
import { OPEN_GATE } from '../../src/providers/call-gate.ts'
import type { Ownership } from '../../src/providers/ownership/ownership.ts'
import { createPowerDnsProvider, type PowerDnsOptions } from '../../src/providers/powerdns/powerdns-provider.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { CONTRACT_OWNER, describeProviderContract, type ProviderBench } from '../contracts/provider-contract.ts'
import { startPowerDns, type PowerDns } from './support/powerdns.ts'
import { plainOwnership } from '../support/plain-ownership.ts'

const signal = new AbortController().signal
let server: PowerDns
let zones = 0

beforeAll(async () => {
  server = await startPowerDns()
})
afterAll(() => server.stop())

interface StoredSet {
  readonly name: string
  readonly type: string
  readonly records: readonly { readonly content: string }[]
}

for (const registry of ['Native', 'TXT'] as const) {
  describeProviderContract({
    name: `a real PowerDNS (owners in ${registry === 'Native' ? 'comments' : 'TXT'})`,
    skips: {
      strangers: 'the calls that reach a real server are not seen coming; the fake sees them',
      'foreign beside': 'comments and marks speak for a whole set; the planner refuses to share one',
      'concurrent edit': 'PATCH has no compare-and-swap; the serial is probed before each write',
      faults: 'a real server does not fail on demand; the fake does',
      rotation: 'the key of a real server is in its configuration; the fake changes its own',
    },
    maxCalls: { created: { one: 1, fiveHundred: 1 }, replaced: { one: 1, fiveHundred: 1 } },
    badValue: 'not-an-address',
    start: () => openBench(registry),
  })
}

async function openBench(registry: Ownership['registry']): Promise<ProviderBench> {
  // A zone of its own for every test: nothing is left over, and the server is started once.
  const zone = `z${(zones += 1)}.example.test` as Fqdn
  await server.createZone(zone)
  let reads = 0
  const open = (more: Partial<PowerDnsOptions> = {}): Provider =>
    createPowerDnsProvider({
      endpoint: server.url,
      serverID: 'localhost',
      apiKey: () => server.apiKey,
      ownership: { ...plainOwnership(CONTRACT_OWNER), registry },
      gate: { admit: () => Promise.resolve(void (reads += 1)), settle: () => undefined },
      timeoutMs: 10_000,
      ...more,
    })
  const write = async (rrsets: readonly unknown[]): Promise<void> => {
    const { status, text } = await server.call('PATCH', `zones/${zone}.`, { rrsets })
    if (status !== 204) throw new Error(`${status} ${text}`)
  }
  return {
    zone,
    open: () => open().openZone(zone, signal),
    openUnauthorised: () => open({ apiKey: () => 'wrong', gate: OPEN_GATE }).openZone(zone, signal),
    openMissing: () => open({ gate: OPEN_GATE }).openZone('example.org' as Fqdn, signal),
    seed: (...sets) => write(sets.map(({ name, type, values }) => replaceSet(name, type, values))),
    remove: (name, type) => write([{ name: `${name}.`, type, changetype: 'DELETE' }]),
    async peek(name, type) {
      const { text } = await server.call('GET', `zones/${zone}.?rrset_name=${name}.&rrset_type=${type}`)
      const { rrsets } = JSON.parse(text) as { rrsets: readonly StoredSet[] }
      const set = rrsets.find((one) => one.name === `${name}.` && one.type === type)
      return (set?.records.map(({ content }) => content) ?? []).sort()
    },
    calls: () => ({ reads: 0, writes: reads }),
    fail: undefined,
    throttled: undefined,
    secret: server.apiKey,
    rotation: undefined,
    stop: () => Promise.resolve(),
  }
}

function replaceSet(name: string, type: RecordType, values: readonly string[]): unknown {
  // It refuses to be given `::ffff:192.0.2.1`, which is how it shows `::ffff:c000:201`.
  const records = values.map((value) => ({ content: parseIpAddress(value) ?? value, disabled: false }))
  return { name: `${name}.`, type, ttl: 300, changetype: 'REPLACE', records }
}
