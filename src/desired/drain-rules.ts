import type { DrainRule } from '../api/generated/node-pool.ts'
import { DRAIN_ANNOTATION } from '../api/kinds.ts'
import type { NodeObject } from '../api/node.ts'
import { labelValue } from '../api/label-selector.ts'

/** Says why a node is about to go; undefined when nothing announces it. Taints match by key, whatever their value and effect. */
export function describeDrain(node: NodeObject, rules: readonly DrainRule[]): string | undefined {
  if (node.deletionTimestamp !== undefined) return 'the node is being deleted'
  if (labelValue(node.annotations, DRAIN_ANNOTATION) === 'true') return `annotation ${DRAIN_ANNOTATION} is "true"`
  const present = new Set(node.taints.map(({ key }) => key))
  const rule = rules.find(({ allTaints }) => allTaints.length > 0 && allTaints.every((key) => present.has(key)))
  return rule === undefined ? undefined : `drain rule ${rule.name} matches: ${rule.allTaints.join(', ')}`
}
