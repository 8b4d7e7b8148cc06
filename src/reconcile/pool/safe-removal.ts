// When a node that left DNS may go for good: once every record that used it no longer publishes it, and resolvers have forgotten it too.
import { formatTime } from '../../api/date-time.ts'
import type { InactiveMember } from '../../api/generated/node-pool.ts'
import type { IpAddress } from '../../model/address.ts'

/**
 * What a record published is settled when nothing of it is held, suspended, planned, failing or under way. It is open while something
 * is held, suspended, planned or failing, and unknown while its names wait to be looked at, or a zone where it may be cannot be read.
 */
export type Testimony = 'settled' | 'open' | 'unknown'

/** What one record that refers to the pool says of addresses that left it. Both cost a look at the zones, so both are found out when asked. */
export interface RecordWitness {
  readonly testimony: Testimony
  readonly publishes: (address: IpAddress) => boolean
  readonly ttlSeconds: number
  /** When time alone makes it count no more, by the monotonic clock. */
  readonly endsAt?: number | undefined
}

export interface RemovalInput {
  readonly inactive: readonly InactiveMember[]
  /** What the status said before. */
  readonly previous: readonly InactiveMember[] | undefined
  readonly addressesOf: (member: string) => readonly IpAddress[]
  readonly witnesses: readonly RecordWitness[]
  /** For how many milliseconds resolvers may still answer with one of the addresses, by what was written lately, whoever published it. */
  readonly rememberedMs: (addresses: readonly IpAddress[]) => number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** An instant that was found once stays, for as long as nothing is known to speak against it. */
export function addSafeRemoval(input: RemovalInput): readonly InactiveMember[] {
  const { inactive, previous, addressesOf, witnesses, rememberedMs, now } = input
  const before = new Map(previous?.map((member) => [`${member.name} ${member.since ?? ''}`, member.safeToRemoveAt]))
  let testimony: Testimony | undefined
  const longestTtlMs = Math.max(0, ...witnesses.map(({ ttlSeconds }) => ttlSeconds)) * 1000
  return inactive.map((member) => {
    const addresses = addressesOf(member.name)
    const isPublished = addresses.some((address) => witnesses.some(({ publishes }) => publishes(address)))
    if (isPublished) return member
    testimony ??= judgeTogether(witnesses)
    if (testimony === 'open') return member
    const known = before.get(`${member.name} ${member.since ?? ''}`)
    if (known === undefined && testimony === 'unknown') return member
    const safeToRemoveAt = known ?? formatTime(now + Math.max(longestTtlMs, rememberedMs(addresses)))
    return { ...member, safeToRemoveAt }
  })
}

function judgeTogether(witnesses: readonly RecordWitness[]): Testimony {
  let together: Testimony = 'settled'
  for (const { testimony } of witnesses) {
    if (testimony === 'open') return 'open'
    if (testimony === 'unknown') together = 'unknown'
  }
  return together
}
