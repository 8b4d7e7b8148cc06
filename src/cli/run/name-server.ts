// The built-in name server: started when the first DNSProvider of type Builtin wants a zone, and never without one.
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { RunConfig } from '../../config/settings.ts'
import { startDnsServer, type DnsServer } from '../../dns/dns-server.ts'
import { FileZonePersistence } from '../../dns/file-zone-persistence.ts'
import { TerminalError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import type { ZoneSecondary } from '../../providers/builtin/zone-secondary.ts'
import { ZoneStore, type ZonePersistence, type ZoneSnapshot } from '../../providers/builtin/zone-store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { systemClock } from '../system-clock.ts'

export interface NameServer {
  /** Opens the zone and serves it; the same store again for the same zone. */
  openZone(zone: Fqdn): Promise<ZoneStore>
  /** From now on these zones are served, as far as they are open, and may be copied by these secondaries. What is in others stays. */
  serveZones(secondaries: ReadonlyMap<Fqdn, readonly ZoneSecondary[]>): void
  /** Serves nothing any more and forgets what is not on disk. May be opened again. */
  close(): Promise<void>
}

export interface NameServerOptions {
  readonly config: Pick<RunConfig, 'dnsHost' | 'dnsPort'>
  /** Undefined: zones are kept in memory alone. */
  readonly dataFolder: string | undefined
  /** In the place of files in that folder. */
  readonly persistence?: ZonePersistence
  readonly log: Logger
  readonly metrics: Metrics
}

/** One zone at the server, hosted anew when its secondaries are others. */
class Hosting {
  readonly #server: DnsServer
  readonly #store: ZoneStore
  #secondaries: readonly ZoneSecondary[] = []
  #end: (() => void) | undefined

  constructor(server: DnsServer, store: ZoneStore) {
    this.#server = server
    this.#store = store
  }

  serve(secondaries = this.#secondaries): void {
    if (this.#end !== undefined && isDeepStrictEqual(secondaries, this.#secondaries)) return
    this.#secondaries = secondaries
    const end = this.#end
    this.#end = this.#host()
    // Last, so that there is no moment without the zone.
    end?.()
  }

  rest(): void {
    this.#secondaries = []
    this.#end?.()
    this.#end = undefined
  }

  #host(): () => void {
    const nameServer = `ns.${this.#store.zone}` as Fqdn // A label before a name is a name.
    return this.#server.host({ served: this.#store, nameServers: [nameServer], secondaries: this.#secondaries })
  }
}

export function createNameServer(options: NameServerOptions): NameServer {
  const { config, dataFolder, log, metrics } = options
  const files = dataFolder === undefined ? undefined : new FileZonePersistence<ZoneSnapshot>(join(dataFolder, 'zones'))
  const persistence = options.persistence ?? files
  /** Also those that are not served at present: two stores of one zone would each overwrite what the other saved. */
  const stores = new Map<Fqdn, Promise<ZoneStore>>()
  const hostings = new Map<Fqdn, Hosting>()
  let server: Promise<DnsServer> | undefined

  const start = async (): Promise<DnsServer> => {
    const { dnsHost: host = '127.0.0.1', dnsPort: port } = config
    if (port === 0) {
      throw new TerminalError(
        'CannotListen',
        'the built-in name server is turned off: give it another --dns-port than 0',
      )
    }
    const started = await startDnsServer({ host, port, clock: systemClock, logger: log, metrics })
    log.info('name server ready', { host, port: started.port })
    return started
  }
  const open = async (zone: Fqdn): Promise<ZoneStore> => {
    // A zone that forgets everything at a restart begins with the time of day, or secondaries would think it older than theirs.
    const firstSerial = persistence === undefined ? Math.floor(systemClock.now() / 1000) : 1
    const store = await ZoneStore.open({ zone, firstSerial, ...(persistence && { persistence }) })
    server ??= start()
    hostings.set(zone, new Hosting(await server, store))
    return store
  }
  const openAnew = (zone: Fqdn): Promise<ZoneStore> => {
    const opening = open(zone)
    stores.set(zone, opening)
    opening.catch(() => {
      stores.delete(zone)
      server = undefined
    })
    return opening
  }
  return {
    async openZone(zone) {
      const store = await (stores.get(zone) ?? openAnew(zone))
      hostings.get(zone)?.serve()
      return store
    },
    serveZones(secondaries) {
      for (const [zone, hosting] of hostings) {
        const wanted = secondaries.get(zone)
        if (wanted === undefined) hosting.rest()
        else hosting.serve(wanted)
      }
    },
    close: async () => {
      const running = server
      stores.clear()
      hostings.clear()
      server = undefined
      await (await running?.catch(() => undefined))?.close()
    },
  }
}
