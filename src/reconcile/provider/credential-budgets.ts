// DNSProviders with the same credential at the same server share a budget where their rateLimit is the same, and a pause in any case:
// providers count and block by credential.
import type { DNSProvider } from '../../api/kinds.ts'
import { Breaker } from '../../apply/breaker.ts'
import { CallBudget, fenceGate } from '../../apply/call-budget.ts'
import { TransientError } from '../../model/errors.ts'
import type { CallGate } from '../../providers/call-gate.ts'
import { allowanceOf } from '../../providers/default-budget.ts'
import type { EnginePorts } from '../engine-ports.ts'

interface Account {
  /** Who asks whom with which credential: those of the same owner have one breaker. */
  readonly owner: string
  readonly breaker: Breaker
  readonly budget: CallBudget
}

export class CredentialBudgets {
  readonly #ports: Pick<EnginePorts, 'clock' | 'random' | 'mayCall' | 'hooks'>
  readonly #stopping: AbortSignal
  readonly #accounts = new Map<string, Account>()
  /** By DNSProvider: what it spends from. */
  readonly #keys = new Map<string, string>()

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
    this.#keys.set(ref, key)
    this.#forgetUnused()
    const known = this.#accounts.get(key)
    if (known !== undefined) return known.budget
    const { clock } = this.#ports
    const breaker = this.#breakerOf(owner)
    const budget = new CallBudget({ allowance: allowanceOf(type, rateLimit?.requestsPerMinute), clock, breaker })
    this.#accounts.set(key, { owner, breaker, budget })
    return budget
  }

  /** The DNSProvider is gone. */
  release(ref: string): void {
    this.#keys.delete(ref)
    this.#forgetUnused()
  }

  /** What was spent, or is to be waited for, counts on, in case the credential comes back. */
  #forgetUnused(): void {
    const used = new Set(this.#keys.values())
    for (const [key, { budget }] of this.#accounts)
      if (!used.has(key) && budget.closedUntil() === undefined && budget.fill() === 1) this.#accounts.delete(key)
  }

  #breakerOf(owner: string): Breaker {
    const { clock, random } = this.#ports
    const kin = [...this.#accounts.values()].find((account) => account.owner === owner)
    return kin?.breaker ?? new Breaker(clock, random)
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
        if (lesson.kind !== 'unsent') hooks.onCall?.(type, lesson.kind)
        fenced.settle(lesson)
      },
    }
  }
}

/** Who is asked with the credential, where the spec says: one server that is away says nothing of another. */
function serverOf({ cloudflare, gandi, route53, rfc2136, powerdns, webhook }: DNSProvider['spec']): string {
  return rfc2136?.server ?? [cloudflare, gandi, route53, powerdns, webhook].find((block) => block)?.endpoint ?? ''
}
