// One name of a zone at two DNSProviders, as while a zone moves from one to the other.
import type { EnginePorts } from '../../src/reconcile/engine-ports.ts'
import { MemoryZone, type MemoryZoneOptions } from '../fakes/memory-zone.ts'
import type { EngineBench } from './engine-bench.ts'

const SERVERS = { main: '127.0.0.1:53', second: '127.0.0.2:53' } as const
export type ProviderName = keyof typeof SERVERS

export interface TwoProviders {
  readonly zones: Readonly<Record<ProviderName, MemoryZone>>
  readonly createProvider: EnginePorts['createProvider']
}

/** Both have a zone example.com of their own. */
export function createTwoProviders(ofSecond: MemoryZoneOptions = {}): TwoProviders {
  const zones = { main: new MemoryZone({ probes: true }), second: new MemoryZone({ probes: true, ...ofSecond }) }
  const createProvider: EnginePorts['createProvider'] = ({ zones: names, rfc2136 }) => ({
    type: 'Memory',
    listZones: () => Promise.resolve(names),
    openZone: () => Promise.resolve(rfc2136?.server === SERVERS.second ? zones.second : zones.main),
    close: () => Promise.resolve(),
  })
  return { zones, createProvider }
}

export function putTwoProviders({ store }: EngineBench): void {
  for (const [name, server] of Object.entries(SERVERS)) {
    store.put({
      kind: 'DNSProvider',
      metadata: { name, namespace: 'web' },
      spec: {
        ...{ type: 'RFC2136', zones: ['example.com'], rfc2136: { server } },
        allowedRecords: [{ namespaces: { from: 'All' } }],
      },
    })
  }
}

/** What answers for the name, at whichever of the two: `main A 192.0.2.1`. */
export function answersAt({ zones }: TwoProviders, name: string): readonly string[] {
  return Object.entries(zones).flatMap(([provider, { table }]) =>
    [...table.all()]
      .filter(({ key }) => key.name === name)
      .map(({ key, values }) => `${provider} ${key.type} ${values.map(({ value }) => value).join(' ')}`),
  )
}
