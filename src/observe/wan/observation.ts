// What a detector knows at a moment, and how a round of questions changes it. Pure: time comes in as an argument.
import type { IpAddress } from '../../model/address.ts'
import type { Detection, KnownAddress } from './detection.ts'
import type { DetectionSpec } from './detection-spec.ts'

export interface Sighting {
  readonly address: IpAddress
  /** When a quorum last agreed on it, in milliseconds since the epoch. */
  readonly seenAtMs: number
  readonly changedAtMs: number
  readonly previous: IpAddress | undefined
}

export interface Observation {
  /** What counts: the last good address while it is young enough, whatever the latest round brought. */
  readonly detection: Detection
  /** What the latest round brought by itself. */
  readonly latest: Detection
  /** The last good address, however old. */
  readonly sighting: Sighting | undefined
}

export function startObservation(spec: DetectionSpec, sighting: Sighting | undefined): Observation {
  const detection: Detection = {
    kind: 'unknown',
    family: spec.family,
    reason: 'NotYetAsked',
    summary: 'no source has been asked yet',
    message: 'no source has been asked yet',
    answers: [],
  }
  return { detection, latest: detection, sighting }
}

export function advanceObservation(
  previous: Observation,
  latest: Detection,
  spec: DetectionSpec,
  nowMs: number,
): Observation {
  const sighting = latest.kind === 'known' ? sight(previous.sighting, latest.address, nowMs) : previous.sighting
  if (latest.kind === 'known' || sighting === undefined || isTooOld(sighting, spec, nowMs)) {
    return { detection: latest, latest, sighting }
  }
  const detection: KnownAddress = {
    kind: 'known',
    family: spec.family,
    address: sighting.address,
    answers: latest.answers,
  }
  return { detection, latest, sighting }
}

export function isTooOld(sighting: Sighting, spec: DetectionSpec, nowMs: number): boolean {
  return nowMs - sighting.seenAtMs >= spec.maxAgeSeconds * 1000
}

function sight(previous: Sighting | undefined, address: IpAddress, nowMs: number): Sighting {
  const isSame = previous?.address === address
  return {
    address,
    seenAtMs: nowMs,
    changedAtMs: isSame ? previous.changedAtMs : nowMs,
    previous: isSame ? previous.previous : previous?.address,
  }
}

/** A second round, with other sources where there are others, has the last word on a new address. */
export function confirmAddress(first: KnownAddress, second: Detection, sighting: Sighting | undefined): Detection {
  const settled = second.kind === 'known' && [first.address, sighting?.address].includes(second.address)
  if (settled) return second
  const said = second.kind === 'known' ? `it found ${second.address}` : second.message
  const summary = `${first.address} is new and a second round did not confirm it`
  return {
    kind: 'unknown',
    family: first.family,
    reason: 'Unconfirmed',
    summary,
    message: `${summary}: ${said}`,
    answers: [...first.answers, ...second.answers],
  }
}
