// Every call to Route 53: through the gate, with a time limit, its failures put into our words. The SDK is loaded by the first one.
import type { CallGate, Lesson, Purpose } from '../call-gate.ts'
import { TransientError, WaitingError, type ReconcileError } from '../../model/errors.ts'
import { underSignals } from '../../model/under-signals.ts'
import { LostAnswerError, UnreadSecretError } from '../http/http-client.ts'
import { assumeRole } from './assume-role.ts'
import type { CallOptions, Route53Calls, Route53ClientOptions } from './route53-client.ts'
import { BusyZoneError, classify, ExpiredTokenError } from './route53-errors.ts'

export interface Route53ApiOptions extends Route53ClientOptions {
  /** Undefined: the credentials are used as they are. */
  readonly roleARN: string | undefined
  readonly gate: CallGate
}

export interface CallSpec<Output> {
  /** What messages speak of: the zone. */
  readonly about: string
  readonly purpose?: Purpose
  readonly run: (calls: Route53Calls, options: CallOptions) => Promise<Output>
}

export class Route53Api {
  readonly #options: Route53ApiOptions
  #calls: Promise<Route53Calls> | undefined

  constructor(options: Route53ApiOptions) {
    this.#options = options
  }

  /** Rejects with what the failure means, or with the abort's reason. */
  async call<Output>(spec: CallSpec<Output>, signal: AbortSignal): Promise<Output> {
    try {
      return await this.#attempt(spec, signal)
    } catch (error) {
      if (!(error instanceof ExpiredTokenError)) throw error
      // Nothing was done; a new client asks for credentials anew.
      await this.close()
      return this.#attempt(spec, signal)
    }
  }

  async close(): Promise<void> {
    const calls = this.#calls
    this.#calls = undefined
    await calls?.then((open) => open.close())
  }

  async #attempt<Output>({ about, purpose = 'Work', run }: CallSpec<Output>, signal: AbortSignal): Promise<Output> {
    const { gate, timeoutMs } = this.#options
    const calls = await this.#open()
    await gate.admit(purpose, signal)
    await this.#readSecret()
    try {
      const limits = [signal, AbortSignal.timeout(timeoutMs)]
      const output = await underSignals(limits, (abortSignal) => run(calls, { abortSignal }))
      gate.settle({ kind: 'answered' })
      return output
    } catch (error) {
      const known = classify(error, about, timeoutMs)
      gate.settle(lessonOf(known))
      signal.throwIfAborted()
      throw known
    }
  }

  /** The SDK asks for it again. What it makes of a failure does not tell whether Amazon was asked. */
  async #readSecret(): Promise<void> {
    const { gate, credentials } = this.#options
    try {
      await credentials?.()
    } catch (error) {
      gate.settle({ kind: 'unsent' })
      throw error instanceof TransientError ? new UnreadSecretError(error.reason, error.message) : error
    }
  }

  #open(): Promise<Route53Calls> {
    this.#calls ??= this.#load()
    return this.#calls
  }

  async #load(): Promise<Route53Calls> {
    const { openRoute53 } = await import('./route53-client.ts')
    const { roleARN, ...options } = this.#options
    const own = openRoute53(options)
    if (roleARN === undefined) return own
    return openRoute53({
      ...options,
      credentials: async () => assumeRole({ ...options, roleARN }, await own.credentials()),
    })
  }
}

function lessonOf(error: ReconcileError): Lesson {
  if (error instanceof WaitingError && !(error instanceof BusyZoneError))
    return { kind: 'throttled', afterMs: error.retryAfterMs }
  const down = error instanceof LostAnswerError || error.reason === 'ProviderUnavailable'
  return { kind: down ? 'failed' : 'answered' }
}
