import type { DynamicDNSRecord } from '../api/kinds.ts'
import type { ResourceRef } from '../model/record-set.ts'

export function resourceRefOf({ metadata: { uid, namespace, name } }: DynamicDNSRecord): ResourceRef {
  return { uid, namespace, name }
}
