// The plan between two trees as it is shown: what changes nothing in DNS is no change, and what stands for the world reads as words. Pure.
import { describeKey, describeResource, type StoredSet } from '../../model/record-set.ts'
import type { PlanReport } from '../../plan/plan-report.ts'
import type { Change, Plan, PlanNote } from '../../plan/plan.ts'
import type { WorldPlan } from './tree-world.ts'

type Words = (text: string) => string

export function settleReport({ plans, refusals, warnings }: WorldPlan, words: Words): PlanReport {
  return {
    plans: plans.map((plan) => spellOut(withoutHandovers(plan), words)),
    refusals: refusals.map((refusal) => ({
      ...refusal,
      name: words(refusal.name),
      message: words(refusal.message),
    })),
    approvals: [],
    unknown: [],
    warnings: [...new Set(warnings.map(words))],
  }
}

/** A name that another resource has from now on, with the same values, answers as it did. */
function withoutHandovers(plan: Plan): Plan {
  const handovers = plan.changes.filter(isHandover)
  return {
    ...plan,
    changes: plan.changes.filter((change) => !handovers.includes(change)),
    notes: [...plan.notes, ...handovers.map(describeHandover)],
    unchanged: plan.unchanged + handovers.length,
  }
}

function isHandover(change: Change): boolean {
  return change.kind === 'update' && answersOf(change.previous) === answersOf(change.next)
}

function answersOf({ values, ttl, routing, options }: StoredSet): string {
  return JSON.stringify([values.map(({ value }) => value), ttl, routing ?? null, options ?? null])
}

function describeHandover(change: Change): PlanNote {
  const { key, resource } = change
  const owner = change.kind === 'create' ? undefined : change.previous.values.find((value) => value.owner)?.owner
  const from = owner?.uid === undefined ? '' : ` from ${owner.uid}`
  const message = `${describeKey(key)} is handed over${from} to ${describeResource(resource)}; what it answers stays`
  return { key, resource, message }
}

function spellOut(plan: Plan, words: Words): Plan {
  return {
    ...plan,
    changes: plan.changes.map((change) => spellOutChange(change, words)),
    refusals: plan.refusals.map((one) => ({ ...one, name: words(one.name), message: words(one.message) })),
    holds: plan.holds.map((one) => ({ ...one, key: spellOutKey(one.key, words), message: words(one.message) })),
    notes: plan.notes.map((one) => ({ ...one, key: spellOutKey(one.key, words), message: words(one.message) })),
  }
}

function spellOutChange(change: Change, words: Words): Change {
  const key = spellOutKey(change.key, words)
  const spell = (set: StoredSet): StoredSet => ({
    ...set,
    key,
    values: set.values.map((owned) => ({ ...owned, value: words(owned.value) })),
  })
  switch (change.kind) {
    case 'create':
      return { ...change, key, next: spell(change.next) }
    case 'delete':
      return { ...change, key, previous: spell(change.previous) }
    default:
      return { ...change, key, previous: spell(change.previous), next: spell(change.next) }
  }
}

/** A name with words in it is only ever shown. */
function spellOutKey<Key extends StoredSet['key']>(key: Key, words: Words): Key {
  return { ...key, name: words(key.name) }
}
