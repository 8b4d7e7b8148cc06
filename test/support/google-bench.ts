// A Google Cloud DNS fake with one zone, and ways to a provider and a session on it.
import { CONTRACT_OWNER, listAll, ownedSet } from '../contracts/provider-contract.ts'
import { plainOwnership } from './plain-ownership.ts'
import type { GoogleFake } from '../fakes/google-fake.ts'
import type { Fqdn } from '../../src/model/name.ts'
import type { StoredSet } from '../../src/model/record-set.ts'
import { OPEN_GATE } from '../../src/providers/call-gate.ts'
import type { TokenSource } from '../../src/providers/http/access-token.ts'
import type { Provider, ZoneSession } from '../../src/providers/provider.ts'
import { createGoogleProvider, type GoogleOptions } from '../../src/providers/google/google-provider.ts'

export const zone = 'example.com' as Fqdn
export const ownership = plainOwnership(CONTRACT_OWNER)
export const signal = new AbortController().signal

export function openProvider(
  fake: GoogleFake,
  more: Partial<GoogleOptions> = {},
  token = (): string => fake.token,
): Provider {
  const tokens: TokenSource = { get: () => Promise.resolve(token()), forget: () => undefined }
  const options = {
    project: fake.project,
    endpoint: `${fake.http.url}/dns/v1`,
    ownership,
    gate: OPEN_GATE,
    timeoutMs: 1_500,
  }
  return createGoogleProvider({ ...options, ...more }, tokens)
}

export const www = (values: readonly string[], ttl?: number): StoredSet => ownedSet('www.example.com', 'A', values, ttl)

/** A session that has listed the zone, as the worker's has. */
export async function openListed(fake: GoogleFake): Promise<ZoneSession> {
  const session = await openProvider(fake).openZone(zone, signal)
  await listAll(session)
  return session
}
