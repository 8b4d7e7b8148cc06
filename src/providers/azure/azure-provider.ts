import type { Egress } from '../../egress/egress.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { parseStoredName } from '../../model/name.ts'
import type { CallGate } from '../call-gate.ts'
import { CAPABILITIES } from '../capabilities.ts'
import type { TokenSource } from '../http/access-token.ts'
import { openNoteSession, type Ownership } from '../ownership/ownership.ts'
import type { Provider } from '../provider.ts'
import { AzureApi } from './azure-api.ts'
import { createAzureTokens, type AzureApplication } from './azure-tokens.ts'
import { AzureZone, zoneNotFound } from './azure-zone.ts'

export interface AzureOptions {
  readonly subscriptionID: string
  readonly resourceGroup: string
  readonly tenantID: string
  readonly endpoint?: string
  /** Asked for every call. Undefined: the default chain of Azure's library. */
  readonly application?: () => AzureApplication
  /** Natively in the metadata of the sets. */
  readonly ownership: Ownership
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs?: number
}

interface AzureDnsZone {
  readonly name: string
  readonly properties: {
    /** Private zones of the first kind are listed here too; newer ones are a resource of another type. */
    readonly zoneType?: string
    readonly maxNumberOfRecordsPerRecordSet?: number | null
  }
}

export function createAzureProvider(options: AzureOptions, tokens?: TokenSource): Provider {
  const { endpoint, ownership, timeoutMs = LONGEST_CALL_MS } = options
  const source = tokens ?? createAzureTokens(options)
  const api = new AzureApi({ ...options, endpoint, timeoutMs, tokens: source })

  return {
    type: 'Azure',
    async listZones(signal) {
      const zones: AzureDnsZone[] = []
      for await (const page of api.pages<AzureDnsZone>('', signal)) zones.push(...page.filter(isPublic))
      return zones.flatMap(({ name }) => parseStoredName(name) ?? []).sort()
    },
    async openZone(zone, signal) {
      const answer = await api.send({ method: 'GET', path: `/${zone}` }, signal)
      if (answer.status === 404) throw zoneNotFound(zone, api)
      if (answer.status !== 200) throw api.classify(answer)
      const found = api.parse(answer) as AzureDnsZone
      if (!isPublic(found)) throw zoneNotFound(zone, api)
      const maxValues = found.properties.maxNumberOfRecordsPerRecordSet ?? CAPABILITIES.Azure.maxValues
      return openNoteSession(new AzureZone({ api, zone, maxValues }), ownership)
    },
    close: () => api.close(),
  }
}

function isPublic({ properties }: AzureDnsZone): boolean {
  return properties.zoneType !== 'Private'
}
