// The built-in name server: authoritative for its zones over UDP and TCP, with transfers and notices for secondaries.
import type { Clock } from '../model/clock.ts'
import { TransientError } from '../model/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { decodeHeader } from '../wire/decode-message.ts'
import { encodeMessage } from '../wire/encode-message.ts'
import { replyTo } from '../wire/query.ts'
import { handleMessage, type Handling } from './handle-message.ts'
import type { HostedZone } from './hosted-zone.ts'
import { notifySecondaries } from './notifier.ts'
import { listenTcp, TCP_LIMITS, type TcpLimits } from './tcp-listener.ts'
import { listenUdp, type Endpoint, type Listener } from './udp-listener.ts'
import { ZoneDirectory } from './zone-directory.ts'

export interface DnsServerOptions extends Endpoint {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Pick<Metrics, 'dnsQueries' | 'dnsTransfers' | 'dnsNotifies'>
  readonly tcpLimits?: TcpLimits
}

export interface DnsServer {
  /** The same for UDP and TCP. */
  readonly port: number
  /** Serves the zone from now on, and tells its secondaries. Returns what ends that. */
  host(hosted: HostedZone): () => void
  /** Safe to call twice. */
  close(): Promise<void>
}

const PORT_ATTEMPTS = 20

export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const directory = new ZoneDirectory()
  const hosting = new Map<HostedZone, () => void>()
  const handle = createHandler(options, directory)
  const listeners = await listenBoth(options, handle)
  const close = async (): Promise<void> => {
    for (const end of [...hosting.values()]) end()
    await Promise.all([listeners.udp.close(), listeners.tcp.close()])
  }
  let closed: Promise<void> | undefined
  return {
    port: listeners.tcp.port,
    host(hosted) {
      const remove = directory.add(hosted)
      const silence = notifySecondaries(hosted, options)
      const end = (): void => {
        remove()
        silence()
        hosting.delete(hosted)
      }
      hosting.set(hosted, end)
      return end
    },
    close: () => (closed ??= close()),
  }
}

type Handle = (transport: 'UDP' | 'TCP', bytes: Uint8Array, client: string) => Iterable<Uint8Array>

function createHandler({ clock, logger, metrics }: DnsServerOptions, zones: ZoneDirectory): Handle {
  return function* (transport, bytes, client) {
    const time = (): number => Math.floor(clock.now() / 1_000)
    let handling: Handling
    try {
      handling = handleMessage(bytes, { transport, client, zones, time })
    } catch (error) {
      logger.error('could not answer a DNS question', { transport, error: String(error) })
      handling = { kind: 'reply', bytes: serverFailure(bytes), outcome: 'SERVFAIL' }
    }
    if (handling.kind === 'transfer') {
      yield* countTransfer(handling, metrics)
      return
    }
    metrics.dnsQueries({ transport, rcode: handling.kind === 'silence' ? 'NONE' : handling.outcome })
    if (handling.kind === 'reply') yield handling.bytes
  }
}

/** A transfer that its client does not take to the end has failed: whoever sends it just stops asking for more. */
function* countTransfer(
  { zone, messages }: Extract<Handling, { readonly kind: 'transfer' }>,
  metrics: Pick<Metrics, 'dnsTransfers'>,
): Iterable<Uint8Array> {
  let outcome: 'sent' | 'failed' = 'failed'
  try {
    yield* messages
    outcome = 'sent'
  } finally {
    metrics.dnsTransfers({ zone, outcome })
  }
}

function serverFailure(bytes: Uint8Array): Uint8Array {
  const nothing = { questions: [], answers: [], authorities: [], additionals: [] }
  return encodeMessage(replyTo({ ...decodeHeader(bytes), ...nothing }, 'SERVFAIL'))
}

interface Listeners {
  readonly tcp: Listener
  readonly udp: Listener
}

async function listenBoth(options: DnsServerOptions, handle: Handle): Promise<Listeners> {
  for (let attempt = 1; ; attempt += 1) {
    const tcp = await listenTcp(options, options.tcpLimits ?? TCP_LIMITS, (bytes, client) =>
      handle('TCP', bytes, client),
    ).catch((error: unknown) => fail(options, 'TCP', error))
    try {
      // The port that TCP was given may be taken for UDP: then another is tried.
      const udp = await listenUdp({ host: options.host, port: tcp.port }, (bytes, client) => {
        const [reply] = handle('UDP', bytes, client)
        return reply
      })
      return { tcp, udp }
    } catch (error) {
      await tcp.close()
      if (options.port !== 0 || attempt === PORT_ATTEMPTS) fail(options, 'UDP', error)
    }
  }
}

function fail({ host, port }: Endpoint, transport: string, cause: unknown): never {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const why =
    code === 'EADDRINUSE'
      ? 'the port is taken; choose another'
      : code === 'EACCES'
        ? 'ports below 1024 need the right to them (CAP_NET_BIND_SERVICE); grant it or choose another'
        : String(cause)
  // A port that is taken now may be free later.
  throw new TransientError(
    'CannotListen',
    `the DNS server cannot listen on ${host} port ${port} (${transport}): ${why}`,
    { cause },
  )
}
