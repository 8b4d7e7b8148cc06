// Conditions as kstatus reads them: at every observed moment Flux, Argo CD and kubectl wait see the truth.
import { compareText } from '../model/record-set.ts'
import { formatTime } from './date-time.ts'
import type { StatusCondition } from './generated/dynamic-dns-record.ts'
import { KIND_NAMES, type KindName } from './kinds.ts'
import type { Reason } from './reasons.ts'

interface ConditionMeaning {
  readonly meaning: string
  readonly kinds: readonly KindName[]
  /** Abnormal: it is there only while it is True. */
  readonly onlyWhileTrue?: true
}

const DOCUMENTED = {
  Ready: { meaning: 'Whether all is as the spec wants it.', kinds: KIND_NAMES },
  Reconciling: {
    meaning: 'Work is under way, or is tried again by itself.',
    kinds: KIND_NAMES,
    onlyWhileTrue: true,
  },
  Stalled: { meaning: 'A person has to act; Ready says what.', kinds: KIND_NAMES, onlyWhileTrue: true },
  AddressesResolved: { meaning: 'Whether every target is known.', kinds: ['DynamicDNSRecord'] },
  Programmed: { meaning: 'Whether the provider has taken every change.', kinds: ['DynamicDNSRecord'] },
  Conflicted: {
    meaning: 'Another resource or program has a name that this one wants.',
    kinds: ['DynamicDNSRecord'],
    onlyWhileTrue: true,
  },
  MembersResolved: { meaning: 'Whether the members are known.', kinds: ['NodePool'] },
  AddressObserved: { meaning: 'Whether the public address is known.', kinds: ['WANAddress'] },
  CredentialsValid: { meaning: 'Whether the provider accepts the credentials.', kinds: ['DNSProvider'] },
  ZonesFound: { meaning: 'Whether every zone is there and may be used.', kinds: ['DNSProvider'] },
} as const satisfies Readonly<Record<string, ConditionMeaning>>

export type ConditionType = keyof typeof DOCUMENTED

export const CONDITIONS: Readonly<Record<ConditionType, ConditionMeaning>> = DOCUMENTED

export type Conditions = readonly StatusCondition[]

export interface NextCondition {
  readonly type: ConditionType
  readonly status: StatusCondition['status']
  readonly reason: Reason
  readonly message: string
  readonly observedGeneration: number
}

const MAX_MESSAGE = 1024

/**
 * The list with `next` in it, sorted by type. The transition time moves only when the status changes, and a list that is already
 * so comes back itself, so that "nothing changed" can be seen. `now` is in milliseconds since the epoch.
 */
export function setCondition(list: Conditions, next: NextCondition, now: number): Conditions {
  const previous = findCondition(list, next.type)
  const message = trimMessage(next.message)
  const { status, reason, observedGeneration } = next
  const same =
    previous?.status === status &&
    previous.reason === reason &&
    previous.message === message &&
    previous.observedGeneration === observedGeneration
  if (same) return list
  const lastTransitionTime = previous?.status === status ? previous.lastTransitionTime : formatTime(now)
  const others = list.filter(({ type }) => type !== next.type)
  return [...others, { ...next, message, lastTransitionTime }].sort((a, b) => compareText(a.type, b.type))
}

export function removeCondition(list: Conditions, type: ConditionType): Conditions {
  return findCondition(list, type) === undefined ? list : list.filter((condition) => condition.type !== type)
}

export function findCondition(list: Conditions, type: ConditionType): StatusCondition | undefined {
  return list.find((condition) => condition.type === type)
}

/** How an object stands as a whole. */
export interface ReadySummary {
  /**
   * - ready: Ready is True.
   * - progressing: under way, Ready is Unknown.
   * - retrying: Ready is False, and it is tried again by itself.
   * - stalled: Ready is False, and a person has to act.
   */
  readonly kind: 'ready' | 'progressing' | 'retrying' | 'stalled'
  readonly reason: Reason
  readonly message: string
}

const READY_STATUS = { ready: 'True', progressing: 'Unknown', retrying: 'False', stalled: 'False' } as const

/** Sets Ready, Reconciling and Stalled together: the latter two never at the same time, and only while they are True. */
export function summarizeReady(list: Conditions, summary: ReadySummary, stamp: Stamp): Conditions {
  const { kind, reason, message } = summary
  const { generation, now } = stamp
  const about = { message, observedGeneration: generation }
  const withReady = setCondition(list, { type: 'Ready', status: READY_STATUS[kind], reason, ...about }, now)
  switch (kind) {
    case 'ready':
      return removeCondition(removeCondition(withReady, 'Reconciling'), 'Stalled')
    case 'stalled': {
      const rest = removeCondition(withReady, 'Reconciling')
      return setCondition(rest, { type: 'Stalled', status: 'True', reason, ...about }, now)
    }
    case 'progressing':
    case 'retrying': {
      const rest = removeCondition(withReady, 'Stalled')
      const why = kind === 'progressing' ? 'Progressing' : 'ProgressingWithRetry'
      return setCondition(rest, { type: 'Reconciling', status: 'True', reason: why, ...about }, now)
    }
  }
}

export interface Stamp {
  /** metadata.generation of the spec that was read. */
  readonly generation: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Messages stay short: cut at the end of a word. Half a surrogate pair would be stored as another character, and differ for ever. */
function trimMessage(message: string): string {
  if (message.length <= MAX_MESSAGE) return message
  const cut = message.slice(0, MAX_MESSAGE - 1).replace(/[\uD800-\uDBFF]$/, '')
  const wordEnd = cut.lastIndexOf(' ')
  return `${wordEnd > MAX_MESSAGE / 2 ? cut.slice(0, wordEnd) : cut}…`
}
