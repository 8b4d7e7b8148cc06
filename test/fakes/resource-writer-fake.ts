// Stands for a Kubernetes API that holds DNSEndpoint resources: versions, conflicts, rights, admission. Left out: watches, paging,
// field managers and server-side apply, quotas. Objects go in and out as copies, as they do over the wire.
import { TerminalError, TransientError, WaitingError } from '../../src/model/errors.ts'
import type { DnsEndpointObject, ResourceWriter, WriteResult } from '../../src/providers/dnsendpoint/resource-writer.ts'
import type { Fault } from './http-fake.ts'

const CONFLICT: WriteResult = { kind: 'Conflict' }

export class ResourceWriterFake implements ResourceWriter {
  reads = 0
  writes = 0
  /** What somebody else does before a call is served. */
  onCall: (() => Promise<void>) | undefined
  /** As for an account without rights. */
  forbidden = false
  /** An admission policy of the cluster. */
  admits: (object: DnsEndpointObject) => boolean = () => true
  readonly #objects = new Map<string, DnsEndpointObject>()
  #version = 0
  #faults: { readonly fault: Fault; left: number }[] = []

  get objects(): readonly DnsEndpointObject[] {
    return [...this.#objects.values()]
  }

  fail(fault: Fault, times = 1): void {
    this.#faults.push({ fault, left: times })
  }

  /** Somebody else writes an object, whatever its version. */
  put(object: DnsEndpointObject): void {
    const resourceVersion = String((this.#version += 1))
    const stored = structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion } })
    this.#objects.set(keyOf(object), stored)
  }

  removeByHand(namespace: string, name: string): void {
    this.#objects.delete(`${namespace}/${name}`)
  }

  list(namespace: string, signal: AbortSignal): Promise<readonly DnsEndpointObject[]> {
    this.reads += 1
    return this.#answer(signal, () =>
      structuredClone(this.objects.filter(({ metadata }) => metadata.namespace === namespace)),
    )
  }

  apply(object: DnsEndpointObject, signal: AbortSignal): Promise<WriteResult> {
    this.writes += 1
    return this.#answer(signal, () => {
      if (!this.admits(object)) throw new TerminalError('ProviderRefused', 'a policy of the cluster refuses the object')
      const present = this.#objects.get(keyOf(object))
      if (present?.metadata.resourceVersion !== object.metadata.resourceVersion) return CONFLICT
      this.put(object)
      return { kind: 'Written', object: structuredClone(this.#objects.get(keyOf(object)) ?? object) }
    })
  }

  delete(object: DnsEndpointObject, signal: AbortSignal): Promise<WriteResult> {
    this.writes += 1
    return this.#answer(signal, () => {
      const present = this.#objects.get(keyOf(object))
      if (present === undefined || present.metadata.resourceVersion !== object.metadata.resourceVersion) return CONFLICT
      this.#objects.delete(keyOf(object))
      return { kind: 'Written', object: present }
    })
  }

  async #answer<Result>(signal: AbortSignal, serve: () => Result): Promise<Result> {
    await this.onCall?.()
    signal.throwIfAborted()
    const fault = this.#takeFault()
    if (fault?.kind === 'hang') return untilAborted(signal)
    if (fault?.kind === 'answer') throw errorOf(fault.answer.status)
    if (fault?.kind === 'refuse') throw new TransientError('ProviderUnavailable', 'the Kubernetes API is not there')
    if (this.forbidden) throw new TerminalError('CredentialsInvalid', 'Stoa may not list or write DNSEndpoints here')
    const result = serve()
    if (fault?.kind === 'lose-answer') throw new TransientError('ProviderUnavailable', 'the connection broke')
    return result
  }

  #takeFault(): Fault | undefined {
    const planned = this.#faults.find(({ left }) => left > 0)
    if (planned !== undefined) planned.left -= 1
    return planned?.fault
  }
}

function errorOf(status: number): Error {
  return status === 429
    ? new WaitingError('RateLimited', 'the Kubernetes API limits the rate of requests', 1000)
    : new TransientError('ProviderUnavailable', `the Kubernetes API answered with a server error (${status})`)
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

function keyOf({ metadata: { namespace, name } }: DnsEndpointObject): string {
  return `${namespace}/${name}`
}
