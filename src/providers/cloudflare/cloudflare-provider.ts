import type { Egress } from '../../egress/egress.ts'
import { TerminalError } from '../../model/errors.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import type { CallGate } from '../call-gate.ts'
import type { Ownership } from '../ownership/ownership.ts'
import { TxtRegistry } from '../ownership/txt-registry.ts'
import type { Provider, ZoneSession } from '../provider.ts'
import { CloudflareApi } from './cloudflare-api.ts'
import { CloudflareSession } from './cloudflare-session.ts'

/** Operations one batch may hold; the free plan is held to the small number. */
const FREE_OPERATIONS = 200
const PAID_OPERATIONS = 3500

export interface CloudflareOptions {
  readonly endpoint?: string
  /** Zone ids by name: with them a token needs no right to list zones. */
  readonly zoneIDs?: Readonly<Record<string, string>>
  readonly token: () => string
  readonly ownership: Ownership
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs?: number
}

interface Zone {
  readonly id: string
  readonly name: string
  readonly status?: string
  readonly plan?: { readonly legacy_id?: string }
}

export function createCloudflareProvider(options: CloudflareOptions): Provider {
  const { endpoint, token, gate, egress, timeoutMs, zoneIDs = {} } = options
  const { id: ownerId, naming } = options.ownership
  const api = new CloudflareApi({ endpoint, token, gate, egress, ...(timeoutMs === undefined ? {} : { timeoutMs }) })

  const findZone = async (zone: Fqdn, signal: AbortSignal): Promise<Zone> => {
    const id = Object.hasOwn(zoneIDs, zone) ? zoneIDs[zone] : undefined
    if (id !== undefined) return { id, name: zone }
    const { result } = await api.call({ method: 'GET', path: 'zones', query: { name: zone } }, signal)
    // Whoever does not filter by name must not have the records of one zone written into another.
    const named = (result as readonly Zone[]).filter(({ name }) => parseStoredName(name) === zone)
    return chooseZone(zone, named)
  }

  return {
    type: 'Cloudflare',
    async listZones(signal) {
      const names: Fqdn[] = Object.keys(zoneIDs).flatMap((name) => parseStoredName(name) ?? [])
      if (names.length > 0) return names.sort()
      for await (const { items } of api.pages({ method: 'GET', path: 'zones', query: { per_page: '50' } }, signal)) {
        names.push(...(items as readonly Zone[]).flatMap(({ name }) => parseStoredName(name) ?? []))
      }
      return [...new Set(names)].sort()
    },
    async openZone(zone, signal): Promise<ZoneSession> {
      const { id, plan } = await findZone(zone, signal)
      const paid = plan?.legacy_id !== undefined && plan.legacy_id !== 'free'
      const operationsPerBatch = paid ? PAID_OPERATIONS : FREE_OPERATIONS
      const marks = new TxtRegistry({ zone, naming })
      return new CloudflareSession({ api, zone, zoneId: id, ownerId, operationsPerBatch, marks })
    },
    close: () => api.close(),
  }
}

/** Several accounts may have a zone of one name. The world asks the active one; another may be left from a move, or be prepared for one. */
function chooseZone(zone: Fqdn, found: readonly Zone[]): Zone {
  const active = found.filter(({ status }) => status === 'active')
  const [chosen, ...others] = found.length === 1 ? found : active
  if (chosen !== undefined && others.length === 0) return chosen
  if (found.length > 0) {
    throw new TerminalError(
      'InvalidSpec',
      `Cloudflare has several zones ${zone} for this token, of which ${active.length} are active; choose one by its id in spec.cloudflare.zoneIDs`,
    )
  }
  throw new TerminalError(
    'ZoneNotFound',
    `Cloudflare has no zone ${zone} for this token; add the zone, give the token rights for it, or set spec.cloudflare.zoneIDs`,
  )
}
