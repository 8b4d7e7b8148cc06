// Label selectors with Kubernetes' meaning: every condition must hold, and an empty selector matches everything.
import type { LabelRequirement } from './generated/node-pool.ts'

export type Labels = Readonly<Record<string, string>>

export interface Selector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly LabelRequirement[]
}

/** Only what was written counts: `constructor` is a valid label, and every object inherits something by that name. */
export function labelValue(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

/** An absent selector matches nothing. */
export function matchesSelector(selector: Selector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false
  const { matchLabels = {}, matchExpressions = [] } = selector
  return (
    Object.keys(matchLabels).every((key) => labelValue(labels, key) === matchLabels[key]) &&
    matchExpressions.every((requirement) => holds(requirement, labels))
  )
}

/** `NotIn` holds where the label is absent too. */
function holds({ key, operator, values = [] }: LabelRequirement, labels: Labels): boolean {
  const value = labelValue(labels, key)
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
  }
}
