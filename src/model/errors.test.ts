import { describe, expect, it } from 'vitest'
import { ReconcileError, TerminalError, toReconcileError, TransientError, WaitingError } from './errors.ts'

describe('errors', () => {
  it('say what happens next', () => {
    const cause = new Error('socket hang up')
    const errors = [
      new TerminalError('InvalidSpec', 'the zone is not given', { cause }),
      new TransientError('ProviderUnavailable', 'no answer'),
      new WaitingError('RateLimited', 'too many requests', 5000),
    ]
    expect(errors.map(({ name, kind, reason, message }) => [name, kind, reason, message])).toEqual([
      ['TerminalError', 'terminal', 'InvalidSpec', 'the zone is not given'],
      ['TransientError', 'transient', 'ProviderUnavailable', 'no answer'],
      ['WaitingError', 'waiting', 'RateLimited', 'too many requests'],
    ])
    expect(errors[0]?.cause).toBe(cause)
    expect(errors.every((error) => error instanceof ReconcileError)).toBe(true)
    expect(errors[2]).toHaveProperty('retryAfterMs', 5000)
  })

  it('stay what they are', () => {
    const error = new TerminalError('InvalidSpec', 'no')
    expect(toReconcileError(error)).toBe(error)
  })

  it.each([
    [new TypeError('x is not a function'), 'x is not a function'],
    [new RangeError(), 'RangeError'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
  ])('are transient when not understood: %s', (thrown, message) => {
    const error = toReconcileError(thrown)
    expect([error.kind, error.reason, error.message, error.cause]).toEqual([
      'transient',
      'UnexpectedError',
      message,
      thrown,
    ])
  })
})
