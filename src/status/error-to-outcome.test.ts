import { describe, expect, it } from 'vitest'
import { shop } from '../../test/support/zone-builders.ts'
import { TerminalError, toReconcileError, TransientError, WaitingError } from '../model/errors.ts'
import type { RefusalReason } from '../model/intent.ts'
import { errorToOutcome, refusalToOutcome } from './error-to-outcome.ts'

describe('an error says what happens next', () => {
  it.each([
    [new TerminalError('CredentialsInvalid', 'the token is not accepted'), 'CredentialsInvalid', { kind: 'terminal' }],
    [new TransientError('ProviderUnavailable', 'no answer'), 'ProviderUnavailable', { kind: 'transient' }],
    [new WaitingError('RateLimited', 'too many requests', 5000), 'RateLimited', { kind: 'waiting', afterMs: 5000 }],
    [new TransientError('NobodyKnowsThis', 'odd'), 'UnexpectedError', { kind: 'transient' }],
    [toReconcileError(new TypeError('x is not a function')), 'UnexpectedError', { kind: 'transient' }],
  ])('%s', (error, reason, next) => {
    expect(errorToOutcome(error)).toEqual({ reason, message: error.message, next })
  })

  it('in words that stay the same and are never empty', () => {
    const error = new TransientError('RateLimited', 'Rate exceeded (Request ID: 4b8e7f0c)')
    expect(errorToOutcome(error).message).toBe('Rate exceeded')
    expect(errorToOutcome(new TransientError('RateLimited', '')).message).toBe('RateLimited')
  })
})

describe('a refusal says what happens next', () => {
  it.each<[RefusalReason, 'terminal' | 'waiting']>([
    ['NotOwned', 'terminal'],
    ['CNAMEConflict', 'terminal'],
    ['InvalidName', 'terminal'],
    ['AmbiguousProvider', 'terminal'],
    ['Conflicted', 'waiting'],
    ['ProviderNotFound', 'waiting'],
    ['NoProviderForZone', 'waiting'],
    ['MoveHeld', 'waiting'],
  ])('%s is %s', (reason, kind) => {
    const refusal = { resource: shop, name: 'shop.example.com', key: undefined, reason, message: 'why' }
    expect(refusalToOutcome(refusal)).toMatchObject({ reason, message: 'why', next: { kind } })
  })
})
