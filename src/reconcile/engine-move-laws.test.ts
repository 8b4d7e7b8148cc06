// Names that go between records in two namespaces and between two DNSProviders at once, commit after commit, while a provider fails, answers are
// lost and Stoa is restarted. What moves with its record is approved now and then.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recordFor, slowDownFinalizers, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'
import {
  answersAt,
  createTwoProviders,
  putTwoProviders,
  type ProviderName,
  type TwoProviders,
} from '../../test/support/two-providers.ts'
import type { Fqdn } from '../model/name.ts'
import type { StoredSet } from '../model/record-set.ts'

const NAMES = ['n1', 'n2', 'n3'].map((label) => `${label}.example.com`)
const RECORDS = ['web/a', 'web/b', 'infra/a'] as const
type RecordName = (typeof RECORDS)[number]
const PROVIDERS: readonly ProviderName[] = ['main', 'second']
const FOREIGN: StoredSet = {
  key: { name: 'foreign.example.com' as Fqdn, type: 'A', setId: '' },
  values: [{ value: '198.51.100.1', owner: undefined }],
  ...{ ttl: 300, routing: undefined, options: undefined },
}

interface Commit {
  /** Who is to have each of the names. */
  readonly owners: readonly RecordName[]
  /** In which they are applied, one after another. */
  readonly order: readonly RecordName[]
  /** Which of the records live at the second provider. */
  readonly moved: readonly RecordName[]
  readonly pointers: readonly RecordName[]
  readonly isApproved: boolean
  readonly trouble: 'none' | 'down' | 'lost-answer' | 'restart'
  readonly where: ProviderName
  readonly afterMs: number
}

const commits: fc.Arbitrary<Commit> = fc.record({
  owners: fc.array(fc.constantFrom(...RECORDS), { minLength: NAMES.length, maxLength: NAMES.length }),
  order: fc.shuffledSubarray([...RECORDS], { minLength: RECORDS.length }),
  moved: fc.subarray([...RECORDS]),
  pointers: fc.subarray([...RECORDS]),
  isApproved: fc.boolean(),
  trouble: fc.constantFrom('none', 'down', 'lost-answer', 'restart'),
  where: fc.constantFrom(...PROVIDERS),
  afterMs: fc.constantFrom(0, 10, 300, 1_000, 20_000),
})

interface World {
  readonly bench: EngineBench
  readonly providers: TwoProviders
  readonly gaps: string[]
}

const keyOf = (record: RecordName): { readonly namespace: string; readonly name: string } => {
  const [namespace = '', name = ''] = record.split('/')
  return { namespace, name }
}

const addressOf = (record: RecordName): string => `192.0.2.${RECORDS.indexOf(record) + 1}`
const pointerOf = (record: RecordName): string => `t${RECORDS.indexOf(record)}.example.net`

function put({ store }: EngineBench, record: RecordName, hostnames: readonly string[], how: Partial<Commit>): void {
  const { namespace, name } = keyOf(record)
  const target = how.pointers?.includes(record) ? { hostname: pointerOf(record) } : { addresses: [addressOf(record)] }
  const providerRef = { name: how.moved?.includes(record) ? 'second' : 'main', namespace: 'web' }
  store.put(recordFor(name, target, { hostnames, providerRef }, { namespace }))
}

/** After each write at a provider every name is looked at. */
async function start(): Promise<World> {
  const providers = createTwoProviders()
  const bench = startEngine({ createProvider: providers.createProvider })
  const gaps: string[] = []
  slowDownFinalizers(bench, 200)
  putTwoProviders(bench)
  for (const zone of Object.values(providers.zones)) zone.edit((table) => table.set(FOREIGN))
  put(bench, 'web/a', ['a.example.com', ...NAMES], {})
  await bench.clock.advance(10_000)
  for (const zone of Object.values(providers.zones)) {
    const write = zone.apply.bind(zone)
    zone.apply = async (batch) => {
      const outcomes = await write(batch)
      gaps.push(...NAMES.filter((name) => answersAt(providers, name).length === 0))
      return outcomes
    }
  }
  return { bench, providers, gaps }
}

/** One that is on its way out takes nothing more; the first has a name of its own, and never goes. */
function shareOut({ store }: EngineBench, { owners }: Commit): ReadonlyMap<RecordName, readonly string[]> {
  const canTake = (record: RecordName): boolean =>
    store.get('DynamicDNSRecord', keyOf(record))?.metadata.deletionTimestamp === undefined
  const shares = new Map<RecordName, string[]>([['web/a', ['a.example.com']]])
  for (const [index, name] of NAMES.entries()) {
    const wanted = owners[index] ?? 'web/a'
    const owner = canTake(wanted) ? wanted : 'web/a'
    shares.set(owner, [...(shares.get(owner) ?? []), name])
  }
  return shares
}

async function carryOut(
  { bench, providers }: World,
  commit: Commit,
): Promise<ReadonlyMap<RecordName, readonly string[]>> {
  const { store, clock } = bench
  if (commit.trouble === 'down') providers.zones[commit.where].fail('down', 10)
  if (commit.trouble === 'lost-answer') providers.zones[commit.where].fail('lost-answer')
  const shares = shareOut(bench, commit)
  for (const record of commit.order) {
    const hostnames = shares.get(record)
    const stored = store.get('DynamicDNSRecord', keyOf(record))
    if (hostnames !== undefined) put(bench, record, hostnames, commit)
    else if (stored?.metadata.deletionTimestamp === undefined && stored !== undefined)
      store.delete('DynamicDNSRecord', keyOf(record))
  }
  await clock.advance(commit.afterMs)
  if (commit.trouble === 'restart') await bench.restart()
  if (commit.isApproved) approve(bench)
  return shares
}

/** All moves that wait, and all that a guard holds. */
function approve({ store }: EngineBench): void {
  const said = RECORDS.map((record) => JSON.stringify(store.get('DynamicDNSRecord', keyOf(record))?.status ?? {}))
  const moves = said.flatMap((text) => [...text.matchAll(/DNSProvider web\/(\w+) with dns.stoa.dev\/approve: (\w+)/g)])
  for (const provider of PROVIDERS) {
    const key = { namespace: 'web', name: provider }
    const zones = store.get('DNSProvider', key)?.status?.zones ?? []
    const held = zones.flatMap(({ heldPlan }) => heldPlan?.hash ?? [])
    const ofMoves = moves.flatMap(([, to, hash = '']) => (to === provider ? hash : []))
    const hashes = [...new Set([...held, ...ofMoves])]
    if (hashes.length > 0) store.annotate('DNSProvider', key, { 'dns.stoa.dev/approve': hashes.join(',') })
  }
}

it('names that move between records and providers have an answer at every moment, and in the end that of their record alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commits, { minLength: 1, maxLength: 5 }), async (history) => {
      const world = await start()
      const { bench, providers, gaps } = world
      let shares: ReadonlyMap<RecordName, readonly string[]> = new Map()
      for (const commit of history) shares = await carryOut(world, commit)
      const { moved = [], pointers = [] } = history.at(-1) ?? {}
      for (const zone of Object.values(providers.zones)) zone.heal()
      for (let round = 0; round < 8; round += 1) {
        await bench.clock.advance(60_000)
        approve(bench)
      }
      await bench.stop()
      expect(gaps).toEqual([])
      for (const [record, names] of shares) {
        const place = moved.includes(record) ? 'second' : 'main'
        const answer = pointers.includes(record) ? `CNAME ${pointerOf(record)}` : `A ${addressOf(record)}`
        for (const name of names) expect([name, answersAt(providers, name)]).toEqual([name, [`${place} ${answer}`]])
      }
      for (const { table } of Object.values(providers.zones)) expect(table.get(FOREIGN.key)).toEqual(FOREIGN)
      for (const record of RECORDS) {
        const { namespace, name } = keyOf(record)
        const ready = bench.ready('DynamicDNSRecord', name, namespace)
        expect(ready?.slice(0, 14)).toBe(shares.has(record) ? 'True Succeeded' : undefined)
      }
    }),
    { numRuns: 25 },
  )
}, 60_000)
