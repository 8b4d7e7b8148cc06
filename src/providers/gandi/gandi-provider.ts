import type { Egress } from '../../egress/egress.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { parseStoredName } from '../../model/name.ts'
import type { CallGate } from '../call-gate.ts'
import { HttpClient } from '../http/http-client.ts'
import { openTxtSession, type Ownership } from '../ownership/ownership.ts'
import type { Provider } from '../provider.ts'
import { readPages } from './gandi-pages.ts'
import { classify, GandiZone } from './gandi-zone.ts'

const GANDI_ENDPOINT = 'https://api.gandi.net/v5/livedns'
const PAGE_SIZE = 100

export interface GandiOptions {
  readonly endpoint?: string
  /** A personal access token; asked for every call. */
  readonly token: () => string
  readonly ownership: Ownership
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs?: number
}

interface Domain {
  readonly fqdn: string
}

export function createGandiProvider(options: GandiOptions): Provider {
  const http = new HttpClient({
    name: 'Gandi',
    endpoint: options.endpoint ?? GANDI_ENDPOINT,
    headers: () => ({ authorization: `Bearer ${options.token()}` }),
    timeoutMs: options.timeoutMs ?? LONGEST_CALL_MS,
    throttleMs: 60_000,
    gate: options.gate,
    egress: options.egress,
  })
  return {
    type: 'Gandi',
    async listZones(signal) {
      const domains = await readPages<Domain>(
        {
          what: 'the list of domains at Gandi',
          ask: (query) => http.send({ method: 'GET', path: 'domains', query }, signal),
          parse: (answer) => {
            if (answer.status !== 200) throw classify(http, answer)
            return http.parseJson(answer) as readonly Domain[]
          },
          textOf: ({ fqdn }) => fqdn,
        },
        { per_page: String(PAGE_SIZE) },
      )
      return domains.flatMap(({ fqdn }) => parseStoredName(fqdn) ?? []).sort()
    },
    openZone(zone) {
      return Promise.resolve(openTxtSession(new GandiZone(zone, http), options.ownership))
    },
    close: () => http.close(),
  }
}
