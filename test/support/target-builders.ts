// Targets and what is known of their sources, for tests: nothing is found unless the test says so.
import type { HealthCheck, Target } from '../../src/api/generated/dynamic-dns-record.ts'
import type { ServiceIngress } from '../../src/api/node.ts'
import { targetKey, type ContributedMember, type Standing, type TargetContent } from '../../src/desired/contribution.ts'
import type { ObservedPool } from '../../src/desired/contribute-pool.ts'
import { contributeTarget, type Sources } from '../../src/desired/contribute-target.ts'
import type { FamilyDetection, ObservedWan } from '../../src/desired/contribute-wan.ts'
import type { HealthReport, HealthVerdict } from '../../src/desired/health-verdicts.ts'
import type { Contributed, Lookup, TargetContext } from '../../src/desired/target-context.ts'
import type { ServiceObject } from '../../src/api/node.ts'
import type { AddressFamily } from '../../src/model/address.ts'
import { HEALTH_CHECK, ip, NOW } from './pool-builders.ts'

const ALL = { from: 'All' } as const

function found<Found>(what: Found): Lookup<Found> {
  return { kind: 'found', found: what }
}

export function pool(
  members: readonly ContributedMember[],
  overrides: Partial<ObservedPool> = {},
): Lookup<ObservedPool> {
  return found({ allowedNamespaces: ALL, members, message: undefined, ...overrides })
}

export function member(name: string, address: string, overrides: Partial<ContributedMember> = {}): ContributedMember {
  return { name, addresses: [ip(address)], standing: 'active', region: undefined, ...overrides }
}

/** An address is detected; any other text is why the family is unknown. A family that is not given is not looked for. */
export function wan(
  detections: Readonly<Partial<Record<AddressFamily, string>>>,
  overrides: Partial<ObservedWan> = {},
): Lookup<ObservedWan> {
  const entries = Object.entries(detections).map(([family, text]): [AddressFamily, FamilyDetection] => [
    family as AddressFamily, // The keys of the parameter.
    /^[\d:]/.test(text) ? { kind: 'known', address: ip(text) } : { kind: 'unknown', message: text },
  ])
  return found({ allowedNamespaces: ALL, detections: new Map(entries), ...overrides })
}

export function service(...ingress: readonly ServiceIngress[]): Lookup<ServiceObject> {
  return found({ namespace: 'web', name: 'front', ingress })
}

const NOTHING_FOUND: Sources = {
  pool: () => ({ kind: 'absent' }),
  wan: () => ({ kind: 'absent' }),
  service: () => ({ kind: 'absent' }),
}

export function health(
  verdicts: Readonly<Record<string, HealthVerdict>>,
  check: Partial<HealthCheck> = {},
): HealthReport {
  const entries = Object.entries(verdicts).map(([address, verdict]) => [ip(address), verdict] as const)
  return { check: { ...HEALTH_CHECK, ...check }, verdicts: new Map(entries) }
}

export function contribute(
  target: Target,
  sources: Partial<Sources> = {},
  context: Partial<TargetContext> = {},
): Contributed {
  const key = targetKey(target, 'web')
  const namespaceLabels = { team: 'web' }
  const given: TargetContext = {
    target,
    key,
    namespace: 'web',
    namespaceLabels,
    families: ['IPv4'],
    health: undefined,
    last: undefined,
    now: NOW,
    ...context,
  }
  return contributeTarget(given, { ...NOTHING_FOUND, ...sources })
}

/** `1.1.1.1, 2.2.2.2 unhealthy`, or the hostname. */
export function contentText(content: TargetContent | undefined): string {
  if (content === undefined) return 'nothing'
  if (content.kind === 'hostname') return content.hostname
  const texts = content.members.map(
    ({ addresses, standing }) => addresses.join('+') + (standing === 'active' ? '' : ` ${standing}`),
  )
  return texts.join(', ')
}

/** What was contributed, whether it is known just now or was known last. */
export function contributedText({ contribution }: Contributed): string {
  return contentText(contribution.kind === 'known' ? contribution.content : contribution.last)
}

/** `PoolNotFound: NodePool web/edge does not exist`, or the message of what is known. */
export function sayingOf({ contribution }: Contributed): string | undefined {
  return contribution.kind === 'known' ? contribution.message : `${contribution.reason}: ${contribution.message}`
}

/** `1.1.1.1 unhealthy` as the content of a target that is no pool. */
export function content(...texts: readonly string[]): TargetContent {
  const members = texts.map((text): ContributedMember => {
    const [address = '', standing = 'active'] = text.split(' ')
    return { name: 'target', addresses: [ip(address)], standing: standing as Standing, region: undefined }
  })
  return { kind: 'members', source: 'addresses', members }
}

/** The addresses of active members, in order. */
export function listActive(content: TargetContent | undefined): readonly string[] {
  if (content?.kind !== 'members') return []
  return content.members.flatMap(({ addresses, standing }) => (standing === 'active' ? addresses : [])).sort()
}
