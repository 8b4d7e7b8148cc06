// What every provider must do, told once. A provider that cannot do a thing says why; the reason stands in the test's name.
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ReconcileError } from '../../src/model/errors.ts'
import type { Fqdn } from '../../src/model/name.ts'
import { keyText, type Owner, type OwnerId, type RecordType, type StoredSet } from '../../src/model/record-set.ts'
import type { Change } from '../../src/plan/plan.ts'
import type { ChangeOutcome, ZoneSession } from '../../src/providers/provider.ts'
import type { Fault } from '../fakes/http-fake.ts'
import { heldBy } from '../support/held-by.ts'
import { damageText } from '../support/damage-text.ts'
import { createSeededRandom } from '../support/seeded-random.ts'
import { describeStrangers } from './stranger-contract.ts'

export const CONTRACT_OWNER = 'contract-owner' as OwnerId

export interface Seed {
  readonly name: string
  readonly type: RecordType
  readonly values: readonly string[]
}

export interface ProviderBench {
  readonly zone: Fqdn
  /** A fresh session, as after a restart. Writes go through it as CONTRACT_OWNER. */
  open(): Promise<ZoneSession>
  /** A session with credentials the provider refuses. */
  openUnauthorised(): Promise<ZoneSession>
  /** A session for a zone that is not there. */
  openMissing(): Promise<ZoneSession>
  /** As if somebody did it by hand, past Stoa. */
  seed(...sets: readonly Seed[]): Promise<void>
  remove(name: string, type: RecordType): Promise<void>
  /** Every value the provider holds at a name and type, read past Stoa. */
  peek(name: string, type: RecordType): Promise<readonly string[]>
  /** Calls so far, reads and writes. */
  calls(): { readonly reads: number; readonly writes: number }
  /** Undefined for a real server. */
  readonly fail: ((fault: Fault, times: number) => void) | undefined
  /** Somebody else's turn before each call from now on. Absent where no call can be seen coming. */
  readonly onCall?: (hook: (isWrite: boolean) => Promise<void>) => void
  /** Every answer from now on passes through this; undefined ends it. Absent for a real server. */
  readonly damage?: (mangle: ((text: string) => string) | undefined) => void
  /** How the provider says "too many". Undefined only with a reason in the skips. */
  readonly throttled: Fault | undefined
  /** What must never be seen in any message: the secret this bench uses. Undefined only with a reason in the skips. */
  readonly secret: string | undefined
  /** Undefined only with a reason in the skips. */
  readonly rotation: Rotation | undefined
  stop(): Promise<void>
}

/** A secret is changed in two steps, as people do it. */
export interface Rotation {
  /** From now on the provider takes the next secret alone. */
  revoke(): void
  /** The Secret holds the next one. */
  renew(): void
}

export type ContractCase =
  | 'apex'
  | 'bad change'
  | 'concurrent edit'
  | 'faults'
  | 'foreign beside'
  | 'large zone'
  | 'missing zone'
  | 'options'
  | 'other forms'
  | 'refused token'
  | 'rotation'
  | 'secret'
  | 'strangers'
  | 'throttled'
  | 'TXT'
  | 'wildcard'

export interface CallCounts {
  readonly one: number
  readonly fiveHundred: number
}

export interface ContractOptions {
  readonly name: string
  start(): Promise<ProviderBench>
  readonly skips: Readonly<Partial<Record<ContractCase, string>>>
  /** The most calls that write one-value sets, from the facts of the provider: to create them, and to replace the value they have. */
  readonly maxCalls: { readonly created: CallCounts; readonly replaced: CallCounts }
  /** Why what somebody makes in the last moment before a write may be written over, where that is so. */
  readonly lastMoment?: string
  /** Where the limit of values in a set comes from, if not from the provider's documentation. */
  readonly maxValuesNote?: string
  /** A value the provider itself refuses, at a type it accepts. */
  readonly badValue: string
}

const signal = new AbortController().signal
const owner: Owner = {
  id: CONTRACT_OWNER,
  uid: '11111111-2222-3333-4444-555555555555',
  resource: 'dynamicdnsrecord/web/shop',
  adopted: false,
}
const resource = { uid: owner.uid ?? '', namespace: 'web', name: 'shop' }

export function ownedSet(name: string, type: RecordType, values: readonly string[], ttl = 300): StoredSet {
  const key = { name: name as Fqdn, type, setId: '' }
  return {
    key,
    ttl,
    values: [...values].sort().map((value) => ({ value, owner })),
    routing: undefined,
    options: undefined,
  }
}

export const create = (next: StoredSet): Change => ({ kind: 'create', key: next.key, resource, next })
export const update = (previous: StoredSet, next: StoredSet): Change => ({
  kind: 'update',
  key: next.key,
  resource,
  previous,
  next,
})
export const remove = (previous: StoredSet): Change => ({ kind: 'delete', key: previous.key, resource, previous })

export async function listAll(session: ZoneSession): Promise<ReadonlyMap<string, StoredSet>> {
  const sets = new Map<string, StoredSet>()
  for await (const page of session.list(signal)) for (const set of page) sets.set(keyText(set.key), set)
  return sets
}

export async function applyAll(session: ZoneSession, changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
  const outcomes: ChangeOutcome[] = []
  for (const batch of session.batch(changes)) outcomes.push(...(await session.apply(batch, signal)))
  return outcomes
}

function expectWords(error: unknown): void {
  expect(error).toBeInstanceOf(ReconcileError)
  expect(String(error)).not.toMatch(/Cannot read|undefined|not a function|not iterable|Unexpected token/)
}

const valuesOf = (set: StoredSet | undefined): readonly string[] => set?.values.map(({ value }) => value) ?? []

export function describeProviderContract(options: ContractOptions): void {
  const unless = (cases: ContractCase | readonly ContractCase[], title: string, run: () => Promise<void>): void => {
    const reason = [cases]
      .flat()
      .map((name) => options.skips[name])
      .find((given) => given !== undefined)
    if (reason === undefined) it(title, run)
    else it.skip(`${title} (skipped: ${reason})`, run)
  }

  describe(`${options.name} keeps the provider contract`, () => {
    let bench: ProviderBench
    let session: ZoneSession
    const at = (label: string): string => `${label}.${bench.zone}`

    beforeEach(async () => {
      bench = await options.start()
      session = await bench.open()
      await listAll(session)
    })
    afterEach(() => bench.stop())

    /** Applies and expects success; returns what a fresh session then lists. */
    const carryOut = async (...changes: Change[]): Promise<ReadonlyMap<string, StoredSet>> => {
      const outcomes = await applyAll(session, changes)
      expect(outcomes.map(({ kind }) => kind)).toEqual(changes.map(() => 'applied'))
      return listAll(await bench.open())
    }

    const readAll = async (name: string): Promise<void> => {
      const fresh = await bench.open()
      await listAll(fresh)
      await fresh.probe?.(signal)
      await fresh.reread([name as Fqdn], signal)
    }

    it.each<readonly [RecordType, readonly string[]]>([
      ['A', ['192.0.2.1']],
      ['A', ['192.0.2.1', '192.0.2.2', '192.0.2.3']],
      ['AAAA', ['2001:db8::1', '2001:db8::2']],
      ['CNAME', ['target.example.net']],
    ])('creates %s %j, and lists it with its owner after a restart', async (type, values) => {
      const set = ownedSet(at('www'), type, values)
      const listed = await carryOut(create(set))
      expect(listed.get(keyText(set.key))).toEqual({ ...session.normalise(set), values: expectOwned(values) })
    })

    unless('other forms', 'reads an address in the one form that it has here, however it was written', async () => {
      await bench.seed({ name: at('www'), type: 'AAAA', values: ['::ffff:192.0.2.1'] })
      expect(valuesOf((await listAll(session)).get(`${at('www')} AAAA`))).toEqual(['::ffff:c000:201'])
    })

    it('answers a write with what the zone then holds, equal to what is listed', async () => {
      const set = ownedSet(at('www'), 'A', ['192.0.2.1', '192.0.2.2'])
      const [outcome] = await applyAll(session, [create(set)])
      const listed = (await listAll(await bench.open())).get(keyText(set.key))
      expect(outcome).toMatchObject({ kind: 'applied', stored: listed })
    })

    it('does not take its own writes for somebody else’s, where they do not fail by themselves', async () => {
      const set = ownedSet(at('www'), 'A', ['192.0.2.1'])
      const before = await session.probe?.(signal)
      await carryOut(create(set))
      await carryOut(create(ownedSet(at('other'), 'A', ['192.0.2.1'])))
      expect(session.comparesAndSwaps || (await session.probe?.(signal)) === before).toBe(true)
    })

    it('changes values and TTL of a set', async () => {
      const before = ownedSet(at('www'), 'A', ['192.0.2.1', '192.0.2.2'])
      const stored = (await carryOut(create(before))).get(keyText(before.key)) ?? before
      const after = ownedSet(at('www'), 'A', ['192.0.2.2', '192.0.2.3', '192.0.2.4'], 600)
      const listed = await carryOut(update(stored, after))
      expect(listed.get(keyText(after.key))).toEqual({
        ...session.normalise(after),
        values: expectOwned(valuesOf(after)),
      })
    })

    it('deletes a set, and leaves nothing of it behind', async () => {
      const set = ownedSet(at('www'), 'A', ['192.0.2.1'])
      const before = await listAll(session)
      const stored = (await carryOut(create(set))).get(keyText(set.key)) ?? set
      expect([...(await carryOut(remove(stored))).keys()].sort()).toEqual([...before.keys()].sort())
    })

    it('replaces a CNAME by an address in one go', async () => {
      const alias = ownedSet(at('www'), 'CNAME', ['target.example.net'])
      const stored = (await carryOut(create(alias))).get(keyText(alias.key)) ?? alias
      const address = ownedSet(at('www'), 'A', ['192.0.2.1'])
      const listed = await carryOut(remove(stored), create(address))
      expect(valuesOf(listed.get(keyText(address.key)))).toEqual(['192.0.2.1'])
      expect(listed.has(keyText(alias.key))).toBe(false)
    })

    it('normalises to what it reads back, so that a settled set shows no difference', async () => {
      const set = ownedSet(at('www'), 'A', ['192.0.2.1'], 1)
      const wanted = session.normalise({ ...set, ttl: Math.max(session.capabilities.minTtl, 1) })
      const listed = await carryOut(create(wanted))
      const stored = listed.get(keyText(set.key))
      expect(stored && session.normalise(stored)).toEqual(stored)
      expect(stored?.ttl).toBe(wanted.ttl)
    })

    unless('apex', 'serves the apex', async () => {
      const set = ownedSet(bench.zone, 'A', ['192.0.2.1'])
      expect(valuesOf((await carryOut(create(set))).get(keyText(set.key)))).toEqual(['192.0.2.1'])
    })

    unless('wildcard', 'serves a wildcard', async () => {
      const set = ownedSet(at('*'), 'A', ['192.0.2.1'])
      expect(valuesOf((await carryOut(create(set))).get(keyText(set.key)))).toEqual(['192.0.2.1'])
    })

    it('serves names with underscores and of other scripts', async () => {
      const sets = [ownedSet(at('_acme.www'), 'A', ['192.0.2.1']), ownedSet(at('xn--bcher-kva'), 'A', ['192.0.2.2'])]
      const listed = await carryOut(...sets.map(create))
      expect(sets.map(({ key }) => valuesOf(listed.get(keyText(key))))).toEqual([['192.0.2.1'], ['192.0.2.2']])
    })

    unless('TXT', 'keeps TXT to the letter: quotes, backslashes, other scripts, beyond 255 bytes', async () => {
      const values = ['plain words', 'say "hi" \\ bye', 'grüße', 'x'.repeat(300)].sort()
      const sets = values.map((value, index) => ownedSet(at(`txt${index}`), 'TXT', [value]))
      const listed = await carryOut(...sets.map(create))
      expect(sets.map(({ key }) => valuesOf(listed.get(keyText(key)))[0])).toEqual(values)
    })

    it('shows a record made by hand as nobody’s', async () => {
      await bench.seed({ name: at('hand'), type: 'A', values: ['198.51.100.7'] })
      const listed = await listAll(await bench.open())
      expect(listed.get(`${at('hand')} A`)?.values).toEqual([{ value: '198.51.100.7', owner: undefined }])
    })

    it('leaves everything else in the zone alone', async () => {
      await bench.seed({ name: at('hand'), type: 'A', values: ['198.51.100.7', '198.51.100.8'] })
      session = await bench.open()
      await listAll(session)
      const set = ownedSet(at('www'), 'A', ['192.0.2.1'])
      const stored = (await carryOut(create(set))).get(keyText(set.key)) ?? set
      await carryOut(remove(stored))
      expect(await bench.peek(at('hand'), 'A')).toEqual(['198.51.100.7', '198.51.100.8'])
    })

    unless('foreign beside', 'keeps the values of others in a shared set', async () => {
      await bench.seed({ name: at('www'), type: 'A', values: ['198.51.100.7'] })
      session = await bench.open()
      const foreign = (await listAll(session)).get(`${at('www')} A`)
      if (foreign === undefined) throw new Error('the seeded set is not listed')
      const ours = ownedSet(at('www'), 'A', ['192.0.2.1'])
      const shared = { ...foreign, values: [...ours.values, ...foreign.values] }
      const stored = (await carryOut(update(foreign, shared))).get(keyText(ours.key)) ?? shared
      expect(stored.values).toEqual([...expectOwned(['192.0.2.1']), ...foreign.values])
      await carryOut(update(stored, foreign))
      expect(await bench.peek(at('www'), 'A')).toEqual(['198.51.100.7'])
    })

    unless('concurrent edit', 'notices that a set is no longer what it was', async () => {
      const set = ownedSet(at('www'), 'A', ['192.0.2.1'])
      const stored = (await carryOut(create(set))).get(keyText(set.key)) ?? set
      await bench.remove(at('www'), 'A')
      const [outcome] = await applyAll(session, [update(stored, ownedSet(at('www'), 'A', ['192.0.2.2']))])
      expect(outcome?.kind).toBe('outdated')
      expect(await session.reread([set.key.name], signal)).toEqual([])
    })

    unless('concurrent edit', 'notices it also when other names were read meanwhile', async () => {
      const set = ownedSet(at('www'), 'A', ['192.0.2.1'])
      const stored = (await carryOut(create(set))).get(keyText(set.key)) ?? set
      await bench.remove(at('www'), 'A')
      await session.reread([at('other') as Fqdn], signal)
      const [outcome] = await applyAll(session, [update(stored, ownedSet(at('www'), 'A', ['192.0.2.2']))])
      expect(outcome?.kind).toBe('outdated')
      expect(await bench.peek(at('www'), 'A')).toEqual([])
    })

    unless('bad change', 'fails a bad change alone, and names no other', async () => {
      const bad = ownedSet(at('bad'), 'A', [options.badValue])
      const [outcome] = await applyAll(session, [create(bad)])
      expect(outcome).toMatchObject({ kind: 'failed', scope: 'Change', error: { kind: 'terminal' } })
    })

    unless('bad change', 'applies nothing of a batch with a bad change, or all the others', async () => {
      const changes = [ownedSet(at('a'), 'A', ['192.0.2.1']), ownedSet(at('b'), 'A', [options.badValue])].map(create)
      const outcomes = await applyAll(session, changes)
      const held = await bench.peek(at('a'), 'A')
      expect(held).toEqual(outcomes[0]?.kind === 'applied' ? ['192.0.2.1'] : [])
      expect(outcomes[1]?.kind).toBe('failed')
    })

    const note = options.maxValuesNote === undefined ? '' : ` (${options.maxValuesNote})`
    it(`takes as many values in a set as it says it can${note}`, async () => {
      const { maxValues } = session.capabilities
      const values = Array.from({ length: maxValues }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
      const set = ownedSet(at('www'), 'A', values)
      expect(valuesOf((await carryOut(create(set))).get(keyText(set.key)))).toEqual([...values].sort())
    })

    it('says of damaged answers, in words, that they cannot be read, and reads on when they are whole again', async () => {
      const before = await carryOut(create(ownedSet(at('www'), 'A', ['192.0.2.1', '192.0.2.2'])))
      const random = createSeededRandom(options.name.length)
      for (let round = 0; round < 150; round += 1) {
        bench.damage?.((text) => damageText(text, random))
        await readAll(at('www')).catch(expectWords)
      }
      bench.damage?.(undefined)
      expect([...(await listAll(await bench.open())).values()]).toEqual([...before.values()])
    })

    it('answers for a write whose answer is damaged, and never rejects', async () => {
      const random = createSeededRandom(options.name.length)
      for (let round = 0; round < 50; round += 1) {
        bench.damage?.((text) => damageText(text, random))
        const outcomes = await applyAll(session, [create(ownedSet(at(`n${round}`), 'A', ['192.0.2.1']))])
        for (const outcome of outcomes) if ('error' in outcome) expectWords(outcome.error)
      }
      bench.damage?.(undefined)
      session = await bench.open()
      await listAll(session)
      const listed = await carryOut(create(ownedSet(at('whole'), 'A', ['192.0.2.1'])))
      expect(valuesOf(listed.get(`${at('whole')} A`))).toEqual(['192.0.2.1'])
    })

    it('leaves nothing behind on a signal that outlives thousands of calls', async () => {
      const { signal: lasting } = new AbortController()
      const lastingSession = await bench.open()
      for await (const page of lastingSession.list(lasting)) expect(page.length).toBeGreaterThanOrEqual(0)
      await lastingSession.apply([create(ownedSet(at('www'), 'A', ['192.0.2.1']))], lasting)
      await lastingSession.reread([at('www') as Fqdn], lasting)
      expect(heldBy(lasting)).toBe(0)
    })

    it.each([
      ['a set', 'one'],
      ['five hundred sets', 'fiveHundred'],
    ] as const)('makes the fewest calls to create %s and to replace their values', async (_what, many) => {
      const labels = Array.from({ length: many === 'one' ? 1 : 500 }, (_, index) => at(`n${index}`))
      const callsFor = async (changes: readonly Change[]): Promise<number> => {
        const before = bench.calls().writes
        const outcomes = await applyAll(session, changes)
        expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['applied']))
        return bench.calls().writes - before
      }
      const created = await callsFor(labels.map((label) => create(ownedSet(label, 'A', ['192.0.2.1']))))
      expect(created).toBeLessThanOrEqual(options.maxCalls.created[many])
      const listed = await listAll(session)
      const replacements = labels.flatMap((label) => {
        const stored = listed.get(`${label} A`)
        return stored === undefined ? [] : [update(stored, ownedSet(label, 'A', ['192.0.2.2'], stored.ttl))]
      })
      expect(replacements).toHaveLength(labels.length)
      expect(await callsFor(replacements)).toBeLessThanOrEqual(options.maxCalls.replaced[many])
      expect(await bench.peek(at('n0'), 'A')).toEqual(['192.0.2.2'])
    })

    unless('large zone', 'reads five thousand sets', async () => {
      const seeds = Array.from({ length: 5000 }, (_, index): Seed => ({
        name: at(`n${index}`),
        type: 'A',
        values: ['192.0.2.1'],
      }))
      await bench.seed(...seeds)
      const before = await listAll(await bench.open())
      expect(before.size).toBeGreaterThanOrEqual(5000)
    })

    unless('refused token', 'says that the credentials are refused, terminally', async () => {
      const refused = await bench
        .openUnauthorised()
        .then(listAll)
        .catch((error: unknown) => error)
      expect(refused).toMatchObject({ kind: 'terminal', reason: 'CredentialsInvalid' })
    })

    unless('missing zone', 'says that there is no such zone, terminally', async () => {
      const missing = await bench
        .openMissing()
        .then(listAll)
        .catch((error: unknown) => error)
      expect(missing).toMatchObject({ kind: 'terminal', reason: 'ZoneNotFound' })
    })

    const set = (): StoredSet => ownedSet(at('www'), 'A', ['192.0.2.1'])
    const serverError: Fault = { kind: 'answer', answer: { status: 500, body: 'oops' } }

    unless('faults', 'could not confirm a write whose answer was lost, and settles it by reading', async () => {
      bench.fail?.({ kind: 'lose-answer' }, 1)
      const [outcome] = await applyAll(session, [create(set())])
      expect(outcome).toMatchObject({ kind: 'unconfirmed', error: { kind: 'transient' } })
      const [found] = await session.reread([set().key.name], signal)
      expect(found?.values).toEqual(expectOwned(['192.0.2.1']))
    })

    unless('faults', 'ends a write that hangs, as unconfirmed', async () => {
      bench.fail?.({ kind: 'hang' }, 1)
      const [outcome] = await applyAll(session, [create(set())])
      expect(outcome?.kind).toBe('unconfirmed')
    })

    unless('faults', 'takes a server error for transient, when writing and when reading', async () => {
      bench.fail?.(serverError, 2)
      const [outcome] = await applyAll(session, [create(set())])
      expect(outcome).toMatchObject({ error: { kind: 'transient' } })
      await expect(listAll(session)).rejects.toMatchObject({ kind: 'transient' })
    })

    unless(['faults', 'throttled'], 'waits as long as it is told when throttled, and has done nothing', async () => {
      bench.fail?.(givenBy(bench, 'throttled'), 1)
      const [outcome] = await applyAll(session, [create(set())])
      expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'waiting' } })
      expect(await bench.peek(at('www'), 'A')).toEqual([])
    })

    unless('secret', 'never says its secret, whatever goes wrong', async () => {
      const secret = givenBy(bench, 'secret')
      const caught = (error: unknown): unknown => error
      bench.fail?.(serverError, 1)
      const said = [
        await bench.openUnauthorised().then(listAll).catch(caught),
        await bench.openMissing().then(listAll).catch(caught),
        await applyAll(session, [create(set()), create(ownedSet(at('bad'), 'A', [options.badValue]))]).catch(caught),
      ]
      const text = inspect(said, { depth: 12, showHidden: true })
      expect(text.length).toBeGreaterThan(100)
      expect(text).not.toContain(secret)
    })

    unless(['secret', 'rotation'], 'takes a rotated secret for the very next call of an open session', async () => {
      const rotation = givenBy(bench, 'rotation')
      rotation.revoke()
      const refused = { kind: 'failed', error: { kind: 'terminal', reason: 'CredentialsInvalid' } }
      expect(await applyAll(session, [create(set())])).toMatchObject([refused])
      rotation.renew()
      expect(await applyAll(session, [create(set())])).toMatchObject([{ kind: 'applied' }])
      expect(await bench.peek(at('www'), 'A')).toEqual(['192.0.2.1'])
    })

    unless('faults', 'stops at once when aborted', async () => {
      bench.fail?.({ kind: 'hang' }, 1)
      const controller = new AbortController()
      const running = session.apply([create(set())], controller.signal)
      setTimeout(() => controller.abort(new Error('stopping')), 20)
      await expect(running).rejects.toThrow('stopping')
    })
  })

  const { name, skips, lastMoment } = options
  const start = (): Promise<ProviderBench> => options.start()
  if (skips.strangers === undefined) describeStrangers({ name, start, lastMoment, ownerId: CONTRACT_OWNER })

  function expectOwned(values: readonly string[]): StoredSet['values'] {
    return [...values].sort().map((value) => ({ value, owner: expectOwner() }))
  }
}

/** Saying nothing is no way out of a test. */
function givenBy<Key extends 'rotation' | 'secret' | 'throttled'>(
  bench: ProviderBench,
  key: Key,
): NonNullable<ProviderBench[Key]> {
  const given = bench[key]
  if (given === undefined) throw new Error(`the bench has no ${key}: give it, or a reason in the skips`)
  return given
}

/** How a marker words the resource differs from provider to provider; who owns it does not. */
function expectOwner(): Owner {
  return expect.objectContaining({ id: owner.id, uid: owner.uid, adopted: false }) as Owner
}
