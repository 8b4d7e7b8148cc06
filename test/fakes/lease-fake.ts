// One Lease with optimistic locking, as an apiserver keeps it, behind a network that loses and delays.
import type { Lease, LeaseDraft } from '../../src/store/kube/lease.ts'
import { TransientError } from '../../src/model/errors.ts'
import type { LeaseApi } from '../../src/store/kube/lease-tenure.ts'

/** What becomes of one call. */
export interface LeaseCallFate {
  /** On the way there and back. */
  readonly requestMs: number
  readonly answerMs: number
  /** `request`: it never arrives. `answer`: it is carried out, and nobody hears of it. */
  readonly lost?: 'request' | 'answer' | undefined
}

type Sleep = (ms: number) => Promise<void>

export class LeaseServer {
  lease: Lease | undefined
  #version = 0

  read(): Lease | undefined {
    return this.lease
  }

  create(draft: LeaseDraft): Lease {
    if (this.lease !== undefined) throw new TransientError('Conflict', 'the Lease exists')
    return this.#store(draft)
  }

  update(previous: Lease, draft: LeaseDraft): Lease {
    if (this.lease?.resourceVersion !== previous.resourceVersion)
      throw new TransientError('Conflict', 'the Lease is another version by now')
    return this.#store(draft)
  }

  /** The way of one client to the server. A call goes on when its caller has given up: the network knows no abort. */
  connect(fate: () => LeaseCallFate, sleep: Sleep): LeaseApi {
    const call = async <T>(carryOut: () => T): Promise<T> => {
      const { requestMs, answerMs, lost } = fate()
      await sleep(requestMs)
      if (lost === 'request') return new Promise<never>(() => undefined)
      const answer = attempt(carryOut)
      await sleep(answerMs)
      if (lost === 'answer') return new Promise<never>(() => undefined)
      return answer()
    }
    return {
      get: () => call(() => this.read()),
      create: (draft) => call(() => this.create(draft)),
      update: (previous, draft) => call(() => this.update(previous, draft)),
    }
  }

  #store(draft: LeaseDraft): Lease {
    this.#version += 1
    this.lease = { ...draft, resourceVersion: String(this.#version) }
    return this.lease
  }
}

/** Carried out now, thrown or returned when the answer arrives. */
function attempt<T>(carryOut: () => T): () => T {
  try {
    const value = carryOut()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}
