// What every way of contributing needs to know, and the ways to answer.
import type { Target } from '../api/generated/dynamic-dns-record.ts'
import type { Reason } from '../api/reasons.ts'
import type { AddressFamily } from '../model/address.ts'
import type { Contribution, KnownContribution, TargetContent } from './contribution.ts'
import type { HealthReport } from './health-verdicts.ts'
import type { Labels } from '../api/label-selector.ts'

export interface TargetContext {
  readonly target: Target
  /** What the target goes by in its record. */
  readonly key: string
  /** The record's namespace. */
  readonly namespace: string
  /** Undefined where they could not be read. */
  readonly namespaceLabels: Labels | undefined
  /** The families the record publishes. */
  readonly families: readonly AddressFamily[]
  /** Of the record's own check; undefined where it has none. */
  readonly health: HealthReport | undefined
  /** What the target contributed last, be it from memory or from status. */
  readonly last: TargetContent | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface Contributed {
  readonly contribution: Contribution
  /** When time alone may change it. */
  readonly nextChangeAt: number | undefined
}

/** The result of looking an object up. Absent is certain; unknown is everything else that is not found. */
export type Lookup<Found> =
  | { readonly kind: 'found'; readonly found: Found }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly message: string }

export interface ReferenceTo {
  readonly namespace: string
  readonly name: string
}

export function contributeKnown(
  { key }: TargetContext,
  content: TargetContent,
  extra: Partial<Pick<KnownContribution, 'unknownFamilies' | 'message'>> & {
    readonly nextChangeAt?: number | undefined
  } = {},
): Contributed {
  const { unknownFamilies = [], message, nextChangeAt } = extra
  return { contribution: { kind: 'known', target: key, content, unknownFamilies, message }, nextChangeAt }
}

export function contributeUnknown({ key, last }: TargetContext, reason: Reason, message: string): Contributed {
  return { contribution: { kind: 'unknown', target: key, reason, message, last }, nextChangeAt: undefined }
}
