// An engine over a store and a zone in memory, on a simulated clock: whole stories in milliseconds.
import { onTestFinished } from 'vitest'
import type { ZoneReport } from '../../src/apply/zone-pass.ts'
import type { KindName } from '../../src/api/kinds.ts'
import { findCondition } from '../../src/api/conditions.ts'
import type { Fqdn } from '../../src/model/name.ts'
import type { OwnerId, RecordType } from '../../src/model/record-set.ts'
import { Detectors } from '../../src/observe/wan/detectors.ts'
import type { Detection } from '../../src/observe/wan/detection.ts'
import { parseIpAddress } from '../../src/model/address.ts'
import type { ProbeSpec } from '../../src/observe/health/probe-spec.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { Engine } from '../../src/reconcile/engine.ts'
import type { EnginePorts } from '../../src/reconcile/engine-ports.ts'
import { SILENT_LOGGER, type Logger } from '../../src/telemetry/logger.ts'
import { MemoryStore } from '../fakes/memory-store.ts'
import { MemoryZone, type MemoryZoneOptions } from '../fakes/memory-zone.ts'
import { SimulatedClock } from './simulated-clock.ts'

export interface EngineBench {
  readonly clock: SimulatedClock
  readonly store: MemoryStore
  readonly zone: MemoryZone
  readonly reports: ZoneReport[]
  /** What the world says: the WAN address (undefined: nobody answers), and what is wrong with an address that is probed. */
  readonly world: { wan: string | undefined; listing: Error | undefined; readonly ill: Map<string, string> }
  readonly valuesAt: (name: string, type?: RecordType) => readonly string[] | undefined
  /** `Ready=False NotOwned: …` of an object, or undefined where it is not there. */
  readonly ready: (kind: KindName, name: string, namespace?: string) => string | undefined
  readonly stop: () => Promise<void>
  /** Stops the engine and starts another over the same store and zone, as a restart does. */
  readonly restart: () => Promise<void>
}

export interface EngineOptions extends MemoryZoneOptions {
  readonly dryRun?: boolean
  readonly log?: Logger
  /** Told beside the reports. */
  readonly onUnavailable?: EnginePorts['hooks']['onUnavailable']
  /** Another world of DNS than the zone in memory. */
  readonly createProvider?: EnginePorts['createProvider']
  readonly openServedZone?: EnginePorts['openServedZone']
  readonly serveZones?: EnginePorts['serveZones']
}

/** Within a test, which stops it in the end. */
export function startEngine(options: EngineOptions = {}): EngineBench {
  const clock = new SimulatedClock(Date.parse('2026-11-21T03:00:00Z'))
  const store = new MemoryStore(clock)
  const zone = new MemoryZone({ probes: true, ...options })
  const reports: ZoneReport[] = []
  const world: EngineBench['world'] = { wan: '203.0.113.7', listing: undefined, ill: new Map() }
  const start = (): (() => Promise<void>) => {
    const detectors = new Detectors({
      ...{ clock, random: () => 0.5, listLocalAddresses: () => [] },
      detect: ({ family }) => Promise.resolve(detectionOf(world.wan, family)),
    })
    const ports: EnginePorts = {
      ...{ store, clock, detectors, writer: undefined, dryRun: options.dryRun ?? false },
      log: options.log ?? SILENT_LOGGER,
      random: () => 0.5,
      probe: ({ address }: ProbeSpec) => Promise.resolve(world.ill.get(address)),
      createProvider: options.createProvider ?? (() => memoryProvider(zone, world)),
      mayCall: () => true,
      nextId: () => 1,
      openServedZone: options.openServedZone ?? (() => Promise.reject(new Error('there is no name server here'))),
      serveZones: options.serveZones ?? (() => undefined),
      ownerId: 'cluster-1' as OwnerId,
      hooks: {
        onPass: (report) => void reports.push(report),
        ...(options.onUnavailable && { onUnavailable: options.onUnavailable }),
      },
    }
    const stopping = new AbortController()
    const ended = new Engine(ports).run(stopping.signal)
    return async () => {
      stopping.abort(new Error('stopped'))
      await ended
      await detectors.close()
    }
  }
  let stop = start()
  const bench: EngineBench = {
    ...{ clock, store, zone, reports, world },
    valuesAt: (name, type = 'A') =>
      zone.table.get({ name: name as Fqdn, type, setId: '' })?.values.map(({ value }) => value),
    ready: (kind, name, namespace = 'web') => {
      const stored = store.get(kind, { namespace, name })
      const ready = findCondition(stored?.status?.conditions ?? [], 'Ready')
      return ready && `${ready.status} ${ready.reason}: ${ready.message}`
    },
    stop: () => stop(),
    restart: async () => {
      await stop()
      stop = start()
    },
  }
  onTestFinished(() => bench.stop())
  return bench
}

function memoryProvider(zone: MemoryZone, world: EngineBench['world']): Provider {
  return {
    type: 'Memory',
    listZones: () => (world.listing === undefined ? Promise.resolve([zone.zone]) : Promise.reject(world.listing)),
    openZone: () => Promise.resolve(zone),
    close: () => Promise.resolve(),
  }
}

function detectionOf(text: string | undefined, family: Detection['family']): Detection {
  const address = text === undefined ? undefined : parseIpAddress(text)
  if (address !== undefined) return { kind: 'known', family, address, answers: [] }
  const message = 'no source answered'
  return { kind: 'unknown', family, reason: 'NoAnswer', summary: message, message, answers: [] }
}

/** As an apiserver does, this one takes its time for finalizers. */
export function slowDownFinalizers({ store, clock }: EngineBench, ms: number): void {
  const setFinalizer = store.setFinalizer.bind(store)
  store.setFinalizer = async (kind, seen, isPresent, signal = new AbortController().signal) => {
    await clock.sleep(ms, signal)
    await setFinalizer(kind, seen, isPresent, signal)
  }
}

/** From now on every write at the provider takes its time before it is made. */
export function slowDownWrites({ zone, clock }: Pick<EngineBench, 'zone' | 'clock'>, ms: number): void {
  const apply = zone.apply.bind(zone)
  zone.apply = async (batch) => {
    await clock.sleep(ms, new AbortController().signal)
    return apply(batch)
  }
}

/** A node that is as fine as can be. */
export function node(
  name: string,
  address: string,
  more: {
    readonly role?: string
    readonly taints?: readonly string[]
    readonly ready?: string
    readonly since?: number
    readonly created?: number
  } = {},
): unknown {
  const { role = 'edge', taints = [], ready = 'True' } = more
  const { created = Date.parse('2026-11-20T00:00:00Z'), since = created } = more
  return {
    metadata: { name, labels: { role }, creationTimestamp: new Date(created).toISOString() },
    spec: { taints: taints.map((key) => ({ key, effect: 'NoSchedule' })) },
    status: {
      addresses: [{ type: 'ExternalIP', address }],
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: new Date(since).toISOString() }],
    },
  }
}

export const PROVIDER = {
  kind: 'DNSProvider' as const,
  metadata: { name: 'main', namespace: 'web' },
  spec: { type: 'RFC2136', zones: ['example.com'], rfc2136: { server: '127.0.0.1:53' } },
}

export const POOL = {
  kind: 'NodePool' as const,
  metadata: { name: 'edge', namespace: 'web' },
  spec: { selector: { matchLabels: { role: 'edge' } }, allowNonGlobalAddresses: true },
}

export const WAN = {
  kind: 'WANAddress' as const,
  metadata: { name: 'home', namespace: 'web' },
  spec: { http: { urls: ['https://a.example.net', 'https://b.example.org'] }, allowNonGlobalCIDRs: ['203.0.113.0/24'] },
}

export function recordFor(
  name: string,
  target: object,
  spec: object = {},
  metadata: { readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> } = {},
): { readonly kind: 'DynamicDNSRecord'; readonly metadata: { readonly name: string }; readonly spec: object } {
  return {
    kind: 'DynamicDNSRecord',
    metadata: { name, ...metadata },
    spec: { hostnames: [`${name}.example.com`], targets: [target], ...spec },
  }
}
