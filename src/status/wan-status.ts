import { findCondition } from '../api/conditions.ts'
import { formatTime } from '../api/date-time.ts'
import type { SourceStatus, WANAddressStatus } from '../api/generated/wan-address.ts'
import type { WANAddress } from '../api/kinds.ts'
import { toReason } from '../api/reasons.ts'
import type { AddressFamily, IpAddress } from '../model/address.ts'
import type { ReconcileError } from '../model/errors.ts'
import { errorToOutcome } from './error-to-outcome.ts'
import { commonStatus, ifChanged } from './next-status.ts'
import { omitUndefined } from './omit-undefined.ts'
import { issueFrom, settleConditions, worstIssue, type Aspect, type Issue } from './settle-conditions.ts'
import { stableMessage } from './stable-message.ts'
import { suspendStatus } from './suspend-status.ts'

export type FamilyObservation =
  | { readonly kind: 'known'; readonly family: AddressFamily; readonly address: IpAddress }
  | {
      readonly kind: 'unknown'
      readonly family: AddressFamily
      readonly reason: string
      readonly message: string
      /** Asking again cannot help. */
      readonly terminal: boolean
    }

export interface WanResults {
  readonly object: WANAddress
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly error: ReconcileError | undefined
  /** One per family of the spec. */
  readonly observations: readonly FamilyObservation[]
  readonly sources: readonly SourceStatus[]
}

const MOST_SOURCES = 128

/**
 * The next status of a WANAddress, or undefined when there is nothing new to say. An address that is no longer known stays, for it is
 * the last one known; AddressObserved says so. Which source failed this time is news only together with something else.
 */
export function deriveWanStatus(results: WanResults): WANAddressStatus | undefined {
  const { object, now, error, observations } = results
  const { metadata, spec, status: previous } = object
  if (spec.suspend === true) return suspendStatus(object, now)
  if (isYetToBeAskedAgain(results)) return undefined
  const ofError = error === undefined ? [] : [issueFrom(errorToOutcome(error))]
  const ofAsking = observations.flatMap(observationIssue)
  const issues = [...ofError, ...ofAsking]
  // Where nobody can be asked, the error says why; any other is no doubt about the address.
  const ofAddress = observations.length === 0 ? ofError : ofAsking
  const addresses = findAddresses(results)
  const conditions = settleConditions({
    previous: previous?.conditions ?? [],
    stamp: { generation: metadata.generation, now },
    issues: keepWording('Ready', issues, results),
    aspects: [describeObservation(keepWording('AddressObserved', ofAddress, results), addresses)],
    success: describeAddresses(addresses),
    progressDeadlineSeconds: undefined,
  })
  const common = commonStatus(object, conditions)
  const quiet: WANAddressStatus = { ...previous, ...common }
  const moved = addresses.ipv4 !== previous?.ipv4 || addresses.ipv6 !== previous?.ipv6
  if (!moved && ifChanged(previous, quiet) === undefined) return undefined
  return { ...describeChange(results, addresses, moved), ...common }
}

/** After a restart, what was said of this very generation stands until somebody has been asked: nothing is known to be otherwise. */
function isYetToBeAskedAgain({ object: { metadata, status }, observations }: WanResults): boolean {
  if (status?.observedGeneration !== metadata.generation) return false
  return observations.some((observation) => observation.kind === 'unknown' && observation.reason === 'NotYetAsked')
}

interface Addresses {
  readonly ipv4: string | undefined
  readonly ipv6: string | undefined
}

function observationIssue(observation: FamilyObservation): readonly Issue[] {
  if (observation.kind === 'known') return []
  const { family, message, terminal } = observation
  const reason = toReason(observation.reason)
  const severity = terminal ? 'terminal' : reason === 'NotYetAsked' ? 'progressing' : 'transient'
  return [{ severity, reason, message: stableMessage(`${family}: ${message}`) }]
}

/** A family that was taken out of the spec is forgotten; one that is unknown is not. */
function findAddresses({ object, observations }: WanResults): Addresses {
  const { spec, status } = object
  const find = (family: AddressFamily, last: string | undefined): string | undefined => {
    if (!spec.addressFamilies.includes(family)) return undefined
    const observation = observations.find((one) => one.family === family)
    return observation?.kind === 'known' ? observation.address : last
  }
  return { ipv4: find('IPv4', status?.ipv4), ipv6: find('IPv6', status?.ipv6) }
}

/**
 * The same trouble as before keeps its words: which of the sources did not answer differs from round to round. What is wrong beside the
 * asking does not, and names what is left to mend.
 */
function keepWording(
  type: 'Ready' | 'AddressObserved',
  issues: readonly Issue[],
  { object: { metadata, status }, error }: WanResults,
): readonly Issue[] {
  const said = findCondition(status?.conditions ?? [], type)
  const worst = worstIssue(issues)
  if (worst === undefined || said?.status === 'True' || said?.reason !== worst.reason) return issues
  if (error !== undefined && worst.reason === toReason(error.reason)) return issues
  return said.observedGeneration === metadata.generation ? [{ ...worst, message: said.message }] : issues
}

function describeObservation(issues: readonly Issue[], addresses: Addresses): Aspect {
  const type = 'AddressObserved'
  const worst = worstIssue(issues)
  if (worst === undefined) return { type, status: 'True', reason: 'Succeeded', message: describeAddresses(addresses) }
  const status = worst.severity === 'progressing' ? 'Unknown' : 'False'
  return { type, status, reason: worst.reason, message: worst.message }
}

function describeAddresses({ ipv4, ipv6 }: Addresses): string {
  return `the public address is ${[ipv4, ipv6].filter((address) => address !== undefined).join(' and ')}`
}

function describeChange({ object, now, sources }: WanResults, addresses: Addresses, moved: boolean): WANAddressStatus {
  const { status } = object
  const before = omitUndefined({ ipv4: status?.ipv4, ipv6: status?.ipv6 })
  return omitUndefined({
    ...addresses,
    changedAt: moved ? formatTime(now) : status?.changedAt,
    previous: moved && Object.keys(before).length > 0 ? before : status?.previous,
    sources: sources.slice(0, MOST_SOURCES).map((source) => {
      return source.error === undefined ? source : { ...source, error: stableMessage(source.error) }
    }),
  })
}
