import { TerminalError } from '../../model/errors.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import type { Fqdn } from '../../model/name.ts'
import type { CallGate } from '../call-gate.ts'
import { createOwnedSession } from '../ownership/owned-session.ts'
import type { Provider } from '../provider.ts'
import { DnsEndpointZone } from './dnsendpoint-zone.ts'
import { GatedCalls } from './gated-calls.ts'
import type { ResourceWriter } from './resource-writer.ts'

export interface DnsEndpointOptions {
  readonly writer: ResourceWriter
  /** Where external-dns looks for DNSEndpoints. */
  readonly namespace: string
  readonly zones: readonly Fqdn[]
  readonly gate: CallGate
  readonly timeoutMs?: number
}

export function createDnsEndpointProvider(options: DnsEndpointOptions): Provider {
  const { writer, namespace, zones, gate, timeoutMs = LONGEST_CALL_MS } = options
  const calls = new GatedCalls({ gate, timeoutMs })
  return {
    type: 'DNSEndpoint',
    listZones: () => Promise.resolve(zones.toSorted()),
    openZone(zone) {
      if (zones.includes(zone)) {
        const raw = new DnsEndpointZone({ zone, zones, namespace, writer, calls })
        return Promise.resolve(createOwnedSession(raw))
      }
      // Only external-dns knows the zones of its provider, and it does not tell.
      const message = `${zone} is no zone of this DNSProvider; name it in spec.zones`
      return Promise.reject(new TerminalError('ZoneNotFound', message))
    },
    close: () => Promise.resolve(),
  }
}
