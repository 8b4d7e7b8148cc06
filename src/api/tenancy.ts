// Who may refer to what: allowedNamespaces of pools and WAN addresses, allowedRecords of providers.
import type { AllowedNamespaces, AllowedRecords } from './generated/dns-provider.ts'
import { matchesSelector, type Labels } from './label-selector.ts'

/** Where a record lives. Without its labels, what a selector would say is unknown. */
export interface Tenant {
  readonly namespace: string
  readonly labels: Labels | undefined
}

/** Undefined is "cannot be known". */
export type Permission = boolean | undefined

/** `owner` is the namespace of the object that allows. */
export function allowsNamespace(allowed: AllowedNamespaces, owner: string, tenant: Tenant): Permission {
  switch (allowed.from) {
    case 'All':
      return true
    case 'Same':
      return tenant.namespace === owner
    case 'Selector':
      return tenant.labels === undefined ? undefined : matchesSelector(allowed, tenant.labels)
  }
}

const OWN_NAMESPACE: AllowedNamespaces = { from: 'Same' }
const ONLY_OWN_NAMESPACE: readonly AllowedRecords[] = [{}]

/** Any entry may allow a name; without entries, the provider's own namespace may have all names. */
export function allowsRecord(
  allowed: readonly AllowedRecords[] | undefined,
  owner: string,
  tenant: Tenant,
  hostname: string,
): Permission {
  const permissions = (allowed ?? ONLY_OWN_NAMESPACE).map(({ namespaces = OWN_NAMESPACE, hostnames = ['*'] }) =>
    hostnames.some((pattern) => coversHostname(pattern, hostname)) ? allowsNamespace(namespaces, owner, tenant) : false,
  )
  if (permissions.includes(true)) return true
  return permissions.includes(undefined) ? undefined : false
}

/** `*` covers every name, `*.example.com` all names below example.com at any depth, anything else itself. */
function coversHostname(pattern: string, hostname: string): boolean {
  return pattern === '*' || pattern === hostname || (pattern.startsWith('*.') && hostname.endsWith(pattern.slice(1)))
}
