// Every call to a provider passes a gate that belongs to its credential, and tells it how the call ended.

/** Repairs (settling a lost answer, reading before a retry) may use the last of an allowance; ordinary work may not. */
export type Purpose = 'Work' | 'Repair'

/** As the provider counts, which knows of whoever else uses the credential. */
export interface CallsLeft {
  readonly remaining: number
  /** After how long there are all of them again, where it says so. */
  readonly renewedAfterMs?: number
}

export type Lesson =
  | ({ readonly kind: 'answered' } & Partial<CallsLeft>)
  | { readonly kind: 'throttled'; readonly afterMs: number }
  | { readonly kind: 'failed' }
  /** The Secret gave nothing to send along: nobody was asked, and nothing is learnt of them. */
  | { readonly kind: 'unsent' }

export interface CallGate {
  /** Resolves when one call may be sent. Rejects only when aborted. */
  admit(purpose: Purpose, signal: AbortSignal): Promise<void>
  settle(lesson: Lesson): void
}

export const OPEN_GATE: CallGate = { admit: () => Promise.resolve(), settle: () => undefined }
