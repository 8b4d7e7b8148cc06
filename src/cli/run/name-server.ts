// The built-in name server: started when the first DNSProvider of type Builtin wants a zone, and never without one.
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { RunConfig } from '../../config/settings.ts'
import { startDnsServer, type DnsServer } from '../../dns/dns-server.ts'
import { FileZonePersistence } from '../../dns/file-zone-persistence.ts'
import { TerminalError, TransientError } from '../../model/errors.ts'
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

/** What is served from the first zone that is opened until `close`. */
class Serving implements NameServer {
  readonly #options: NameServerOptions
  readonly #persistence: ZonePersistence | undefined
  /** Also those that are not served at present: two stores of one zone would each overwrite what the other saved. */
  readonly #stores = new Map<Fqdn, Promise<ZoneStore>>()
  readonly #hostings = new Map<Fqdn, Hosting>()
  #server: Promise<DnsServer> | undefined
  #isClosed = false

  constructor(options: NameServerOptions, persistence: ZonePersistence | undefined) {
    this.#options = options
    this.#persistence = persistence
  }

  async openZone(zone: Fqdn): Promise<ZoneStore> {
    const store = await (this.#stores.get(zone) ?? this.#openAnew(zone))
    this.#hostings.get(zone)?.serve()
    return store
  }

  serveZones(secondaries: ReadonlyMap<Fqdn, readonly ZoneSecondary[]>): void {
    for (const [zone, hosting] of this.#hostings) {
      const wanted = secondaries.get(zone)
      if (wanted === undefined) hosting.rest()
      else hosting.serve(wanted)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#hostings.clear()
    await (await this.#server?.catch(() => undefined))?.close()
  }

  #openAnew(zone: Fqdn): Promise<ZoneStore> {
    const opening = this.#open(zone)
    this.#stores.set(zone, opening)
    opening.catch(() => this.#stores.delete(zone))
    return opening
  }

  async #open(zone: Fqdn): Promise<ZoneStore> {
    const persistence = this.#persistence
    // A zone that begins with nothing may have been served before; secondaries would take a low serial for older than theirs.
    const firstSerial = Math.floor(systemClock.now() / 1000)
    const store = await ZoneStore.open({ zone, firstSerial, ...(persistence && { persistence }) })
    // The disk was slower than whoever closed: what starts now would never be stopped.
    this.#insistOnOpen()
    this.#server ??= this.#start()
    const server = await this.#server
    this.#insistOnOpen()
    this.#hostings.set(zone, new Hosting(server, store))
    return store
  }

  async #start(): Promise<DnsServer> {
    try {
      return await start(this.#options)
    } catch (error) {
      // A port that is taken may be free when the next zone comes.
      this.#server = undefined
      throw error
    }
  }

  #insistOnOpen(): void {
    if (this.#isClosed) throw new TransientError('CannotListen', 'the built-in name server was closed meanwhile')
  }
}

export function createNameServer(options: NameServerOptions): NameServer {
  const { dataFolder } = options
  const files = dataFolder === undefined ? undefined : new FileZonePersistence<ZoneSnapshot>(join(dataFolder, 'zones'))
  const begin = (): Serving => new Serving(options, options.persistence ?? files)
  let serving = begin()
  return {
    openZone: (zone) => serving.openZone(zone),
    serveZones: (secondaries) => serving.serveZones(secondaries),
    close() {
      const ended = serving
      serving = begin()
      return ended.close()
    },
  }
}

async function start({ config, log, metrics }: NameServerOptions): Promise<DnsServer> {
  const { dnsHost: host = '127.0.0.1', dnsPort: port } = config
  if (port === 0) {
    throw new TerminalError('CannotListen', 'the built-in name server is turned off: give it another --dns-port than 0')
  }
  const started = await startDnsServer({ host, port, clock: systemClock, logger: log, metrics })
  log.info('name server ready', { host, port: started.port })
  return started
}
