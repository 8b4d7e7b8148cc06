// DNSProviders with the same credential at the same server share a budget where their rateLimit is the same, and a pause in any case:
// providers count and block by credential.
import type { DNSProvider } from '../../api/kinds.ts'
import { Breaker } from '../../apply/breaker.ts'
import { CallBudget, fenceGate } from '../../apply/call-budget.ts'
import { TransientError } from '../../model/errors.ts'
import type { CallGate } from '../../providers/call-gate.ts'
import { allowanceOf } from '../../providers/default-budget.ts'
import type { EnginePorts } from '../engine-ports.ts'

export class CredentialBudgets {
  readonly #ports: Pick<EnginePorts, 'clock' | 'random' | 'mayCall' | 'hooks'>
  readonly #stopping: AbortSignal
  readonly #budgets = new Map<string, CallBudget>()
  readonly #breakers = new Map<string, Breaker>()

  constructor(ports: Pick<EnginePorts, 'clock' | 'random' | 'mayCall' | 'hooks'>, stopping: AbortSignal) {
    this.#ports = ports
    this.#stopping = stopping
  }

  /** A DNSProvider without a credential has a budget of its own. */
  budgetOf(ref: string, { spec, metadata }: DNSProvider): CallBudget {
    const { type, credentialsSecretRef, rateLimit } = spec
    const credential = credentialsSecretRef && `${metadata.namespace}/${credentialsSecretRef.name}`
    const owner = credential === undefined ? ref : `${type} ${serverOf(spec)} ${credential}`
    const key = `${owner} ${rateLimit?.requestsPerMinute ?? ''}`
    const known = this.#budgets.get(key)
    if (known !== undefined) return known
    const { clock } = this.#ports
    const allowance = allowanceOf(type, rateLimit?.requestsPerMinute)
    const budget = new CallBudget({ allowance, clock, breaker: this.#breakerOf(owner) })
    this.#budgets.set(key, budget)
    return budget
  }

  #breakerOf(owner: string): Breaker {
    const { clock, random } = this.#ports
    const breaker = this.#breakers.get(owner) ?? new Breaker(clock, random)
    this.#breakers.set(owner, breaker)
    return breaker
  }

  /** Nothing passes once this engine is stopped, or once another may be at work in its place. */
  gateFor(type: string, budget: CallBudget): CallGate {
    const { mayCall, hooks } = this.#ports
    const fenced = fenceGate(budget, this.#stopping)
    return {
      async admit(purpose, signal) {
        await fenced.admit(purpose, signal)
        if (!mayCall()) throw new TransientError('ProviderUnavailable', 'this process is no longer the leader')
      },
      settle(lesson) {
        hooks.onCall?.(type, lesson.kind)
        fenced.settle(lesson)
      },
    }
  }
}

/** Who is asked with the credential, where the spec says: one server that is away says nothing of another. */
function serverOf({ cloudflare, gandi, route53, rfc2136, powerdns, webhook }: DNSProvider['spec']): string {
  return rfc2136?.server ?? [cloudflare, gandi, route53, powerdns, webhook].find((block) => block)?.endpoint ?? ''
}
