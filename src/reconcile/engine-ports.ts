// What an engine is given: the world as ports, and where it tells what it does.
import type { Clock, Random } from '../model/clock.ts'
import type { ReconcileError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import type { OwnerId } from '../model/record-set.ts'
import type { Probe } from '../observe/health/probe-spec.ts'
import type { Detectors } from '../observe/wan/detectors.ts'
import type { ZoneRef } from '../model/zone.ts'
import type { ZoneReport } from '../apply/zone-pass.ts'
import type { ZoneSecondary } from '../providers/builtin/zone-secondary.ts'
import type { ZoneStore } from '../providers/builtin/zone-store.ts'
import type { Lesson } from '../providers/call-gate.ts'
import type { ProviderPorts, ProviderSettings } from '../providers/create-provider.ts'
import type { ResourceWriter } from '../providers/dnsendpoint/resource-writer.ts'
import type { Provider } from '../providers/provider.ts'
import type { KindName } from '../api/kinds.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface EnginePorts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly detectors: Detectors
  readonly probe: Probe
  readonly createProvider: (settings: ProviderSettings, ports: ProviderPorts) => Provider
  /** A DNS message id nobody can guess. */
  readonly nextId: () => number
  /** Where DNSEndpoint resources are written; undefined where there is no cluster. */
  readonly writer: ResourceWriter | undefined
  /** Opens a zone of the embedded name server, and serves it from then on. Rejects when what was saved cannot be read. */
  readonly openServedZone: (zone: Fqdn) => Promise<ZoneStore>
  /** From now on the name server serves these zones and no others, and these secondaries may copy them. */
  readonly serveZones: (secondaries: ReadonlyMap<Fqdn, readonly ZoneSecondary[]>) => void
  /** Who we are where a DNSProvider does not say otherwise. */
  readonly ownerId: OwnerId
  readonly dryRun: boolean
  /** Asked right before every call to a provider: false once another process may have taken over. */
  readonly mayCall: () => boolean
  readonly hooks: EngineHooks
}

/** For metrics and consoles. They must not throw. */
export interface EngineHooks {
  readonly onReconcile?: (kind: KindName, outcome: 'done' | ReconcileError['kind'], elapsedMs: number) => void
  readonly onStatusWrite?: (kind: KindName, outcome: 'written' | 'conflict' | 'failed') => void
  readonly onCall?: (providerType: string, outcome: Exclude<Lesson['kind'], 'unsent'>) => void
  readonly onPass?: (report: ZoneReport) => void
  /** A zone could not be opened or read; it is tried again. */
  readonly onUnavailable?: (zone: ZoneRef) => void
}
