// `fetch` as libraries take it, on connections that leave as everything else to a provider does.
import { Agent, fetch as fetchBy } from 'undici'
import { createConnector } from './create-connector.ts'
import type { Egress } from './egress.ts'

export function createFetch(egress: Egress, timeoutMs: number): typeof fetch {
  const dispatcher = new Agent({ connect: createConnector({ ...egress, timeoutMs, tls: { ca: egress.ca } }) })
  // The types of Node are those of an undici of its own.
  return ((input: string | URL, init?: object) => fetchBy(input, { ...init, dispatcher })) as unknown as typeof fetch
}
