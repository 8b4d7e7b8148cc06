// The laws of docs/design.md that a plan could break.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyIntents, anyOwnership, anySets, capabilities, OURS, ZONE } from '../../test/support/zone-builders.ts'
import type { Intent } from '../model/intent.ts'
import { isOwnedBy } from '../model/owner.ts'
import { keyText, type OwnedValue, type StoredSet } from '../model/record-set.ts'
import { ZoneTable, type ZoneCapabilities } from '../model/zone.ts'
import { applyChanges } from './apply-in-memory.ts'
import { calculatePlan } from './calculate-plan.ts'
import { describeChange } from './describe-change.ts'
import { hashChanges, hashPlans } from './hash-plan.ts'
import type { Plan } from './plan.ts'

interface World {
  readonly ownership: ZoneCapabilities['ownership']
  readonly sets: readonly StoredSet[]
  readonly intents: readonly Intent[]
}

const anyWorld = (adopt?: fc.Arbitrary<boolean>): fc.Arbitrary<World> =>
  anyOwnership.chain((ownership) =>
    fc.record({ ownership: fc.constant(ownership), sets: anySets(ownership), intents: anyIntents(adopt) }),
  )

const planOf = ({ ownership, intents }: World, observed: ZoneTable): Plan =>
  calculatePlan({ zone: ZONE, intents, observed, ownerId: OURS, capabilities: capabilities(ownership) })

function settle(world: World): { readonly plan: Plan; readonly before: ZoneTable; readonly after: ZoneTable } {
  const before = new ZoneTable(world.sets)
  const after = new ZoneTable(world.sets)
  const plan = planOf(world, before)
  applyChanges(after, plan.changes)
  return { plan, before, after }
}

const isForeign = (value: OwnedValue): boolean => !isOwnedBy(value, OURS)

function check(world: fc.Arbitrary<World>, law: (world: World) => void): void {
  fc.assert(fc.property(world, law), { numRuns: 1000 })
}

describe('a plan', () => {
  it('is empty once it has been carried out', () => {
    check(anyWorld(), (world) => {
      expect(planOf(world, settle(world).after).changes).toEqual([])
    })
  })

  it('leaves every value of others where it was, unless it adopts what nobody owns', () => {
    check(anyWorld(), (world) => {
      const { before, after } = settle(world)
      const adopting = new Set(
        world.intents.filter((intent) => intent.kind === 'update' && intent.adopt).map(({ key }) => keyText(key)),
      )
      for (const set of before.all()) {
        const kept = set.values
          .filter(isForeign)
          .filter((v) => v.owner !== undefined || !adopting.has(keyText(set.key)))
        expect(after.get(set.key)?.values ?? []).toEqual(expect.arrayContaining(kept))
      }
    })
  })

  it('changes nothing of a set without any value of ours, unless it adopts or shares', () => {
    check(anyWorld(fc.constant(false)), (world) => {
      const { before, after } = settle(world)
      for (const set of before.all()) {
        if (!set.values.every(isForeign)) continue
        const values = after.get(set.key)?.values ?? []
        if (world.ownership === 'PerSet' || set.values.some(({ owner }) => owner === undefined)) {
          expect(after.get(set.key)).toEqual(set)
        } else {
          expect(values.filter(isForeign)).toEqual(set.values)
        }
      }
    })
  })

  it('never leaves a key without values while it is handed over', () => {
    check(anyWorld(), (world) => {
      const { plan, before } = settle(world)
      for (const intent of world.intents) {
        if (intent.kind !== 'update' || intent.values.length === 0 || before.get(intent.key) === undefined) continue
        for (const change of plan.changes) {
          if (keyText(change.key) === keyText(intent.key)) expect(change.kind).toBe('update')
        }
      }
    })
  })

  it('touches no key that is held or not wanted by anybody', () => {
    check(anyWorld(), (world) => {
      const { before, after } = settle(world)
      const decidable = new Set(world.intents.filter(({ kind }) => kind !== 'hold').map(({ key }) => keyText(key)))
      for (const set of before.all()) if (!decidable.has(keyText(set.key))) expect(after.get(set.key)).toBe(set)
    })
  })

  it('is the same whatever the order of what goes in', () => {
    const shuffled = anyWorld().chain((world) => {
      const intents = fc.shuffledSubarray([...world.intents], { minLength: world.intents.length })
      const sets = fc.shuffledSubarray([...world.sets], { minLength: world.sets.length })
      return fc.tuple(fc.constant(world), fc.record({ ownership: fc.constant(world.ownership), intents, sets }))
    })
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        const [plan, same] = [settle(one).plan, settle(other).plan]
        expect(same).toEqual(plan)
        expect(hashPlans([same])).toBe(hashPlans([plan]))
      }),
      { numRuns: 500 },
    )
  })

  it('gives each change once, and accounts for every intent', () => {
    check(anyWorld(), (world) => {
      const { plan } = settle(world)
      const keys = plan.changes.map(({ key }) => keyText(key))
      expect(new Set(keys).size).toBe(keys.length)
      expect(keys.length + plan.refusals.length + plan.holds.length + plan.unchanged).toBeLessThanOrEqual(
        world.intents.length,
      )
    })
  })
})

describe('the hash of changes', () => {
  it('is equal exactly for plans that do the same', () => {
    const pairs = anyWorld().chain((world) =>
      fc.tuple(
        fc.constant(world),
        fc.subarray([...world.intents], { minLength: Math.max(0, world.intents.length - 1) }),
      ),
    )
    fc.assert(
      fc.property(pairs, ([world, intents]) => {
        const [one, other] = [settle(world).plan.changes, settle({ ...world, intents }).plan.changes]
        const same = one.map(describeChange).join() === other.map(describeChange).join()
        expect(hashChanges(one) === hashChanges(other)).toBe(same)
      }),
      { numRuns: 1000 },
    )
  })
})
