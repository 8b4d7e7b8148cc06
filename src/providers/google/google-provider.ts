import type { Egress } from '../../egress/egress.ts'
import { TerminalError } from '../../model/errors.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import type { CallGate } from '../call-gate.ts'
import type { TokenSource } from '../http/access-token.ts'
import { openTxtSession, type Ownership } from '../ownership/ownership.ts'
import type { Provider } from '../provider.ts'
import { GoogleApi } from './google-api.ts'
import { parseLimits, type GoogleLimits, type GoogleQuota } from './google-limits.ts'
import { createGoogleTokens } from './google-tokens.ts'
import { GoogleZone, zoneNotFound } from './google-zone.ts'

export interface GoogleOptions {
  readonly project: string
  readonly endpoint?: string
  /** The key file of a service account; asked for every call. Undefined: Google's application default credentials. */
  readonly serviceAccountJSON?: () => string
  readonly ownership: Ownership
  readonly gate: CallGate
  readonly egress?: Egress | undefined
  readonly timeoutMs?: number
}

interface ManagedZone {
  readonly name: string
  readonly dnsName: string
  readonly visibility?: string
}

export function createGoogleProvider(options: GoogleOptions, tokens?: TokenSource): Provider {
  const { project, endpoint, gate, egress, ownership, timeoutMs = LONGEST_CALL_MS } = options
  const api = new GoogleApi({
    project,
    endpoint,
    gate,
    egress,
    timeoutMs,
    tokens: tokens ?? createGoogleTokens({ ...options, timeoutMs }),
  })

  const listPublic = async (query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ManagedZone[]> => {
    const found: ManagedZone[] = []
    for await (const page of api.pages<ManagedZone>({ path: '/managedZones', query }, 'managedZones', signal))
      found.push(...page.filter(({ visibility }) => visibility !== 'private'))
    return found
  }

  return {
    type: 'Google',
    async listZones(signal) {
      const zones = await listPublic({}, signal)
      const names = zones.flatMap(({ dnsName }) => parseStoredName(dnsName) ?? [])
      return [...new Set(names)].sort()
    },
    async openZone(zone, signal) {
      const managedZone = pickZone(await listPublic({ dnsName: `${zone}.` }, signal), zone, project)
      const limits = await readLimits(api, signal)
      return openTxtSession(new GoogleZone({ api, zone, managedZone, limits }), ownership)
    },
    close: () => api.close(),
  }
}

function pickZone(found: readonly ManagedZone[], zone: Fqdn, project: string): string {
  const [first, ...others] = found.map(({ name }) => name).sort()
  if (first === undefined) throw zoneNotFound(zone, project)
  if (others.length === 0) return first
  throw new TerminalError(
    'InvalidSpec',
    `project ${project} has several public managed zones ${zone} (${[first, ...others].join(', ')}), and only one can be ` +
      'the one that is delegated to; remove the others',
  )
}

/** Who may write records need not be allowed to read the project. */
async function readLimits(api: GoogleApi, signal: AbortSignal): Promise<GoogleLimits> {
  const answer = await api.send({ method: 'GET', path: '' }, signal)
  if (answer.status === 200) return parseLimits((api.parse(answer) as { readonly quota?: GoogleQuota }).quota ?? {})
  const error = api.classify(answer)
  if (answer.status === 403 && error.reason === 'CredentialsInvalid') return parseLimits({})
  throw error
}
