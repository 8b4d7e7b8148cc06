// Tells the secondaries of a zone that it changed (RFC 1996), again and again until they say that they heard, or there is newer to tell.
import { underSignals } from '../model/under-signals.ts'
import { createSocket } from 'node:dgram'
import { randomInt } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { formatHostPort } from '../model/host-port.ts'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { decodeMessage } from '../wire/decode-message.ts'
import { encodeMessage } from '../wire/encode-message.ts'
import type { Rcode } from '../wire/numbers.ts'
import { notifyMessage } from '../wire/query.ts'
import { signMessage } from '../wire/tsig-sign.ts'
import { soaRecord, type HostedZone, type Secondary } from './hosted-zone.ts'

/** Changes that come together are told once. */
const GATHER_MS = 100
const ATTEMPT_MS = [1_000, 2_000, 4_000, 8_000, 16_000]

const REMEDIES: Readonly<Partial<Record<Rcode, string>>> = {
  REFUSED:
    'let the secondary take notices from this server: BIND with primaries or allow-notify of the zone, Knot with an acl whose action is notify',
  NOTAUTH:
    'set the zone up on the secondary with this server as its primary, and give both the same key (name, algorithm and secret) where there is one',
  NOTIMP: 'let the secondary take notices, or have it look at the zone more often',
}
const OTHER_REMEDY = 'see what the log of the secondary says'

export interface NotifierOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Pick<Metrics, 'dnsNotifies'>
}

/** Tells them at once, since they may have missed what happened before. Returns what ends it. */
export function notifySecondaries(hosted: HostedZone, options: NotifierOptions): () => void {
  if (hosted.secondaries.length === 0) return () => undefined
  let round = new AbortController()
  let gathering = false
  const start = async (): Promise<void> => {
    // Whatever comes while changes gather is told with them: the notice is written when it is sent.
    if (gathering || !hosted.served.isWhole) return
    round.abort()
    round = new AbortController()
    const { signal } = round
    gathering = true
    await options.clock.sleep(GATHER_MS, signal).catch(() => undefined)
    gathering = false
    if (signal.aborted) return
    await Promise.all(hosted.secondaries.map((secondary) => tell(hosted, secondary, options, signal)))
  }
  const unsubscribe = hosted.served.onChange(() => void start())
  void start()
  return () => {
    unsubscribe()
    round.abort()
  }
}

/** Never rejects. */
async function tell(
  hosted: HostedZone,
  secondary: Secondary,
  { clock, metrics, logger }: NotifierOptions,
  signal: AbortSignal,
): Promise<void> {
  const { zone } = hosted.served
  const about = { zone, secondary: formatHostPort(secondary.host, secondary.port) }
  let refused: Rcode | undefined
  const hearRefusal = (rcode: Rcode): void => {
    // Each of the attempts may be refused, and most are for the same reason.
    if (refused !== rcode)
      logger.warn('secondary refused a notice', { ...about, rcode, remedy: REMEDIES[rcode] ?? OTHER_REMEDY })
    refused = rcode
  }
  try {
    for (const waitMs of ATTEMPT_MS) {
      const notice = composeNotice(hosted, secondary, clock.now())
      const limit = AbortSignal.timeout(waitMs)
      if (await underSignals([signal, limit], (attempt) => ask(secondary, notice, hearRefusal, attempt))) {
        metrics.dnsNotifies({ zone, outcome: 'acknowledged' })
        return
      }
      if (signal.aborted) return
    }
    metrics.dnsNotifies({ zone, outcome: 'failed' })
    // Not the end of the matter: it also looks by itself, as the SOA record says.
    if (refused === undefined) logger.warn('secondary did not acknowledge a notice', about)
  } catch (error) {
    logger.error('could not notify a secondary', { zone, error: String(error) })
  }
}

interface Notice {
  readonly id: number
  readonly bytes: Uint8Array
}

function composeNotice(hosted: HostedZone, { key }: Secondary, now: number): Notice {
  const id = randomInt(0x10000)
  const bytes = encodeMessage(notifyMessage(id, hosted.served.zone, soaRecord(hosted)))
  return { id, bytes: key === undefined ? bytes : signMessage(bytes, key, { time: Math.floor(now / 1_000) }).bytes }
}

/**
 * Whether it was acknowledged before the signal; who refuses may be put right until then. A forged acknowledgement costs a wait, not the
 * truth, so none is verified.
 */
function ask(
  { host, port }: Secondary,
  { id, bytes }: Notice,
  hearRefusal: (rcode: Rcode) => void,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    const finish = (acknowledged: boolean): void => {
      signal.removeEventListener('abort', giveUp)
      socket.removeAllListeners('message').close()
      resolve(acknowledged)
    }
    const giveUp = (): void => finish(false)
    signal.addEventListener('abort', giveUp, { once: true })
    // Word that nobody listens, or that no way leads there yet: whoever comes up in the meantime hears the next attempt.
    socket.on('error', () => undefined)
    socket.on('message', (answer) => {
      const rcode = readAnswer(answer, id)
      if (rcode === 'NOERROR') finish(true)
      else if (rcode !== undefined) hearRefusal(rcode)
    })
    // Not as the callback of `connect`, which is also called where there is no connection to send on.
    socket.on('connect', () => socket.send(bytes, () => undefined))
    socket.connect(port, host)
  })
}

/** Undefined for what is no answer to the notice. */
function readAnswer(bytes: Uint8Array, id: number): Rcode | undefined {
  try {
    const { response, opcode, rcode, ...answer } = decodeMessage(bytes)
    return response && answer.id === id && opcode === 'NOTIFY' ? rcode : undefined
  } catch {
    return undefined
  }
}
