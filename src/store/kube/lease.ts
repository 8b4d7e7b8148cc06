// Who leads, decided from a Lease. Times of other machines are never compared: a holder that is gone is known by its record standing
// still for the length of the lease by our own clock.

/** A coordination.k8s.io Lease as the election sees it. */
export interface Lease {
  /** Another one after every write, whoever wrote. */
  readonly resourceVersion: string
  /** Empty: nobody. */
  readonly holder: string
  readonly durationSeconds: number
  readonly acquireTime: string | undefined
  readonly renewTime: string | undefined
  readonly transitions: number
}

export type LeaseDraft = Omit<Lease, 'resourceVersion'>

/** The version of the record that was seen last, and when it was seen first, by our monotonic clock. */
export interface Sighting {
  /** Undefined: there was no Lease, though there had been one. */
  readonly resourceVersion: string | undefined
  readonly since: number
}

export type LeaseMove =
  /** There is none and has been none. */
  | { readonly kind: 'create' }
  /** Ours already, or free to take. */
  | { readonly kind: 'hold'; readonly lease: Lease }
  /** Another holds it, at least for so long. */
  | { readonly kind: 'wait'; readonly waitMs: number }

export interface LeaseView {
  /** Undefined: there is none. */
  readonly lease: Lease | undefined
  readonly sighting: Sighting | undefined
  readonly identity: string
  readonly leaseMs: number
  readonly now: number
}

/** A Lease that was never there is no sighting: nobody can be leading by it. */
export function sightLease(
  previous: Sighting | undefined,
  lease: Lease | undefined,
  now: number,
): Sighting | undefined {
  if (previous === undefined && lease === undefined) return undefined
  const resourceVersion = lease?.resourceVersion
  return previous?.resourceVersion === resourceVersion && previous !== undefined
    ? previous
    : { resourceVersion, since: now }
}

export function decideMove({ lease, sighting, identity, leaseMs, now }: LeaseView): LeaseMove {
  if (lease !== undefined && (lease.holder === '' || lease.holder === identity)) return { kind: 'hold', lease }
  // The holder may have been started with a longer lease than ours. One that was removed by hand may still be led by.
  const honouredMs = Math.max(leaseMs, (lease?.durationSeconds ?? 0) * 1000)
  const waitMs = sighting === undefined ? 0 : sighting.since + honouredMs - now
  if (waitMs > 0) return { kind: 'wait', waitMs }
  return lease === undefined ? { kind: 'create' } : { kind: 'hold', lease }
}

/** The record by which `identity` holds the lease from `now` (milliseconds since the epoch) on. */
export function composeHeld(
  previous: Lease | undefined,
  { identity, leaseMs, now }: { readonly identity: string; readonly leaseMs: number; readonly now: number },
): LeaseDraft {
  const time = formatMicroTime(now)
  const goesOn = previous?.holder === identity
  return {
    holder: identity,
    durationSeconds: Math.ceil(leaseMs / 1000),
    acquireTime: goesOn ? previous.acquireTime : time,
    renewTime: time,
    transitions: (previous?.transitions ?? 0) + (previous === undefined || goesOn ? 0 : 1),
  }
}

/** The record that lets the next one take over at once. */
export function composeReleased(lease: Lease, now: number): LeaseDraft {
  const { durationSeconds, transitions } = lease
  return { holder: '', durationSeconds, transitions, acquireTime: undefined, renewTime: formatMicroTime(now) }
}

/** The API wants exactly six digits after the point. */
function formatMicroTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z')
}
