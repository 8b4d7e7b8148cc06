import { describe, expect, it } from 'vitest'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import { providerObject } from '../../../test/support/status-builders.ts'
import type { DNSProviderSpec } from '../../api/generated/dns-provider.ts'
import type { CallBudget } from '../../apply/call-budget.ts'
import { CredentialBudgets } from './credential-budgets.ts'

function open(): (name: string, spec: Partial<DNSProviderSpec>) => CallBudget {
  const clock = new SimulatedClock()
  const ports = { clock, random: () => 1, mayCall: () => true, hooks: {} }
  const budgets = new CredentialBudgets(ports, new AbortController().signal)
  return (name, spec) => budgets.budgetOf(`dns/${name}`, providerObject({ metadata: { name }, spec }))
}

const token = { credentialsSecretRef: { name: 'token' } }
const slow = { rateLimit: { requestsPerMinute: 60 } }

describe('two DNSProviders with one credential', () => {
  it('share their budget where they have the same rate limit', () => {
    const budgetOf = open()
    expect(budgetOf('a', token)).toBe(budgetOf('b', token))
    expect(budgetOf('a', token)).not.toBe(budgetOf('b', { ...token, ...slow }))
  })

  it('wait together, whatever their rate limits are', () => {
    const budgetOf = open()
    const [a, b] = [budgetOf('a', token), budgetOf('b', { ...token, ...slow })]
    a.settle({ kind: 'throttled', afterMs: 300_000 })
    expect(b.closedUntil()).toBe(a.closedUntil())
    expect(b.closedUntil()).toBeDefined()
  })
})

it('two DNSProviders with a credential each wait each for itself', () => {
  const budgetOf = open()
  budgetOf('a', token).settle({ kind: 'throttled', afterMs: 300_000 })
  expect(budgetOf('b', { credentialsSecretRef: { name: 'other' } }).closedUntil()).toBeUndefined()
  expect(budgetOf('c', {}).closedUntil()).toBeUndefined()
})

it.each<[string, Partial<DNSProviderSpec>, Partial<DNSProviderSpec>]>([
  [
    'RFC2136',
    { type: 'RFC2136', rfc2136: { server: '192.0.2.53:53', tsigAlgorithm: 'hmac-sha256' } },
    { type: 'RFC2136', rfc2136: { server: '192.0.2.54:53', tsigAlgorithm: 'hmac-sha256' } },
  ],
  [
    'PowerDNS',
    { type: 'PowerDNS', powerdns: { endpoint: 'https://a.example.net', serverID: 'localhost' } },
    { type: 'PowerDNS', powerdns: { endpoint: 'https://b.example.net', serverID: 'localhost' } },
  ],
])(
  'a server of %s that is away is no reason to ask another one less, though they have one key',
  (_type, one, other) => {
    const budgetOf = open()
    const [a, b] = [budgetOf('a', { ...token, ...one }), budgetOf('b', { ...token, ...other })]
    for (let failure = 0; failure < 5; failure += 1) a.settle({ kind: 'failed' })
    expect(a.closedUntil()).toBeDefined()
    expect(b.closedUntil()).toBeUndefined()
    expect(budgetOf('c', { ...token, ...one })).toBe(a)
  },
)

describe('a credential that no DNSProvider uses any more', () => {
  function start(): { readonly clock: SimulatedClock; readonly budgets: CredentialBudgets } {
    const clock = new SimulatedClock()
    const ports = { clock, random: () => 1, mayCall: () => true, hooks: {} }
    return { clock, budgets: new CredentialBudgets(ports, new AbortController().signal) }
  }
  const main = providerObject({ metadata: { name: 'main' }, spec: token })

  it('has the same pause and allowance if it comes back', async () => {
    const { clock, budgets } = start()
    const budget = budgets.budgetOf('dns/main', main)
    budget.settle({ kind: 'throttled', afterMs: 300_000 })
    budgets.release('dns/main')
    expect(budgets.budgetOf('dns/main', main)).toBe(budget)
    await clock.advance(300_000)
    await budget.admit('Work', new AbortController().signal)
    budgets.release('dns/main')
    expect(budgets.budgetOf('dns/main', main)).toBe(budget)
  })

  it('is forgotten once nothing is spent and nothing is to be waited for', () => {
    const { budgets } = start()
    const budget = budgets.budgetOf('dns/main', main)
    budgets.release('dns/main')
    expect(budgets.budgetOf('dns/main', main)).not.toBe(budget)
  })
})
