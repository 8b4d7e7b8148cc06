// What is known of every WANAddress: its detections run here, shared by all that ask the same question.
import { formatTime } from '../../api/date-time.ts'
import type { SourceStatus, WANAddressStatus } from '../../api/generated/wan-address.ts'
import type { WANAddress } from '../../api/kinds.ts'
import type { FamilyDetection, ObservedWan } from '../../desired/contribute-wan.ts'
import { parseIpAddress, type AddressFamily, type IpAddress } from '../../model/address.ts'
import { isTerminal } from '../../observe/wan/detection.ts'
import { detectionKey, type DetectionSpec } from '../../observe/wan/detection-spec.ts'
import type { Detectors, Subscription } from '../../observe/wan/detectors.ts'
import type { Observation, Sighting } from '../../observe/wan/observation.ts'
import type { FamilyObservation } from '../../status/wan-status.ts'

interface Question {
  readonly key: string
  readonly family: AddressFamily
  readonly subscription: Subscription
}

interface Asked {
  readonly allowedNamespaces: WANAddress['spec']['allowedNamespaces']
  readonly questions: readonly Question[]
}

export class WanBoard {
  readonly #detectors: Detectors
  readonly #onRound: (ref: string) => void
  readonly #asked = new Map<string, Asked>()

  /** `onRound` hears of every round of questions for a WANAddress. */
  constructor(detectors: Detectors, onRound: (ref: string) => void) {
    this.#detectors = detectors
    this.#onRound = onRound
  }

  /** From now on these questions are asked for the WANAddress; those that are asked already go on. */
  ask(ref: string, object: WANAddress, specs: readonly DetectionSpec[]): void {
    const before = this.#asked.get(ref)?.questions ?? []
    const questions = specs.map((spec): Question => {
      const key = detectionKey(spec)
      const { family } = spec
      const running = before.find((question) => question.key === key)
      if (running !== undefined) return running
      const sighting = sightingFromStatus(object.status, family)
      const subscription = this.#detectors.subscribe(spec, () => this.#onRound(ref), sighting)
      return { key, family, subscription }
    })
    for (const question of before) if (!questions.includes(question)) question.subscription.close()
    this.#asked.set(ref, { allowedNamespaces: object.spec.allowedNamespaces, questions })
  }

  forget(ref: string): void {
    for (const { subscription } of this.#asked.get(ref)?.questions ?? []) subscription.close()
    this.#asked.delete(ref)
  }

  /** Asks now, whatever the interval. */
  requestRound(ref: string): void {
    for (const { subscription } of this.#asked.get(ref)?.questions ?? []) subscription.requestRound()
  }

  /** As records see it. Undefined when it is not asked about. */
  observed(ref: string): ObservedWan | undefined {
    const asked = this.#asked.get(ref)
    if (asked === undefined) return undefined
    const { allowedNamespaces, questions } = asked
    const detections = questions.map(({ family, subscription }): [AddressFamily, FamilyDetection] => [
      family,
      toFamilyDetection(subscription.observation),
    ])
    return { allowedNamespaces, detections: new Map(detections) }
  }

  /** As the status tells it. */
  observations(ref: string): readonly FamilyObservation[] {
    const questions = this.#asked.get(ref)?.questions ?? []
    return questions.map(({ subscription }) => toFamilyObservation(subscription.observation))
  }

  /** Every question has been asked once, whatever the answer. */
  get isAnswered(): boolean {
    return [...this.#asked.values()].every(({ questions }) => {
      return questions.every(({ subscription }) => {
        const { latest } = subscription.observation
        return latest.kind === 'known' || latest.reason !== 'NotYetAsked'
      })
    })
  }

  /** When each address was last seen, in milliseconds since the epoch. */
  *sightings(): Generator<readonly [ref: string, family: AddressFamily, seenAtMs: number]> {
    for (const [ref, { questions }] of this.#asked) {
      for (const { family, subscription } of questions) {
        const { sighting } = subscription.observation
        if (sighting !== undefined && sighting.seenAtMs > 0) yield [ref, family, sighting.seenAtMs]
      }
    }
  }

  sources(ref: string): readonly SourceStatus[] {
    const questions = this.#asked.get(ref)?.questions ?? []
    const statuses = questions.flatMap(({ subscription }) => listSources(subscription.observation))
    return [...new Map(statuses.map((status) => [status.name, status])).values()]
  }
}

function toFamilyDetection({ detection }: Observation): FamilyDetection {
  return detection.kind === 'known'
    ? { kind: 'known', address: detection.address }
    : { kind: 'unknown', message: detection.summary }
}

function toFamilyObservation({ detection }: Observation): FamilyObservation {
  const { family } = detection
  if (detection.kind === 'known') return { kind: 'known', family, address: detection.address }
  const { reason, message } = detection
  return { kind: 'unknown', family, reason, message, terminal: isTerminal(detection) }
}

function listSources({ detection }: Observation): readonly SourceStatus[] {
  return detection.answers.flatMap(({ source: { name, transport }, result }): readonly SourceStatus[] => {
    switch (result.kind) {
      case 'answered':
        return [{ name, transport, answer: formatAnswer(result.addresses) }]
      case 'refused':
      case 'failed':
        return [{ name, transport, error: result.message }]
      case 'unneeded':
        return []
    }
  })
}

/** As long as the schema of the status takes: an interface may have many addresses. */
const LONGEST_ANSWER = 45

function formatAnswer(addresses: readonly IpAddress[]): string {
  const all = addresses.join(', ')
  return all.length <= LONGEST_ANSWER ? all : `${addresses[0]}, …`
}

/** What was published before a restart is no news when it is seen again; how long ago it was last seen nobody kept. */
function sightingFromStatus(status: WANAddressStatus | undefined, family: AddressFamily): Sighting | undefined {
  const text = family === 'IPv4' ? status?.ipv4 : status?.ipv6
  const address = text === undefined ? undefined : parseIpAddress(text)
  if (address === undefined) return undefined
  const changedAtMs = Date.parse(status?.changedAt ?? formatTime(0))
  return { address, seenAtMs: 0, changedAtMs, previous: undefined }
}
