// The contract's bench for a provider whose fake is an HTTP server.
import type { Fqdn } from '../../src/model/name.ts'
import type { RecordType } from '../../src/model/record-set.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { understood } from '../../src/providers/understood.ts'
import type { FakeAnswer, FakeRequest, HttpFake } from '../fakes/http-fake.ts'
import type { ProviderBench, Seed } from './provider-contract.ts'

export interface HttpBenchOptions {
  readonly zone: Fqdn
  readonly http: HttpFake
  /** A provider with this credential, which it asks for whenever it needs one. */
  readonly provider: (credential: () => string) => Provider
  /** Undefined for a protocol without any. */
  readonly credential: AcceptedCredential | undefined
  seed(set: Seed): void
  remove(name: string, type: RecordType): void
  peek(name: string, type: RecordType): readonly string[]
  readonly throttled: FakeAnswer
  /** The requests that faults are for; all when absent. */
  readonly isFaulty?: (request: FakeRequest) => boolean
  /** The calls that write, where that is not every one but GET. */
  readonly writes?: () => number
}

export interface AcceptedCredential {
  readonly value: string
  /** From now on the fake takes this one alone. */
  accept(value: string): void
  /** What must never be said, where that is another part of the credentials. */
  readonly secret?: string
}

const signal = new AbortController().signal

export function httpBench(options: HttpBenchOptions): ProviderBench {
  const { zone, http, provider, credential, isFaulty } = options
  let held = credential?.value ?? ''
  const next = `next-${held}`
  const countWrites = options.writes ?? ((): number => http.writes().length)
  return {
    zone,
    // As the factory hands them out.
    open: () => understood(provider(() => held)).openZone(zone, signal),
    openUnauthorised: () => provider(() => 'wrong').openZone(zone, signal),
    openMissing: () => provider(() => held).openZone('example.org' as Fqdn, signal),
    seed(...sets) {
      for (const set of sets) options.seed(set)
      return Promise.resolve()
    },
    remove: (name, type) => Promise.resolve(options.remove(name, type)),
    peek: (name, type) => Promise.resolve(options.peek(name, type)),
    calls: () => ({ reads: http.calls.length - countWrites(), writes: countWrites() }),
    fail: (fault, times) => http.fail(fault, times, isFaulty),
    onCall(hook) {
      http.onCall = (request): Promise<void> => hook(request.method !== 'GET')
    },
    damage: (mangle) => void (http.mangle = mangle),
    throttled: { kind: 'answer', answer: options.throttled },
    secret: credential === undefined ? undefined : (credential.secret ?? credential.value),
    rotation: credential && { revoke: () => credential.accept(next), renew: () => void (held = next) },
    stop: () => http.stop(),
  }
}
