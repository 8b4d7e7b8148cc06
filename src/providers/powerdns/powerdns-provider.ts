import type { Egress } from '../../egress/egress.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { parseStoredName } from '../../model/name.ts'
import type { CallGate } from '../call-gate.ts'
import { HttpClient } from '../http/http-client.ts'
import { openNoteSession, type Ownership } from '../ownership/ownership.ts'
import type { Provider } from '../provider.ts'
import { classify, PowerDnsZone } from './powerdns-zone.ts'

export interface PowerDnsOptions {
  readonly endpoint: string
  readonly serverID: string
  readonly apiKey: () => string
  readonly ownership: Ownership
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs?: number
}

interface ZoneSummary {
  readonly name: string
  readonly soa_edit_api?: string
}

/** Values of `soa_edit_api` by which each change moves the serial by one, but for the first of a day. */
const COUNTING: readonly string[] = ['DEFAULT', 'INCREASE']

export function createPowerDnsProvider(options: PowerDnsOptions): Provider {
  const http = new HttpClient({
    name: 'PowerDNS',
    endpoint: options.endpoint,
    headers: () => ({ 'x-api-key': options.apiKey() }),
    timeoutMs: options.timeoutMs ?? LONGEST_CALL_MS,
    gate: options.gate,
    egress: options.egress,
  })
  const zones = `api/v1/servers/${encodeURIComponent(options.serverID)}/zones`

  return {
    type: 'PowerDNS',
    async listZones(signal) {
      const answer = await http.sendOk({ method: 'GET', path: zones }, signal)
      const names = (http.parseJson(answer) as readonly ZoneSummary[]).flatMap(
        ({ name }) => parseStoredName(name) ?? [],
      )
      return names.sort()
    },
    async openZone(zone, signal) {
      const path = `${zones}/${zone}.`
      const answer = await http.send({ method: 'GET', path, query: { rrsets: 'false' } }, signal)
      if (answer.status !== 200) throw classify({ zone, http }, answer)
      const { soa_edit_api: editing = '' } = http.parseJson(answer) as ZoneSummary
      const raw = new PowerDnsZone({ zone, http, path, serialCounts: COUNTING.includes(editing.toUpperCase()) })
      return openNoteSession(raw, options.ownership)
    },
    close: () => http.close(),
  }
}
