// A world of sources on a simulated clock: what they see can be changed, and the questions are counted.
import type { IpAddress } from '../../../src/model/address.ts'
import { detectAmong } from '../../../src/observe/wan/detect-address.ts'
import type { DetectorsPorts } from '../../../src/observe/wan/detectors.ts'
import type { LocalAddress } from '../../../src/observe/wan/local-addresses.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'
import { createSeededRandom } from '../../support/seeded-random.ts'
import { createMemorySource, type MemoryAnswer, type MemorySource } from './memory-source.ts'

const ROUND_TRIP_MS = 20

export interface SimulatedWorld {
  readonly clock: SimulatedClock
  readonly sources: readonly MemorySource[]
  readonly ports: DetectorsPorts
  /** What a source sees from now on; undefined: it fails. */
  see(name: string, address: string | undefined): void
  /** What all of them see from now on. */
  seeEverywhere(address: string | undefined): void
  /** Another address on a local interface. */
  renumber(address: string): void
  /** Rounds begun so far, and when: in ms since the beginning. */
  readonly rounds: readonly number[]
}

/** Names that begin with `tcp://` are asked over TCP, all others over UDP. */
export function createSimulatedWorld(names: readonly string[], address: string): SimulatedWorld {
  const clock = new SimulatedClock()
  const startedAt = clock.now()
  const random = createSeededRandom(11)
  const seen = new Map<string, string | undefined>(names.map((name) => [name, address]))
  const rounds: number[] = []
  let local: LocalAddress = { interface: 'eth0', address: '192.168.1.2' as IpAddress, prefixLength: 24 }
  const sources = names.map((name) => {
    const answer = (): MemoryAnswer => {
      const found = seen.get(name)
      return found === undefined ? { afterMs: ROUND_TRIP_MS } : { afterMs: ROUND_TRIP_MS, address: found }
    }
    return createMemorySource(name, clock, answer, name.startsWith('tcp://') ? 'TCP' : 'UDP')
  })
  return {
    clock,
    sources,
    rounds,
    see: (name, found) => void seen.set(name, found),
    seeEverywhere: (found) => names.forEach((name) => seen.set(name, found)),
    renumber: (text) => (local = { ...local, address: text as IpAddress }),
    ports: {
      clock,
      random,
      listLocalAddresses: () => [local],
      detect: (spec, options, signal) => {
        rounds.push(clock.now() - startedAt)
        return detectAmong(sources, spec, { ...options, clock, random }, signal)
      },
    },
  }
}
