// An Azure DNS fake with one zone, and ways to a provider and a session on it.
import { CONTRACT_OWNER, listAll, ownedSet } from '../contracts/provider-contract.ts'
import { plainOwnership } from './plain-ownership.ts'
import type { AzureFake } from '../fakes/azure-fake.ts'
import type { Fqdn } from '../../src/model/name.ts'
import type { StoredSet } from '../../src/model/record-set.ts'
import { OPEN_GATE } from '../../src/providers/call-gate.ts'
import type { Ownership } from '../../src/providers/ownership/ownership.ts'
import type { Provider, ZoneSession } from '../../src/providers/provider.ts'
import { createAzureProvider, type AzureOptions } from '../../src/providers/azure/azure-provider.ts'

export const zone = 'example.com' as Fqdn
export const MARK = 'stoa owner=contract-owner uid=11111111-2222-3333-4444-555555555555'
export const inMetadata = plainOwnership(CONTRACT_OWNER)
export const inTxt: Ownership = { ...inMetadata, registry: 'TXT' }
export const signal = new AbortController().signal

export function openProvider(
  fake: AzureFake,
  more: Partial<AzureOptions> = {},
  token = (): string => fake.token,
): Provider {
  const options: AzureOptions = {
    subscriptionID: fake.subscriptionID,
    resourceGroup: fake.resourceGroup,
    tenantID: '',
    endpoint: fake.http.url,
    ownership: inMetadata,
    gate: OPEN_GATE,
    timeoutMs: 1_500,
    ...more,
  }
  return createAzureProvider(options, { get: () => Promise.resolve(token()), forget: () => undefined })
}

export const www = (values: readonly string[]): StoredSet => ownedSet('www.example.com', 'A', values)

/** A session that has listed the zone, as the worker's has. */
export async function openListed(fake: AzureFake, more: Partial<AzureOptions> = {}): Promise<ZoneSession> {
  const session = await openProvider(fake, more).openZone(zone, signal)
  await listAll(session)
  return session
}
