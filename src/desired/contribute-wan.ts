import type { AllowedNamespaces } from '../api/generated/node-pool.ts'
import { familyOf, type AddressFamily, type IpAddress } from '../model/address.ts'
import type { TargetContent } from './contribution.ts'
import { judgeAddresses } from './member-addresses.ts'
import {
  contributeKnown,
  contributeUnknown,
  type Contributed,
  type Lookup,
  type ReferenceTo,
  type TargetContext,
} from './target-context.ts'
import { useShared } from './use-reference.ts'

export interface ObservedWan {
  readonly allowedNamespaces: AllowedNamespaces
  /** What was detected of each family that the WANAddress looks for. */
  readonly detections: ReadonlyMap<AddressFamily, FamilyDetection>
}

export type FamilyDetection =
  | { readonly kind: 'known'; readonly address: IpAddress }
  /** The message says why, in a few words. */
  | { readonly kind: 'unknown'; readonly message: string }

/** Each family by itself: one that is unknown keeps its last addresses while the other follows what is detected. */
export function contributeWan(
  context: TargetContext,
  reference: ReferenceTo,
  lookup: Lookup<ObservedWan>,
): Contributed {
  return useShared(context, { kind: 'WANAddress', reference }, lookup, (wan, name) => {
    const { families, last } = context
    const detections = families.map((family) => ({ family, detection: wan.detections.get(family) }))
    const unknownFamilies = detections.flatMap(({ family, detection }) => (detection?.kind === 'unknown' ? family : []))
    const doubts = detections.flatMap(({ family, detection }) => describeDoubt(family, detection) ?? [])
    if (unknownFamilies.length > 0 && !detections.some(({ detection }) => detection?.kind === 'known')) {
      return contributeUnknown(context, 'WANAddressUnknown', `${name}: ${doubts.join('; ')}`)
    }
    const addresses = detections.flatMap(({ family, detection }) => {
      if (detection?.kind === 'known') return [detection.address]
      return detection === undefined ? [] : listLast(last, family)
    })
    const judged = judgeAddresses(withCountingHealth(context), 'wan', addresses)
    const remarks = [...doubts, ...describeHealth(context), judged.message].filter((text) => text !== undefined)
    const message = remarks.length === 0 ? undefined : `${name}: ${remarks.join('; ')}`
    return contributeKnown(context, judged.content, { unknownFamilies, message, nextChangeAt: judged.nextChangeAt })
  })
}

function describeDoubt(family: AddressFamily, detection: FamilyDetection | undefined): string | undefined {
  if (detection === undefined) return `it does not look for ${family}`
  return detection.kind === 'unknown' ? `${family} is unknown: ${detection.message}` : undefined
}

function listLast(last: TargetContent | undefined, family: AddressFamily): readonly IpAddress[] {
  if (last?.kind !== 'members') return []
  return last.members.flatMap(({ addresses }) => addresses.filter((address) => familyOf(address) === family))
}

/** Many routers do not let us reach our own address from inside, so a probe that names no host proves nothing. */
function countsHealth({ health }: TargetContext): boolean {
  return health?.check.httpGet?.host !== undefined
}

function withCountingHealth(context: TargetContext): TargetContext {
  return countsHealth(context) ? context : { ...context, health: undefined }
}

function describeHealth(context: TargetContext): readonly string[] {
  if (context.health === undefined || countsHealth(context)) return []
  return ['the health check does not count here, because httpGet.host does not say whom to ask']
}
