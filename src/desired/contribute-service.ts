import type { ServiceObject } from '../api/node.ts'
import { compareText } from '../model/record-set.ts'
import { contributeHostname } from './contribute-hostname.ts'
import { judgeAddresses } from './member-addresses.ts'
import { parseAddresses } from './parse-addresses.ts'
import {
  contributeKnown,
  contributeUnknown,
  type Contributed,
  type Lookup,
  type ReferenceTo,
  type TargetContext,
} from './target-context.ts'
import { useReference } from './use-reference.ts'

/**
 * Load balancers are blank for a while after a restart of their controller, so a Service without an address is unknown, never empty.
 * Addresses come before hostnames; of several hostnames the first in the alphabet is followed, because a CNAME can follow only one.
 */
export function contributeService(
  context: TargetContext,
  reference: ReferenceTo,
  lookup: Lookup<ServiceObject>,
): Contributed {
  return useReference(context, { kind: 'Service', reference }, lookup, ({ ingress }, name) => {
    const { addresses, unparsable } = parseAddresses(ingress.flatMap(({ ip }) => ip ?? []))
    if (unparsable.length > 0) {
      const message = `${name} has a load-balancer address that is none: ${unparsable.join(', ')}`
      return contributeUnknown(context, 'ServiceAddressUnknown', message)
    }
    if (addresses.length > 0) {
      const { content, ...rest } = judgeAddresses(context, 'service', addresses)
      return contributeKnown(context, content, rest)
    }
    const [hostname] = ingress.flatMap((entry) => entry.hostname ?? []).sort(compareText)
    if (hostname !== undefined) return contributeHostname(context, hostname)
    const message = `${name} has no load-balancer address: it must be of type LoadBalancer and have been given one`
    return contributeUnknown(context, 'ServiceAddressUnknown', message)
  })
}
