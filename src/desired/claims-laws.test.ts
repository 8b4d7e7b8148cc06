// Claims settled and carried out: what several resources at one name may never do to each other.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  anyIntents,
  anyOwnership,
  anySets,
  blog,
  capabilities,
  OURS,
  shop,
  ZONE,
} from '../../test/support/zone-builders.ts'
import type { Intent } from '../model/intent.ts'
import { keyText, type RecordKey, type ResourceRef, type StoredSet } from '../model/record-set.ts'
import { ZoneTable } from '../model/zone.ts'
import { applyChanges } from '../plan/apply-in-memory.ts'
import { calculatePlan } from '../plan/calculate-plan.ts'
import type { Plan } from '../plan/plan.ts'
import { ClaimTable } from './claim-table.ts'
import type { SettledClaims } from './settle-claims.ts'

interface World {
  readonly sets: readonly StoredSet[]
  readonly wants: ReadonlyMap<ResourceRef, readonly Intent[]>
  readonly capabilities: ReturnType<typeof capabilities>
}

const anyWants = anyIntents(fc.constant(false))
const anyWorld: fc.Arbitrary<World> = anyOwnership.chain((ownership) =>
  fc.record({
    sets: anySets(ownership),
    wants: fc.tuple(anyWants, anyWants).map(([ofShop, ofBlog]) => {
      const own = (intents: readonly Intent[], resource: ResourceRef): readonly Intent[] =>
        intents.map((intent) => ({ ...intent, resource }))
      return new Map([
        [shop, own(ofShop, shop)],
        [blog, own(ofBlog, blog)],
      ])
    }),
    capabilities: fc.constant(capabilities(ownership)),
  }),
)

interface Outcome {
  readonly settled: SettledClaims
  readonly plan: Plan
  readonly before: ZoneTable
  readonly after: ZoneTable
}

function holderOf(table: ZoneTable): (key: RecordKey) => string | undefined {
  return (key) => table.get(key)?.values.find(({ owner }) => owner?.id === OURS)?.owner?.uid
}

function carryOut({ sets, wants, capabilities: able }: World): Outcome {
  const before = new ZoneTable(sets)
  const claims = new ClaimTable()
  for (const [resource, intents] of wants) claims.replace(resource, resource === shop ? 1 : 2, intents)
  const settled = claims.settle(ZONE, undefined, holderOf(before))
  const plan = calculatePlan({
    zone: ZONE,
    intents: settled.intents,
    observed: before,
    ownerId: OURS,
    capabilities: able,
  })
  const after = new ZoneTable(sets)
  applyChanges(after, plan.changes)
  return { settled, plan, before, after }
}

const check = (law: (world: World) => void): void => fc.assert(fc.property(anyWorld, law), { numRuns: 1000 })

describe('two resources at one name', () => {
  it('leave one intent per key', () => {
    check((world) => {
      const keys = carryOut(world).settled.intents.map(({ key }) => keyText(key))
      expect(new Set(keys).size).toBe(keys.length)
    })
  })

  it('never leave a key without values that either of them wants, whoever held it before', () => {
    check((world) => {
      const { settled, before, after } = carryOut(world)
      for (const intent of settled.intents) {
        if (intent.kind !== 'update' || intent.values.length === 0) continue
        if (before.get(intent.key) !== undefined) expect(after.get(intent.key)?.values.length).toBeGreaterThan(0)
      }
    })
  })

  it('hand a key over in one change: it is deleted for nobody while somebody gets it', () => {
    check((world) => {
      const { settled, plan } = carryOut(world)
      const wanted = new Set(
        settled.intents.filter((one) => one.kind === 'update' && one.values.length > 0).map(({ key }) => keyText(key)),
      )
      for (const { kind, key } of plan.changes) if (kind === 'delete') expect(wanted).not.toContain(keyText(key))
    })
  })

  it('tell the loser, and only the loser', () => {
    check((world) => {
      const { settled } = carryOut(world)
      const kept = new Set(settled.intents)
      for (const [resource, intents] of world.wants) {
        for (const intent of intents.filter(({ kind }) => kind === 'update')) {
          const told = settled.refusals.some(({ key, resource: { uid } }) => {
            return key !== undefined && keyText(key) === keyText(intent.key) && uid === resource.uid
          })
          expect(told).toBe(!kept.has(intent))
        }
      }
    })
  })

  it('never change what a hold of its holder is about', () => {
    check((world) => {
      const { plan, before } = carryOut(world)
      for (const [resource, intents] of world.wants) {
        const held = intents.filter(({ kind, key }) => kind === 'hold' && holderOf(before)(key) === resource.uid)
        for (const { key } of held)
          expect(plan.changes.map((change) => keyText(change.key))).not.toContain(keyText(key))
      }
    })
  })
})
