import { afterEach, describe, expect, it } from 'vitest'
import {
  CONTRACT_OWNER,
  applyAll,
  create,
  describeProviderContract,
  listAll,
  ownedSet,
  remove,
  update,
} from '../../../test/contracts/provider-contract.ts'
import { NameServerFake } from '../../../test/fakes/name-server-fake.ts'
import { nextId } from '../../../test/support/dns-by-hand.ts'
import { plainOwnership } from '../../../test/support/plain-ownership.ts'
import { carryOut } from '../../apply/carry-out.ts'
import { systemClock } from '../../cli/system-clock.ts'
import type { Fqdn } from '../../model/name.ts'
import { parseTsigSecret, type TsigKey } from '../../wire/tsig-key.ts'
import { internetRecord, NO_DATA, type DnsRecord } from '../../wire/message.ts'
import { addRecord } from '../../wire/update.ts'
import { OPEN_GATE } from '../call-gate.ts'
import type { Provider } from '../provider.ts'
import { dataOf } from '../../wire/set-data.ts'
import { createRfc2136Provider, type Rfc2136Options, type TsigSecret } from './rfc2136-provider.ts'
import { parseServerAddress } from './server-address.ts'

const zone = 'example.test' as Fqdn
const signal = new AbortController().signal
const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0'
const key: TsigKey = { name: 'ddns', algorithm: 'hmac-sha256', secret: parseTsigSecret(secret) ?? new Uint8Array() }

function openProvider(fake: NameServerFake, more: Partial<Rfc2136Options> = {}): Provider {
  return createRfc2136Provider({
    server: `127.0.0.1:${fake.port}`,
    zones: [zone],
    tsigAlgorithm: 'hmac-sha256',
    tsig: () => ({ keyName: 'ddns.', secret }),
    ownership: plainOwnership(CONTRACT_OWNER),
    gate: OPEN_GATE,
    clock: systemClock,
    nextId,
    timeoutMs: 1_500,
    ...more,
  })
}

const recordsOf = (name: string, type: string, values: readonly string[]): ReturnType<typeof addRecord>[] =>
  values
    .map((value) => dataOf(type as 'A', value))
    .flatMap((data) => (data === undefined ? [] : [addRecord(name, 300, data)]))

describeProviderContract({
  name: 'RFC 2136',
  skips: {
    'foreign beside': 'a mark speaks for a whole set; the planner refuses to share one',
    throttled: 'DNS has no word for it',
  },
  // New sets are written with their marks, and 500 of those do not fit into one message of 64 KiB.
  maxCalls: { created: { one: 1, fiveHundred: 3 }, replaced: { one: 1, fiveHundred: 1 } },
  maxValuesNote: '100, which BIND has unless told otherwise',
  badValue: 'not-an-address',
  async start() {
    const fake = await NameServerFake.start(zone, key)
    const next = 'bmV4dC1zZWNyZXQtbmV4dC1zZWNyZXQ='
    let held = secret
    const tsig = (): TsigSecret => ({ keyName: 'ddns.', secret: held })
    return {
      zone,
      open: () => openProvider(fake, { tsig }).openZone(zone, signal),
      openUnauthorised: () =>
        openProvider(fake, { tsig: () => ({ keyName: 'ddns.', secret: 'd3Jvbmc=' }) }).openZone(zone, signal),
      openMissing: () => openProvider(fake).openZone('example.org' as Fqdn, signal),
      seed: (...sets) =>
        Promise.resolve(
          fake.edit((records) => [
            ...records,
            ...sets.flatMap(({ name, type, values }) => recordsOf(name, type, values)),
          ]),
        ),
      remove: (name, type) =>
        Promise.resolve(
          fake.edit((records) => records.filter((record) => record.name !== name || record.type !== type)),
        ),
      peek: (name, type) =>
        Promise.resolve(
          fake.recordsAt(name, type).map(({ data }) => ('address' in data ? data.address : JSON.stringify(data))),
        ),
      calls: () => ({ reads: fake.requests.length - fake.updates, writes: fake.updates }),
      onCall: (hook) => void (fake.onCall = hook),
      fail: (fault, times) => fake.fail(fault, times),
      throttled: undefined,
      secret,
      rotation: {
        revoke: () => void (fake.key = { ...key, secret: parseTsigSecret(next) ?? new Uint8Array() }),
        renew: () => void (held = next),
      },
      stop: () => fake.stop(),
    }
  },
})

describe('RFC 2136', () => {
  let fake: NameServerFake
  afterEach(() => fake.stop())

  it.each(['ddns key', 'a..b', 'clé', 'c2VjcmV0'.repeat(8)])(
    'says plainly that the key cannot be called %j, and not what was there',
    async (keyName) => {
      fake = await NameServerFake.start(zone, key)
      const opened = openProvider(fake, { tsig: () => ({ keyName, secret }) }).openZone(zone, signal)
      await expect(opened).rejects.toMatchObject({
        kind: 'terminal',
        reason: 'CredentialsInvalid',
        message: '`tsigKeyName` in the Secret is not a name',
      })
    },
  )

  it('says plainly that the clocks differ', async () => {
    fake = await NameServerFake.start(zone, key)
    fake.clockSkewSeconds = 3600
    await expect(openProvider(fake).openZone(zone, signal)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'ClockSkew',
      message: expect.stringContaining('the clocks differ by more than five minutes') as string,
    })
  })

  it('signs when its turn has come, by the clock and with the key of then', async () => {
    fake = await NameServerFake.start(zone, key)
    let [lateMs, held] = [3_600_000, 'b2xkLXNlY3JldC1vbGQtc2VjcmV0']
    // An outage of an hour, as seen by whoever else uses the credential: during it the Secret was changed.
    const admit = (): Promise<void> => Promise.resolve(void ([lateMs, held] = [0, secret]))
    const session = await openProvider(fake, {
      clock: { ...systemClock, now: () => systemClock.now() - lateMs },
      tsig: () => ({ keyName: 'ddns.', secret: held }),
      gate: { ...OPEN_GATE, admit },
    }).openZone(zone, signal)
    lateMs = 3_600_000
    expect((await listAll(session)).size).toBe(0)
    lateMs = 3_600_000
    const [outcome] = await applyAll(session, [create(ownedSet('www.example.test', 'A', ['192.0.2.1']))])
    expect(outcome?.kind).toBe('applied')
  })

  it('says that the server does not know the key', async () => {
    fake = await NameServerFake.start(zone, key)
    const opened = openProvider(fake, { tsig: () => ({ keyName: 'other.', secret }) }).openZone(zone, signal)
    await expect(opened).rejects.toMatchObject({
      kind: 'terminal',
      message: expect.stringContaining('does not know the key') as string,
    })
  })

  it('does not believe an answer that is not signed', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake, { tsig: () => undefined })
      .openZone(zone, signal)
      .catch((error: unknown) => error)
    expect(session).toMatchObject({ reason: expect.stringMatching(/ZoneNotFound|CredentialsInvalid/) as string })
  })

  it('never adds a CNAME beside other data, which servers would drop without a word', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    fake.edit((records) => [...records, ...recordsOf('www.example.test', 'TXT', ['somebody else'])])
    const [outcome] = await applyAll(session, [create(ownedSet('www.example.test', 'CNAME', ['web.example.net']))])
    expect(outcome?.kind).toBe('outdated')
  })

  it('still notices an edit at a name after another name was read again', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const set = ownedSet('www.example.test', 'A', ['192.0.2.1'])
    await applyAll(session, [create(set)])
    fake.edit((records) => [
      ...records.filter(({ name, type }) => name !== 'www.example.test' || type !== 'A'),
      ...recordsOf('www.example.test', 'A', ['198.51.100.7']),
    ])
    await session.reread(['other.example.test' as Fqdn], signal)
    const [outcome] = await applyAll(session, [update(set, ownedSet('www.example.test', 'A', ['192.0.2.2']))])
    expect(outcome?.kind).toBe('outdated')
  })

  it('notices other data beside the set that a CNAME replaces', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const address = ownedSet('www.example.test', 'A', ['192.0.2.1'])
    await applyAll(session, [create(address)])
    fake.edit((records) => [...records, ...recordsOf('www.example.test', 'TXT', ['somebody else'])])
    const alias = create(ownedSet('www.example.test', 'CNAME', ['web.example.net']))
    expect((await applyAll(session, [remove(address), alias])).map(({ kind }) => kind)).toEqual([
      'outdated',
      'outdated',
    ])
  })

  const exchange: DnsRecord = internetRecord('www.example.test', 300, {
    ...{ kind: 'MX', preference: 10, exchange: 'mx.example.net' },
  })
  const address = ownedSet('www.example.test', 'A', ['192.0.2.1'])
  const alias = create(ownedSet('www.example.test', 'CNAME', ['web.example.net']))

  it('refuses a CNAME beside a type that is none of ours, and keeps the address that would make room for it', async () => {
    fake = await NameServerFake.start(zone, key)
    fake.edit((records) => [...records, exchange])
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    await applyAll(session, [create(address)])
    const other = create(ownedSet('other.example.test', 'A', ['192.0.2.2']))
    const outcomes = await applyAll(session, [other, remove(address), alias])
    const refused = {
      kind: 'failed',
      scope: 'Change',
      error: {
        kind: 'terminal',
        reason: 'CNAMEConflict',
        message:
          'CNAME www.example.test cannot stand beside MX www.example.test: remove that at the provider, or use another name',
      },
    }
    expect(outcomes).toMatchObject([{ kind: 'applied' }, refused, refused])
    expect(fake.recordsAt('www.example.test', 'A')).toHaveLength(1)
  })

  it('knows what lies below a delegation, and below a name that stands for another', async () => {
    fake = await NameServerFake.start(zone, key)
    const delegation = internetRecord('sub.example.test', 300, { kind: 'NS', target: 'NS1.example.net' })
    fake.edit((records) => [...records, delegation])
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const cutOf = (name: string): unknown => session.cutAbove?.({ name: name as Fqdn, type: 'A', setId: '' })
    const cut = { name: 'sub.example.test', type: 'NS', targets: ['ns1.example.net'] }
    expect([cutOf('www.sub.example.test'), cutOf('www.example.test')]).toEqual([cut, undefined])
  })

  it('takes no address away for a CNAME beside which another type has appeared since', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    await applyAll(session, [create(address)])
    fake.edit((records) => [...records, exchange])
    expect((await applyAll(session, [remove(address), alias])).map(({ kind }) => kind)).toEqual([
      'outdated',
      'outdated',
    ])
    expect(fake.recordsAt('www.example.test', 'A')).toHaveLength(1)
    await session.reread(['www.example.test' as Fqdn], signal)
    const [outcome] = await applyAll(session, [remove(address), alias])
    expect(outcome).toMatchObject({ kind: 'failed', error: { reason: 'CNAMEConflict' } })
  })

  it('says which of the sets is no longer what it was, where only one was to change', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    fake.edit((records) => [...records, exchange])
    const [outcome] = await applyAll(session, [alias])
    expect(outcome).toMatchObject({
      kind: 'outdated',
      error: {
        message: 'CNAME www.example.test or TXT cname-www.example.test is no longer what it was when it was read',
      },
    })
  })

  it('lets a CNAME stand beside what signs it', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake).openZone(zone, signal)
    const [signature, proof] = [46, 47].map((type) => ({ ...exchange, type, data: NO_DATA }))
    if (signature === undefined || proof === undefined) throw new Error('two records')
    await applyAll(session, [create(address)])
    fake.edit((records) => [...records, signature, proof])
    await listAll(session)
    const outcomes = await applyAll(session, [remove(address), alias])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'applied'])
  })

  it('has room in its messages for all that many CNAMEs require in the place of addresses', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const names = Array.from({ length: 300 }, (_, index) => `a-long-name-as-it-may-be-${index}.example.test`)
    const addresses = names.map((name) => ownedSet(name, 'A', ['192.0.2.1']))
    await applyAll(session, addresses.map(create))
    const swaps = addresses.flatMap((before) => [
      remove(before),
      create(ownedSet(before.key.name, 'CNAME', ['web.example.net'])),
    ])
    const outcomes = await applyAll(session, swaps)
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['applied']))
  })

  it('finds the one name that the key may not update, says what to allow, and writes the others', async () => {
    fake = await NameServerFake.start(zone, key)
    fake.denied.add('b.example.test')
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const changes = ['a', 'b', 'c', 'd'].map((label) => create(ownedSet(`${label}.example.test`, 'A', ['192.0.2.1'])))
    const outcomes = await carryOut(session, changes, signal)
    const failed = outcomes.filter(({ kind }) => kind !== 'applied')
    expect(failed).toMatchObject([
      {
        kind: 'failed',
        error: {
          kind: 'terminal',
          reason: 'UpdateDenied',
          message:
            `the name server 127.0.0.1:${fake.port} refused to update A b.example.test with TXT a-b.example.test; ` +
            'let the key update such names and types there (update-policy, allow-update, an ACL)',
        },
      },
    ])
    expect(outcomes).toHaveLength(4)
  })

  it('writes a set again whose mark alone was left behind', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const set = ownedSet('www.example.test', 'A', ['192.0.2.1'])
    await applyAll(session, [create(set)])
    fake.edit((records) => records.filter(({ type }) => type !== 'A'))
    await listAll(session)
    expect((await applyAll(session, [create(set)]))[0]?.kind).toBe('applied')
  })

  it('does not write over a TXT of somebody else where a mark would stand', async () => {
    fake = await NameServerFake.start(zone, key)
    fake.edit((records) => [...records, ...recordsOf('a-www.example.test', 'TXT', ['precious'])])
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const [outcome] = await applyAll(session, [create(ownedSet('www.example.test', 'A', ['192.0.2.1']))])
    expect(outcome).toMatchObject({ kind: 'failed', scope: 'Change', error: { reason: 'NotOwned' } })
    expect(fake.recordsAt('a-www.example.test', 'TXT')).toHaveLength(1)
  })

  it('leaves what others put beside a mark as it is to the letter, whatever its bytes and wherever it is cut', async () => {
    fake = await NameServerFake.start(zone, key)
    const session = await openProvider(fake).openZone(zone, signal)
    await listAll(session)
    const set = ownedSet('www.example.test', 'A', ['192.0.2.1'])
    await applyAll(session, [create(set)])
    const texts = [[[0xff]], [[0xfe]], [[0x61], [0x62]], [[0x61, 0x62]]]
    const others = texts.map((strings) =>
      addRecord('a-www.example.test', 300, { kind: 'TXT', strings: strings.map((bytes) => Uint8Array.from(bytes)) }),
    )
    fake.edit((records) => [...records, ...others])
    await listAll(session)
    expect(await applyAll(session, [remove(set)])).toMatchObject([{ kind: 'applied' }])
    const hex = fake
      .recordsAt('a-www.example.test', 'TXT')
      .map(({ data }) => data.kind === 'TXT' && data.strings.map((string) => Buffer.from(string).toString('hex')))
    expect(new Set(hex.map(String))).toEqual(new Set(['ff', 'fe', '61,62', '6162']))
  })
})

describe('the address of a name server', () => {
  it.each([
    ['192.0.2.53', '192.0.2.53', 53],
    ['192.0.2.53:5353', '192.0.2.53', 5353],
    ['ns1.example.net', 'ns1.example.net', 53],
    ['[2001:db8::53]:5353', '2001:db8::53', 5353],
    ['2001:db8::53', '2001:db8::53', 53],
  ])('%s reads as host and port', (text, host, port) => {
    expect(parseServerAddress(text)).toEqual({ host, port })
  })

  it.each(['', 'ns1:70000', '[2001:db8::53', 'two words', 'ns1:0'])('%j is refused', (text) => {
    expect(() => parseServerAddress(text)).toThrow('spec.rfc2136.server')
  })
})
