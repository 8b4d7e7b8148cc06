// Plan modes, approvals and adoption over several runs of one record, where status is all that outlives a run.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addresses,
  EDGE,
  HOME,
  inputOf,
  known,
  MAIN,
  members,
  readZone,
  unknown,
} from '../../test/support/record-builders.ts'
import { listSchemaProblems, NOW, recordObject } from '../../test/support/status-builders.ts'
import { capabilities, OURS } from '../../test/support/zone-builders.ts'
import type { DynamicDNSRecordSpec, DynamicDNSRecordStatus } from '../api/generated/dynamic-dns-record.ts'
import type { Contribution } from '../desired/contribution.ts'
import type { Derivation } from '../desired/derivation.ts'
import { deriveIntents } from '../desired/derive-intents.ts'
import { footingFromStatus } from '../desired/describe-footing.ts'
import { recordMemoryFromStatus } from '../desired/record-memory.ts'
import { TransientError } from '../model/errors.ts'
import { continueFooting, type Footing } from '../model/footing.ts'
import type { Fqdn } from '../model/name.ts'
import { keyText } from '../model/record-set.ts'
import { ZoneTable } from '../model/zone.ts'
import { applyChanges } from '../plan/apply-in-memory.ts'
import { readApprovals } from '../plan/approvals.ts'
import { calculatePlan } from '../plan/calculate-plan.ts'
import { describeChange } from '../plan/describe-change.ts'
import { gateChanges, type ApprovedChanges, type Gate } from '../plan/gate-changes.ts'
import type { Change } from '../plan/plan.ts'
import { judgeProgress } from './judge-progress.ts'
import type { KeyOutcome, KeyResult, RecordResults } from './record-results.ts'
import { deriveRecordStatus } from './record-status.ts'

interface Run {
  readonly contributions: readonly Contribution[]
  /** Keys, as `describeKey` has them, whose writes fail; `all` for every one. */
  readonly failing?: readonly string[] | 'all'
  readonly approve?: string
  readonly unavailable?: boolean
}

const OUTAGE = new TransientError('ProviderUnavailable', 'the provider does not answer')

/** One record: its spec as a person edits it, its zone, and its status, which is written by every run. */
class Life {
  readonly zone = new ZoneTable()
  status: DynamicDNSRecordStatus | undefined
  spec: Partial<DynamicDNSRecordSpec>
  generation = 1
  writes = 0
  /** What a controller keeps between two runs. */
  #footing: Footing | undefined
  #unfinished: ApprovedChanges | undefined

  constructor(spec: Partial<DynamicDNSRecordSpec>) {
    this.spec = { targets: [EDGE], ...spec }
  }

  edit(spec: Partial<DynamicDNSRecordSpec>): void {
    this.spec = { ...this.spec, ...spec }
    this.generation += 1
  }

  restart(): void {
    this.#footing = undefined
    this.#unfinished = undefined
  }

  /** `A shop.example.com: 192.0.2.1`. */
  get published(): readonly string[] {
    return [...this.zone.all()].map(({ key: { type, name }, values, ttl }) => {
      return `${type} ${name}: ${values.map(({ value }) => value).join(', ')} (TTL ${ttl})`
    })
  }

  /** Sentences of the changes that were made. */
  run({ contributions, failing = [], approve, unavailable = false }: Run): readonly string[] {
    const annotations = approve === undefined ? {} : { 'dns.stoa.dev/approve': approve }
    const metadata = { generation: this.generation, annotations }
    const { spec, status } = this
    const object = recordObject({ spec, metadata, status })
    const own = [...this.zone.all()].map(({ key, values }) => {
      return { key, values: values.filter(({ owner }) => owner !== undefined).map(({ value }) => value) }
    })
    const read = { ...readZone(), published: own.filter(({ values }) => values.length > 0) }
    const derivation = deriveIntents({
      ...inputOf({ spec, metadata, status, contributions, zones: [read] }),
      memory: recordMemoryFromStatus(status, NOW),
    })
    const { changes } = calculatePlan({
      ...{ zone: MAIN, intents: derivation.intents, observed: this.zone, ownerId: OURS },
      capabilities: capabilities('PerSet'),
    })
    const known = this.#footing ?? footingFromStatus(status)
    const previous = known && continueFooting(known, derivation.footing)
    const gate = gateChanges({
      ...{ mode: object.spec.mode, changes, previous, current: derivation.footing, generation: this.generation },
      approvedGeneration: status?.plan?.approvedGeneration,
      approvedHashes: readApprovals({ approve }, status?.plan?.appliedHash).approve,
      unfinished: this.#unfinished,
      deleting: false,
    })
    this.#unfinished = gate.kind === 'open' ? unfinishedOf(gate, this.generation) : undefined
    const done = unavailable ? [] : gate.apply.filter((change) => !fails(change, failing))
    applyChanges(this.zone, done)
    const results = this.#toResults({ derivation, gate, done, unavailable })
    const next = deriveRecordStatus({ ...results, object })
    if (next !== undefined) this.writes += 1
    this.status = next ?? status
    expect(listSchemaProblems(recordObject({ spec, metadata, status: this.status }))).toEqual([])
    this.#footing = judgeProgress({ ...results, object }) === 'Pending' ? previous : derivation.footing
    return done.map(describeChange)
  }

  #toResults({ derivation, gate, done, unavailable }: Outcome): Omit<RecordResults, 'object'> {
    const outcomes = derivation.intents.map((intent): KeyOutcome => {
      const stored = this.zone.get(intent.key)
      const values = stored?.values.filter(({ owner }) => owner !== undefined).map(({ value }) => value) ?? []
      const result = judge(keyText(intent.key), gate, done)
      return { key: intent.key, values, ttl: stored?.ttl ?? 0, adopted: false, result, note: undefined }
    })
    const isDone = gate.apply.length === done.length
    return {
      now: NOW,
      error: unavailable ? OUTAGE : undefined,
      run: {
        ...{ outcomes, refusals: derivation.refusals, targets: derivation.targets, zones: derivation.zones },
        ...{ unknownTargets: derivation.unknownTargets, shortfall: undefined, cut: undefined },
        ...{ failover: undefined, failoverMessage: undefined },
        ...{ unread: [], hasWritten: done.length > 0 },
        plan: gate.kind === 'held' ? { hash: gate.hash, changes: gate.held } : undefined,
        consumedHash: gate.kind === 'open' && isDone ? gate.consumedHash : undefined,
      },
    }
  }
}

interface Outcome {
  readonly derivation: Derivation
  readonly gate: Gate
  readonly done: readonly Change[]
  readonly unavailable: boolean
}

function unfinishedOf(
  { apply, consumedHash: hash }: Gate & { readonly kind: 'open' },
  generation: number,
): ApprovedChanges | undefined {
  return hash === undefined ? undefined : { hash, generation, changes: apply }
}

function fails({ key }: Change, failing: readonly string[] | 'all'): boolean {
  return failing === 'all' || failing.includes(keyText(key))
}

function judge(text: string, gate: Gate, done: readonly Change[]): KeyResult {
  const isOf = ({ key }: Change): boolean => keyText(key) === text
  if (gate.kind === 'held' && gate.held.some(isOf)) {
    return { kind: 'held', reason: 'AwaitingApproval', message: 'the change waits for an approval' }
  }
  if (done.some(isOf)) return { kind: 'applied' }
  return gate.apply.some(isOf) ? { kind: 'failed', error: OUTAGE } : { kind: 'insync' }
}

const one = [known('edge', members('n1 192.0.2.1'))]
const two = [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2'))]
const hashOf = ({ status }: Life): string => status?.plan?.hash ?? 'none'

/** A record under PlanSpec whose first generation was approved and carried out, and which nothing is known of but its status. */
function approved(spec: Partial<DynamicDNSRecordSpec> = {}, contributions = one): Life {
  const life = new Life({ mode: 'PlanSpec', ...spec })
  life.run({ contributions })
  life.run({ contributions, approve: hashOf(life) })
  life.restart()
  return life
}

describe('under PlanSpec, with nothing but the status', () => {
  it('the first generation waits, and its approval lets it go', () => {
    const life = new Life({ mode: 'PlanSpec' })
    expect(life.run({ contributions: one })).toEqual([])
    expect(life.status?.plan?.approvedGeneration).toBeUndefined()
    expect(life.status?.targets?.map(({ source }) => source)).toEqual([undefined])
    const hash = hashOf(life)
    life.restart()
    expect(life.run({ contributions: one, approve: hash })).toHaveLength(1)
    expect(life.status?.plan).toEqual({ approvedGeneration: 1, appliedHash: hash })
    expect(life.status?.targets?.map(({ source }) => source)).toEqual(['nodePool/web/edge'])
  })

  it('members come and go', () => {
    const life = approved()
    expect(life.run({ contributions: two })).toHaveLength(1)
    life.restart()
    expect(life.run({ contributions: one })).toHaveLength(1)
    expect(life.published).toEqual(['A shop.example.com: 192.0.2.1 (TTL 300)'])
  })

  it('an edit waits through restarts while members come and go, and an approval counts once', () => {
    const life = approved()
    life.edit({ ttlSeconds: 60 })
    expect(life.run({ contributions: one })).toEqual([])
    life.restart()
    expect(life.run({ contributions: two })).toHaveLength(1)
    life.restart()
    expect(life.run({ contributions: one })).toHaveLength(1)
    expect(life.published).toEqual(['A shop.example.com: 192.0.2.1 (TTL 300)'])
    expect(life.status?.plan).toMatchObject({ approvedGeneration: 1, changeCount: 1 })
    const approve = hashOf(life)
    life.restart()
    life.run({ contributions: one, approve })
    expect(life.published).toEqual(['A shop.example.com: 192.0.2.1 (TTL 60)'])
    expect(life.status?.plan).toEqual({ approvedGeneration: 2, appliedHash: approve })
    life.edit({ ttlSeconds: 300 })
    life.run({ contributions: one, approve })
    life.edit({ ttlSeconds: 60 })
    life.run({ contributions: one, approve })
    expect(life.published).toEqual(['A shop.example.com: 192.0.2.1 (TTL 60)'])
  })

  it.each<[string, Partial<DynamicDNSRecordSpec>, readonly Contribution[]]>([
    ['a new target', { targets: [EDGE, HOME] }, [...one, known('home', addresses('192.0.2.9'))]],
    [
      'another source of a target',
      { targets: [{ name: 'edge', wan: { name: 'home' } }] },
      [known('edge', addresses('192.0.2.9'))],
    ],
    ['a target that goes', { targets: [HOME] }, [known('home', addresses('192.0.2.9'))]],
    ['a new hostname', { hostnames: ['shop.example.com', 'new.example.com'] }, one],
    ['a hostname that goes', { hostnames: ['new.example.com'] }, one],
    ['a new family', { addressFamilies: ['IPv4', 'IPv6'] }, [known('edge', members('n1 192.0.2.1+2001:db8::1'))]],
    ['a placeholder', { hostnames: ['shop.example.com', '{member}.example.com'] }, one],
  ])('%s waits, however often Stoa restarts', (_sentence, spec, contributions) => {
    const life = approved()
    const before = life.published
    life.edit(spec)
    for (let round = 0; round < 3; round += 1) {
      life.restart()
      life.run({ contributions })
      expect(life.published).toEqual(before)
    }
    life.run({ contributions, approve: hashOf(life) })
    expect(life.published).not.toEqual(before)
    expect(life.status?.plan).toMatchObject({ approvedGeneration: 2 })
  })

  it('a member that came while an edit waits may go again, its own name too', () => {
    const life = approved({ hostnames: ['shop.example.com', '{member}.example.com'] }, two)
    life.run({ contributions: two })
    life.edit({ ttlSeconds: 60 })
    life.run({ contributions: two })
    const before = life.published
    // The approved generation is 1, so from here on the footing alone says what may flow.
    const three = [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2', 'n3 192.0.2.3'))]
    life.run({ contributions: three })
    expect(life.published.join()).toContain('n3.example.com: 192.0.2.3')
    life.run({ contributions: two })
    expect(life.published).toEqual(before)
  })

  it('members of one target flow although another stays unknown', () => {
    const life = new Life({ mode: 'PlanSpec', targets: [EDGE, HOME] })
    const with3 = (contributions: readonly Contribution[]): readonly Contribution[] => [
      ...contributions,
      unknown('home'),
    ]
    life.run({ contributions: with3(one) })
    life.run({ contributions: with3(one), approve: hashOf(life) })
    expect(life.status?.plan?.approvedGeneration).toBeUndefined()
    life.restart()
    expect(life.run({ contributions: with3(two) })).toHaveLength(1)
  })

  it('nothing is written twice: neither at the provider nor in status', () => {
    const edits: readonly Partial<DynamicDNSRecordSpec>[] = [{}, { ttlSeconds: 60 }, { hostnames: ['b.example.com'] }]
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...edits), fc.constantFrom(one, two), fc.boolean(), fc.boolean())),
        (history) => {
          const life = approved()
          for (const [edit, contributions, isApproved, restarts] of history) {
            if (Object.keys(edit).length > 0) life.edit(edit)
            if (restarts) life.restart()
            const approve = isApproved ? { approve: hashOf(life) } : {}
            life.run({ contributions, ...approve })
            // What was applied is told once; after that there is nothing to say.
            life.run({ contributions, ...approve })
            const { writes } = life
            expect(life.run({ contributions, ...approve })).toEqual([])
            expect(life.writes).toBe(writes)
            expect(life.status?.plan?.approvedGeneration).toBeDefined()
          }
        },
      ),
    )
  })
})

describe('an approval', () => {
  it('stays good until what it let through is done', () => {
    const life = new Life({ mode: 'PlanAll', hostnames: ['a.example.com', 'b.example.com'] })
    life.run({ contributions: one })
    const approve = hashOf(life)
    life.run({ contributions: one, approve, failing: 'all' })
    life.run({ contributions: one, approve, unavailable: true })
    expect(life.status?.plan?.appliedHash).toBeUndefined()
    expect(life.status?.plan?.approvedGeneration).toBeUndefined()
    life.restart()
    expect(life.run({ contributions: one, approve })).toHaveLength(2)
    expect(life.status?.plan).toEqual({ approvedGeneration: 1, appliedHash: approve })
  })

  it('is good for what is left when some of it failed', () => {
    const life = new Life({ mode: 'PlanAll', hostnames: ['a.example.com', 'b.example.com'] })
    life.run({ contributions: one })
    const approve = hashOf(life)
    expect(life.run({ contributions: one, approve, failing: ['b.example.com A'] })).toHaveLength(1)
    expect(life.status?.plan?.appliedHash).toBeUndefined()
    expect(life.run({ contributions: one, approve })).toHaveLength(1)
    expect(life.status?.plan).toEqual({ approvedGeneration: 1, appliedHash: approve })
  })

  it('is not good for a second time', () => {
    const life = new Life({ mode: 'PlanAll' })
    life.run({ contributions: one })
    const approve = hashOf(life)
    life.run({ contributions: one, approve })
    life.zone.delete({ name: 'shop.example.com' as Fqdn, type: 'A', setId: '' })
    expect(life.run({ contributions: one, approve })).toEqual([])
    expect(hashOf(life)).toBe(approve)
  })
})

describe('adoption', () => {
  const byHand = (life: Life, value: string): void => {
    const key = { name: 'shop.example.com' as Fqdn, type: 'A', setId: '' } as const
    life.zone.set({ key, values: [{ value, owner: undefined }], ttl: 300, routing: undefined, options: undefined })
  }

  it('is open when a generation is first seen, and closed when it was carried out', () => {
    const life = new Life({ adopt: true })
    byHand(life, '192.0.2.9')
    expect(life.run({ contributions: one })).toHaveLength(1)
    expect(life.published).toEqual(['A shop.example.com: 192.0.2.1 (TTL 300)'])
    byHand(life, '192.0.2.9')
    for (let round = 0; round < 2; round += 1) {
      expect(life.run({ contributions: one })).toEqual([])
      life.restart()
    }
  })

  it('stays open through restarts while the provider is down, or what is wanted is unknown', () => {
    const life = new Life({ adopt: true })
    byHand(life, '192.0.2.9')
    life.run({ contributions: one, unavailable: true })
    life.restart()
    life.run({ contributions: one, failing: 'all' })
    life.restart()
    life.run({ contributions: [unknown('edge')] })
    life.restart()
    expect(life.run({ contributions: one })).toHaveLength(1)
  })

  it('is opened again by an edit', () => {
    const life = new Life({ adopt: true })
    life.run({ contributions: one })
    byHand(life, '192.0.2.9')
    expect(life.run({ contributions: one })).toEqual([])
    life.edit({ ttlSeconds: 60 })
    expect(life.run({ contributions: one })).toHaveLength(1)
    expect(life.published).toEqual(['A shop.example.com: 192.0.2.1 (TTL 60)'])
  })

  it('needs spec.adopt', () => {
    const life = new Life({ adopt: false })
    byHand(life, '192.0.2.9')
    expect(life.run({ contributions: one })).toEqual([])
  })
})
