import type { AllowedNamespaces } from '../api/generated/node-pool.ts'
import type { Reason } from '../api/reasons.ts'
import { allowsNamespace } from '../api/tenancy.ts'
import {
  contributeUnknown,
  type Contributed,
  type Lookup,
  type ReferenceTo,
  type TargetContext,
} from './target-context.ts'

export interface Subject {
  readonly kind: 'NodePool' | 'WANAddress'
  readonly reference: ReferenceTo
}

const REASONS = {
  NodePool: { absent: 'PoolNotFound', unknown: 'PoolUnknown' },
  WANAddress: { absent: 'WANAddressNotFound', unknown: 'WANAddressUnknown' },
} as const satisfies Record<Subject['kind'], Record<'absent' | 'unknown', Reason>>

/** Uses what a target refers to if it is there and the record's namespace may. Otherwise the target is unknown: nothing is taken away. */
export function useReference<Found extends { readonly allowedNamespaces: AllowedNamespaces }>(
  context: TargetContext,
  { kind, reference }: Subject,
  lookup: Lookup<Found>,
  use: (found: Found, name: string) => Contributed,
): Contributed {
  const name = `${kind} ${reference.namespace}/${reference.name}`
  const reasons = REASONS[kind]
  if (lookup.kind === 'absent') return contributeUnknown(context, reasons.absent, `${name} does not exist`)
  if (lookup.kind === 'unknown') return contributeUnknown(context, reasons.unknown, `${name}: ${lookup.message}`)
  const { namespace, namespaceLabels: labels } = context
  const allowed = allowsNamespace(lookup.found.allowedNamespaces, reference.namespace, { namespace, labels })
  if (allowed === true) return use(lookup.found, name)
  if (allowed === false) {
    return contributeUnknown(
      context,
      'NamespaceNotAllowed',
      `${name} does not let namespace ${namespace} refer to it: see its spec.allowedNamespaces`,
    )
  }
  return contributeUnknown(
    context,
    reasons.unknown,
    `${name}: the labels of namespace ${namespace} could not be read, and its spec.allowedNamespaces asks for them`,
  )
}
