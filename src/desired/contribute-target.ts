import type { ServiceObject } from '../api/node.ts'
import { contributeAddresses } from './contribute-addresses.ts'
import { contributeHostname } from './contribute-hostname.ts'
import { contributePool, type ObservedPool } from './contribute-pool.ts'
import { contributeService } from './contribute-service.ts'
import { contributeWan, type ObservedWan } from './contribute-wan.ts'
import type { Contributed, Lookup, ReferenceTo, TargetContext } from './target-context.ts'

/** Where a target's source is looked up: caches, never the network. */
export interface Sources {
  pool(reference: ReferenceTo): Lookup<ObservedPool>
  wan(reference: ReferenceTo): Lookup<ObservedWan>
  service(reference: ReferenceTo): Lookup<ServiceObject>
}

/** What a target brings, or why that is not known at the moment. */
export function contributeTarget(context: TargetContext, sources: Sources): Contributed {
  const { target, namespace } = context
  if (target.nodePool !== undefined) {
    const pool = { namespace, ...target.nodePool }
    return contributePool(context, pool, sources.pool(pool))
  }
  if (target.wan !== undefined) {
    const wan = { namespace, ...target.wan }
    return contributeWan(context, wan, sources.wan(wan))
  }
  if (target.service !== undefined) {
    const service = { namespace, name: target.service.name }
    return contributeService(context, service, sources.service(service))
  }
  if (target.hostname !== undefined) return contributeHostname(context, target.hostname)
  return contributeAddresses(context, target.addresses ?? [])
}
