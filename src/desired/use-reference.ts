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
  readonly kind: keyof typeof REASONS
  readonly reference: ReferenceTo
}

const REASONS = {
  NodePool: { absent: 'PoolNotFound', unknown: 'PoolUnknown' },
  WANAddress: { absent: 'WANAddressNotFound', unknown: 'WANAddressUnknown' },
  Service: { absent: 'ServiceNotFound', unknown: 'ServiceAddressUnknown' },
} as const satisfies Record<string, Record<'absent' | 'unknown', Reason>>

/** Uses what a target refers to if it is there. Otherwise the target is unknown: nothing is taken away. */
export function useReference<Found>(
  context: TargetContext,
  { kind, reference }: Subject,
  lookup: Lookup<Found>,
  use: (found: Found, name: string) => Contributed,
): Contributed {
  const name = `${kind} ${reference.namespace}/${reference.name}`
  const reasons = REASONS[kind]
  if (lookup.kind === 'absent') return contributeUnknown(context, reasons.absent, `${name} does not exist`)
  if (lookup.kind === 'unknown') return contributeUnknown(context, reasons.unknown, `${name}: ${lookup.message}`)
  return use(lookup.found, name)
}

/** The same of an object that says which namespaces may refer to it. */
export function useShared<Found extends { readonly allowedNamespaces: AllowedNamespaces }>(
  context: TargetContext,
  subject: Subject,
  lookup: Lookup<Found>,
  use: (found: Found, name: string) => Contributed,
): Contributed {
  const { namespace, namespaceLabels: labels } = context
  return useReference(context, subject, lookup, (found, name) => {
    const allowed = allowsNamespace(found.allowedNamespaces, subject.reference.namespace, { namespace, labels })
    if (allowed === true) return use(found, name)
    if (allowed === false) {
      return contributeUnknown(
        context,
        'NamespaceNotAllowed',
        `${name} does not let namespace ${namespace} refer to it: see its spec.allowedNamespaces`,
      )
    }
    return contributeUnknown(
      context,
      'NamespaceUnknown',
      `${name}: the labels of namespace ${namespace} could not be read, and its spec.allowedNamespaces asks for them`,
    )
  })
}
