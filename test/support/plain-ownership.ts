import type { OwnerId } from '../../src/model/record-set.ts'
import type { Ownership } from '../../src/providers/ownership/ownership.ts'
import { PLAIN_NAMING } from '../../src/providers/ownership/txt-names.ts'

/** As of a DNSProvider that says nothing of it. */
export function plainOwnership(id: OwnerId): Ownership {
  return { id, registry: 'Auto', naming: PLAIN_NAMING }
}
