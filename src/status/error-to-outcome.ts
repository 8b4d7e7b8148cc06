// The one place that says what an error or a refusal means: the reason and message of a condition, and what happens next.
import { toReason, type Reason } from '../api/reasons.ts'
import { WaitingError, type ReconcileError } from '../model/errors.ts'
import type { Refusal, RefusalReason } from '../model/intent.ts'
import { stableMessage } from './stable-message.ts'

export type NextStep =
  /** Nothing until a person changes something. */
  | { readonly kind: 'terminal' }
  /** Again at a known time, or earlier when what it waits for happens. */
  | { readonly kind: 'waiting'; readonly afterMs: number }
  /** Again soon, with back-off. */
  | { readonly kind: 'transient' }

export interface Outcome {
  readonly reason: Reason
  readonly message: string
  readonly next: NextStep
}

export function errorToOutcome(error: ReconcileError): Outcome {
  const message = stableMessage(error.message) || error.reason
  return { reason: toReason(error.reason), message, next: nextStepOf(error) }
}

/** What a refusal waits for is watched; this is only for the case that the event was missed. */
const SAFETY_NET_MS = 600_000
const TERMINAL: NextStep = { kind: 'terminal' }
const WAITING: NextStep = { kind: 'waiting', afterMs: SAFETY_NET_MS }

/**
 * A refusal waits when another object, or an approval, can end it: a provider that has yet to be applied, a claim that is about to
 * be given up. It is terminal when a person has to change this object, its provider, or the zone.
 */
const NEXT_STEPS: Readonly<Record<RefusalReason, NextStep>> = {
  AliasUnsupported: TERMINAL,
  AmbiguousProvider: TERMINAL,
  CNAMEConflict: TERMINAL,
  Conflicted: WAITING,
  HostnameNotAllowed: TERMINAL,
  InvalidName: TERMINAL,
  InvalidSpec: TERMINAL,
  MemberNameCollision: TERMINAL,
  MoveHeld: WAITING,
  NoProviderForZone: WAITING,
  NotOwned: TERMINAL,
  Occluded: TERMINAL,
  PolicyForbidsDelete: WAITING,
  ProviderNotFound: WAITING,
  ProviderOptionsMismatch: TERMINAL,
  RoutingUnsupported: TERMINAL,
  WildcardUnsupported: TERMINAL,
}

export function refusalToOutcome({ reason, message }: Refusal): Outcome {
  return { reason, message: stableMessage(message), next: NEXT_STEPS[reason] }
}

function nextStepOf(error: ReconcileError): NextStep {
  if (error instanceof WaitingError) return { kind: 'waiting', afterMs: error.retryAfterMs }
  return { kind: error.kind === 'terminal' ? 'terminal' : 'transient' }
}
