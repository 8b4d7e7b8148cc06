// The port through which DNSEndpoint resources are read and written, whatever holds them.
import type { Endpoint } from '../external-dns/endpoint.ts'

/** What else an object holds is kept when it is written back. */
export interface DnsEndpointObject {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    /** Absent: not created yet. */
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: { readonly endpoints?: readonly Endpoint[] }
}

/** `Conflict`: it is no longer that version, is gone, or is there already; nothing was done. */
export type WriteResult =
  { readonly kind: 'Written'; readonly object: DnsEndpointObject } | { readonly kind: 'Conflict' }

/**
 * Errors are the model's: terminal for a refusal (no such resource, no right, not admitted), waiting when throttled, transient for
 * an answer that was lost. All of them heed the signal.
 */
export interface ResourceWriter {
  /** Every object of the namespace, or an error. */
  list(namespace: string, signal: AbortSignal): Promise<readonly DnsEndpointObject[]>
  /** Creates it when it has no resourceVersion, and else replaces exactly that version. */
  apply(object: DnsEndpointObject, signal: AbortSignal): Promise<WriteResult>
  /** Deletes exactly this version. */
  delete(object: DnsEndpointObject, signal: AbortSignal): Promise<WriteResult>
}
