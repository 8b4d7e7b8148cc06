// Which record sets DNS does not let stand side by side at one name.
import { excludesKey, type RecordKey } from '../model/record-set.ts'
import type { ZoneCapabilities, ZoneRef } from '../model/zone.ts'

interface ZoneRules {
  readonly zone: ZoneRef
  readonly capabilities: Pick<ZoneCapabilities, 'apexAlias'>
}

/**
 * | at one name         | A, AAAA | ALIAS | CNAME         | TXT           | the same type      |
 * |---------------------|---------|-------|---------------|---------------|--------------------|
 * | A, AAAA             | fine    | no    | no            | fine          | simple and routed  |
 * | ALIAS               | no      |       | no            | fine          | sets exclude each  |
 * | CNAME               | no      | no    |               | no (see apex) | other              |
 *
 * Both are at one name. At an apex the provider flattens the CNAME into addresses, so other types may stand beside it.
 */
export function keysConflict(a: RecordKey, b: RecordKey, { zone, capabilities }: ZoneRules): boolean {
  const types = [a.type, b.type]
  if (a.type === b.type || !types.includes('TXT')) return excludesKey(a, b)
  const flattened = a.name === zone.zone && capabilities.apexAlias === 'CNAME'
  return types.includes('CNAME') && !flattened
}
