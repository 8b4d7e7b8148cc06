import type { Egress } from '../../egress/egress.ts'
import { TerminalError } from '../../model/errors.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import type { Fqdn } from '../../model/name.ts'
import type { CallGate } from '../call-gate.ts'
import { openTxtSession, type Ownership } from '../ownership/ownership.ts'
import type { Provider } from '../provider.ts'
import { servesZone, zonesOf } from './domain-filter.ts'
import { WebhookApi } from './webhook-api.ts'
import { WebhookZone } from './webhook-zone.ts'

export interface WebhookOptions {
  readonly endpoint: string
  /** The zones to serve; empty: those that the webhook names. */
  readonly zones: readonly Fqdn[]
  readonly ownership: Ownership
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs?: number
}

export function createWebhookProvider(options: WebhookOptions): Provider {
  const { endpoint, gate, egress, timeoutMs = LONGEST_CALL_MS } = options
  const api = new WebhookApi({ endpoint, gate, egress, timeoutMs })

  return {
    type: 'Webhook',
    async listZones(signal) {
      if (options.zones.length > 0) return options.zones.toSorted()
      const zones = zonesOf(await api.negotiate(signal))
      if (zones.length > 0) return zones
      throw new TerminalError('InvalidSpec', `${api.name} names no zones; name them in spec.zones of the DNSProvider`)
    },
    async openZone(zone, signal) {
      const filter = await api.negotiate(signal)
      if (!servesZone(filter, zone)) {
        const message = `${api.name} does not serve ${zone}; check its domain filter and spec.zones of the DNSProvider`
        throw new TerminalError('ZoneNotFound', message)
      }
      const configured = options.zones.length > 0 ? options.zones : zonesOf(filter)
      const raw = new WebhookZone({ zone, api, filter, zones: [...configured, zone] })
      return openTxtSession(raw, options.ownership)
    },
    close: () => api.close(),
  }
}
