// Names that move between records, commit after commit, while the provider fails, the apiserver is slow and Stoa is restarted in between.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  PROVIDER,
  recordFor,
  slowDownFinalizers,
  startEngine,
  type EngineBench,
  type EngineOptions,
} from '../../test/support/engine-bench.ts'
import type { Fqdn } from '../model/name.ts'
import type { StoredSet } from '../model/record-set.ts'

const NAMES = ['n1', 'n2', 'n3', 'n4'].map((label) => `${label}.example.com`)
const RECORDS = ['a', 'b', 'c'] as const
type RecordName = (typeof RECORDS)[number]
const ADDRESSES: Readonly<Record<RecordName, string>> = { a: '192.0.2.1', b: '192.0.2.2', c: '192.0.2.3' }
const FOREIGN: StoredSet = {
  key: { name: 'foreign.example.com' as Fqdn, type: 'A', setId: '' },
  values: [{ value: '198.51.100.1', owner: undefined }],
  ...{ ttl: 300, routing: undefined, options: undefined },
}

const providers: fc.Arbitrary<EngineOptions> = fc.record({
  comparesAndSwaps: fc.boolean(),
  probes: fc.boolean(),
  ownership: fc.constantFrom('PerSet', 'PerValue'),
  batchSize: fc.constantFrom(1, 100),
})

interface Commit {
  /** Who is to have each of the names. */
  readonly owners: readonly RecordName[]
  /** In which they are applied, one after another. */
  readonly order: readonly RecordName[]
  readonly isChecked: boolean
  readonly policy: object
  /** Which of the records point to another name, where the provider changes a type in one call. */
  readonly pointers: readonly RecordName[]
  readonly trouble: 'none' | 'down' | 'lost-answer' | 'restart'
  readonly afterMs: number
}

const commits: fc.Arbitrary<Commit> = fc.record({
  owners: fc.array(fc.constantFrom(...RECORDS), { minLength: NAMES.length, maxLength: NAMES.length }),
  order: fc.shuffledSubarray([...RECORDS], { minLength: RECORDS.length }),
  isChecked: fc.boolean(),
  policy: fc.constantFrom({}, { deletionPolicy: 'Delete' }, { deletionPolicy: 'Retain' }),
  pointers: fc.subarray([...RECORDS]),
  trouble: fc.constantFrom('none', 'down', 'lost-answer', 'restart'),
  afterMs: fc.constantFrom(0, 10, 30, 300, 1_000, 20_000),
})

/** One that is on its way out takes nothing more; the first has a name of its own, and never goes. */
function shareOut({ store }: EngineBench, { owners }: Commit): ReadonlyMap<RecordName, readonly string[]> {
  const canTake = (record: RecordName): boolean =>
    store.get('DynamicDNSRecord', { namespace: 'web', name: record })?.metadata.deletionTimestamp === undefined
  const shares = new Map<RecordName, string[]>([['a', ['a.example.com']]])
  for (const [index, name] of NAMES.entries()) {
    const wanted = owners[index] ?? 'a'
    const owner = canTake(wanted) ? wanted : 'a'
    shares.set(owner, [...(shares.get(owner) ?? []), name])
  }
  return shares
}

function apply(bench: EngineBench, commit: Commit): ReadonlyMap<string, RecordName> {
  const { store } = bench
  const { order, isChecked, policy } = commit
  const shares = shareOut(bench, commit)
  for (const record of order) {
    const key = { namespace: 'web', name: record }
    const hostnames = shares.get(record)
    const stored = store.get('DynamicDNSRecord', key)
    if (hostnames !== undefined) {
      const check = isChecked ? { healthCheck: { tcpSocket: { port: 80 } } } : {}
      store.put(recordFor(record, targetOf(record, commit), { hostnames, ...check, ...policy }))
    } else if (stored !== undefined && stored.metadata.deletionTimestamp === undefined) {
      store.delete('DynamicDNSRecord', key)
    }
  }
  return new Map([...shares].flatMap(([record, names]) => names.map((name) => [name, record] as const)))
}

function targetOf(record: RecordName, { pointers }: Pick<Commit, 'pointers'>): object {
  return pointers.includes(record) ? { hostname: `${record}.example.net` } : { addresses: [ADDRESSES[record]] }
}

function answerAt({ valuesAt }: EngineBench, name: string): readonly string[] | undefined {
  return valuesAt(name) ?? valuesAt(name, 'CNAME')
}

/** Writes at the apiserver take their time, and after each write at the provider every name is looked at. */
async function start(options: EngineOptions): Promise<{ readonly bench: EngineBench; readonly gaps: string[] }> {
  const bench = startEngine(options)
  const { store, zone, clock } = bench
  const gaps: string[] = []
  slowDownFinalizers(bench, 200)
  zone.edit((table) => table.set(FOREIGN))
  store.put(PROVIDER)
  store.put(recordFor('a', { addresses: [ADDRESSES.a] }, { hostnames: ['a.example.com', ...NAMES] }))
  await clock.advance(10_000)
  const write = zone.apply.bind(zone)
  zone.apply = async (batch) => {
    const outcomes = await write(batch)
    gaps.push(...NAMES.filter((name) => answerAt(bench, name) === undefined))
    return outcomes
  }
  return { bench, gaps }
}

async function carryOut(bench: EngineBench, commit: Commit): Promise<ReadonlyMap<string, RecordName>> {
  const { zone, clock } = bench
  if (commit.trouble === 'down') zone.fail('down', 3)
  if (commit.trouble === 'lost-answer') zone.fail('lost-answer')
  const owners = apply(bench, commit)
  await clock.advance(commit.afterMs)
  if (commit.trouble === 'restart') await bench.restart()
  return owners
}

it('names that move between records have an answer at every moment, and in the end that of whoever is to have them', async () => {
  await fc.assert(
    fc.asyncProperty(providers, fc.array(commits, { minLength: 1, maxLength: 6 }), async (provider, history) => {
      const { bench, gaps } = await start(provider)
      let owners: ReadonlyMap<string, RecordName> = new Map()
      const commitsHere = provider.batchSize === 1 ? history.map((one) => ({ ...one, pointers: [] })) : history
      for (const commit of commitsHere) owners = await carryOut(bench, commit)
      const pointers = commitsHere.at(-1)?.pointers ?? []
      bench.zone.heal()
      await bench.clock.advance(300_000)
      await bench.stop()
      expect(gaps).toEqual([])
      for (const [name, record] of owners) {
        const answer = pointers.includes(record) ? `${record}.example.net` : ADDRESSES[record]
        expect([name, answerAt(bench, name)]).toEqual([name, [answer]])
      }
      expect(bench.zone.table.get(FOREIGN.key)).toEqual(FOREIGN)
      const left = RECORDS.filter((record) => bench.ready('DynamicDNSRecord', record) !== undefined)
      expect(left).toEqual(RECORDS.filter((record) => [...owners.values()].includes(record)))
      for (const record of left) expect(bench.ready('DynamicDNSRecord', record)).toMatch(/^True Succeeded/)
      const zones = bench.store.get('DNSProvider', { namespace: 'web', name: 'main' })?.status?.zones
      expect(zones?.map(({ orphans }) => orphans)).toEqual([undefined])
    }),
    { numRuns: 30 },
  )
}, 60_000)
