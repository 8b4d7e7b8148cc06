// One or more zones' plans as they are shown to people and programs.
import { countOf, formatCount } from '../model/text.ts'
import type { Refusal } from '../model/intent.ts'
import { hashPlans } from './hash-plan.ts'
import type { Change, Plan } from './plan.ts'

export interface PlanReport {
  /** In the order in which they are shown. */
  readonly plans: readonly Plan[]
  /** Of names that have no zone, and so stand in no plan. */
  readonly refusals: readonly Refusal[]
  /** Of plans against live providers: what to write where so that exactly this is done. */
  readonly approvals: readonly Approval[]
  /** Names of which nobody can tell what would become of them: their zone could not be read. Sorted. */
  readonly unknown: readonly string[]
  /** What a reader should know beside the plans, such as a source that could not be read. */
  readonly warnings: readonly string[]
}

export interface Approval {
  readonly kind: 'DynamicDNSRecord' | 'DNSProvider'
  /** `namespace/name` */
  readonly ref: string
  /** What waits, in words. */
  readonly message: string
  /** The value for `dns.stoa.dev/approve`. */
  readonly hash: string
}

export interface PlanSummary extends Readonly<Record<Change['kind'], number>> {
  readonly refused: number
  readonly held: number
  readonly unknown: number
  readonly unchanged: number
}

export function summarizeReport({ plans, refusals, unknown }: PlanReport): PlanSummary {
  const kinds = plans.flatMap(({ changes }) => changes.map(({ kind }) => kind))
  const count = (kind: Change['kind']): number => kinds.filter((other) => other === kind).length
  const sum = (sizeOf: (plan: Plan) => number): number => plans.reduce((total, plan) => total + sizeOf(plan), 0)
  return {
    create: count('create'),
    update: count('update'),
    delete: count('delete'),
    release: count('release'),
    refused: refusals.length + sum((plan) => plan.refusals.length),
    held: sum(({ holds }) => holds.length),
    unknown: unknown.length,
    unchanged: sum(({ unchanged }) => unchanged),
  }
}

/** `2 to create, 1 to delete; 1 refused, 12 unchanged (hash 0123…)`, or that there are no changes, or that nobody knows. */
export function describeSummary(report: PlanReport): string {
  const { create, update, delete: deleted, release, refused, held, unknown, unchanged } = summarizeReport(report)
  const changes = list([
    [create, 'to create'],
    [update, 'to update'],
    [deleted, 'to delete'],
    [release, 'to release'],
  ])
  const rest = list([
    [refused, 'refused'],
    [held, 'held'],
    [unchanged, 'unchanged'],
  ])
  const hash = changes === '' ? '' : ` (hash ${hashPlans(report.plans)})`
  return [describeChanges(changes, unknown), rest].filter((text) => text !== '').join('; ') + hash
}

/** Nothing found is not the same as nothing to do. */
function describeChanges(changes: string, unknown: number): string {
  if (unknown === 0) return changes || 'no changes'
  const names = countOf(unknown, 'name')
  return changes === '' ? `not known for ${names}` : `${changes}, and ${names} not known`
}

/** What a plan notes, and what the report warns of. */
export function listWarnings({ plans, warnings }: Pick<PlanReport, 'plans' | 'warnings'>): readonly string[] {
  return [...plans.flatMap(({ notes }) => notes.map(({ message }) => message)), ...warnings]
}

function list(counts: readonly (readonly [number, string])[]): string {
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${formatCount(count)} ${what}`)
    .join(', ')
}
