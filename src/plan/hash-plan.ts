// Hashes that a person approves: equal for equal changes in any order, different as soon as anything that would be done differs.
import { canonicalText } from '../model/canonical-text.ts'
import { shortHash } from '../model/hash.ts'
import { keyText } from '../model/record-set.ts'
import { zoneText } from '../model/zone.ts'
import { contentText } from './compare-sets.ts'
import type { Change, Plan } from './plan.ts'

/** With a generation, an approval ends when the resource is edited. */
export function hashChanges(changes: readonly Change[], generation?: number): string {
  return shortHash([canonicalText(['changes', generation ?? null]), ...linesOf(changes)].join('\n'))
}

/** Those of the changes that are exactly one of the others. */
export function partOf(changes: readonly Change[], all: readonly Change[]): readonly Change[] {
  if (all.length === 0) return []
  const texts = new Set(all.map(changeText))
  return changes.filter((change) => texts.has(changeText(change)))
}

/** Whether each of the changes is exactly one of the others. */
export function isPartOf(changes: readonly Change[], all: readonly Change[]): boolean {
  return partOf(changes, all).length === changes.length
}

/** One for all plans that a resource has, each in a zone of its own. Of a single one it is that one's. */
export function uniteHashes(hashes: readonly string[]): string {
  const [only = '', ...others] = [...hashes].sort()
  return others.length === 0 ? only : shortHash(['plans', only, ...others].join('\n'))
}

/** Several zones' plans together; what is refused or held is not part of what is approved. */
export function hashPlans(plans: readonly Plan[]): string {
  const zones = plans.map(({ zone, changes }) => [zoneText(zone), ...linesOf(changes)].join('\n'))
  return shortHash(zones.sort().join('\n\n'))
}

function linesOf(changes: readonly Change[]): readonly string[] {
  return changes.map(changeText).sort()
}

function changeText(change: Change): string {
  const previous = change.kind === 'create' ? null : contentText(change.previous)
  const next = change.kind === 'delete' ? null : contentText(change.next)
  return canonicalText([change.kind, keyText(change.key), change.resource.uid, previous, next])
}
