// The targets of a record as a derivation uses them: what each gives, what is recalled of it, and what of it is in doubt.
import type { Target } from '../api/generated/dynamic-dns-record.ts'
import type { DynamicDNSRecord } from '../api/kinds.ts'
import { familyOf, type AddressFamily, type IpAddress } from '../model/address.ts'
import { compareText, type RecordType } from '../model/record-set.ts'
import { targetKey, type Contribution, type TargetContent } from './contribution.ts'
import type { Hold } from './hold.ts'
import type { Published } from './published.ts'

export interface Source {
  readonly target: string
  readonly spec: Target
  readonly contribution: Contribution
  /** What the target gives, or gave last. Undefined: neither is known. */
  readonly content: TargetContent | undefined
  /** Published values that may be the target's, because neither it nor any other accounts for them. */
  readonly recalled: ReadonlySet<string>
  /** The target might give more of these families than is known. */
  readonly doubtful: readonly AddressFamily[]
}

const ALL_FAMILIES: readonly AddressFamily[] = ['IPv4', 'IPv6']

/**
 * What is neither known of a target nor remembered may be what is published and no target accounts for. So that a restart takes
 * nothing away, such values stay where they are until the target is known. A target that is not among the remembered ones although
 * others are is new, and has given nothing yet.
 */
export function readSources(
  record: DynamicDNSRecord,
  contributions: readonly Contribution[],
  published: Published,
  remembered: ReadonlySet<string> | undefined,
): readonly Source[] {
  const specs = new Map(record.spec.targets.map((spec) => [targetKey(spec, record.metadata.namespace), spec]))
  const forgetful = contributions.map((contribution) => ({
    contribution,
    forgotten: listForgotten(contribution, remembered),
  }))
  const isAllThere = forgetful.every(({ forgotten }) => forgotten.length === 0)
  const strays = isAllThere ? [] : listStrays(contributions, published)
  return forgetful.map(({ contribution, forgotten }) => {
    const { target } = contribution
    const spec = specs.get(target) ?? {}
    const own = strays.filter((stray) => isPossible(stray, { target, spec, forgotten }))
    const recalled = new Set(own.map(({ value }) => value))
    const doubtful = contribution.kind === 'unknown' ? ALL_FAMILIES : contribution.unknownFamilies
    return { target, spec, contribution, content: contentOf(contribution), recalled, doubtful }
  })
}

function contentOf(contribution: Contribution): TargetContent | undefined {
  return contribution.kind === 'known' ? contribution.content : contribution.last
}

export function listValues(content: TargetContent | undefined): readonly string[] {
  if (content === undefined) return []
  return content.kind === 'hostname' ? [content.hostname] : content.members.flatMap(({ addresses }) => addresses)
}

/** Why a target might give more of a family than is known, for each family of which one might. */
export function listDoubts(sources: readonly Source[]): ReadonlyMap<AddressFamily, Hold> {
  const doubts = new Map<AddressFamily, Hold>()
  for (const source of sources.toSorted((a, b) => compareText(a.target, b.target))) {
    for (const family of source.doubtful) if (!doubts.has(family)) doubts.set(family, describeDoubt(source))
  }
  return doubts
}

export function describeDoubt({ target, contribution }: Source): Hold {
  if (contribution.kind === 'unknown') return { reason: contribution.reason, message: contribution.message }
  const message = contribution.message ?? `what target ${target} gives is not known wholly`
  return { reason: 'WANAddressUnknown', message }
}

/** A published value that no target accounts for. */
interface Stray {
  readonly value: string
  readonly type: RecordType
  readonly setId: string
}

function listStrays(contributions: readonly Contribution[], published: Published): readonly Stray[] {
  const accounted = new Set(contributions.flatMap((contribution) => listValues(contentOf(contribution))))
  return published.sets.flatMap(({ key: { type, setId }, values }) => {
    return values.filter((value) => !accounted.has(value)).map((value) => ({ value, type, setId }))
  })
}

/** The families of which it is not remembered what the target gave. */
function listForgotten(
  contribution: Contribution,
  remembered: ReadonlySet<string> | undefined,
): readonly AddressFamily[] {
  if (contribution.kind === 'known') return remembered === undefined ? contribution.unknownFamilies : []
  const isNew = remembered?.has(contribution.target) === false
  return contribution.last === undefined && !isNew ? ALL_FAMILIES : []
}

interface Forgetful extends Pick<Source, 'target' | 'spec'> {
  readonly forgotten: readonly AddressFamily[]
}

/** Of all sources whose hostname could be forgotten, only a Service gives one. */
function isPossible({ value, type, setId }: Stray, { target, spec, forgotten }: Forgetful): boolean {
  if (setId !== '' && setId !== target) return false
  const isPointer = type === 'CNAME' || type === 'ALIAS'
  if (isPointer) return spec.service !== undefined && forgotten.length > 0
  // What is published in an address set is an address.
  return forgotten.includes(familyOf(value as IpAddress))
}
