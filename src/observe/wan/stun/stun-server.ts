// STUN servers as people write them: `host:port`, `udp://host`, `tcp://[2001:db8::1]:3478`.
import { parseIpAddress } from '../../../model/address.ts'
import { formatHostPort } from '../../../model/host-port.ts'

export type StunTransport = 'UDP' | 'TCP'

export interface StunServer {
  /** A name in lower case, or an IP address without brackets. */
  readonly host: string
  readonly port: number
  /** Undefined: whatever transports the one who asks allows. */
  readonly transport: StunTransport | undefined
}

const DEFAULT_PORT = 3478
const SERVER = /^(?:(udp|tcp):\/\/)?(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/
const HOST_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/

/** Undefined when it names no server. */
export function parseStunServer(text: string): StunServer | undefined {
  const [, scheme, v6, name, digits] = SERVER.exec(text.toLowerCase()) ?? []
  const port = digits === undefined ? DEFAULT_PORT : Number(digits)
  const host = v6 === undefined ? parseName(name ?? '') : parseIpAddress(v6)
  if (host === undefined || port < 1 || port > 65_535) return undefined
  return { host, port, transport: scheme === undefined ? undefined : scheme === 'udp' ? 'UDP' : 'TCP' }
}

function parseName(text: string): string | undefined {
  const isName = text.length <= 253 && HOST_NAME.test(text)
  // What ends in a number is an address or a mistyped one; a resolver would read 10.1 as 10.0.0.1.
  if (!/(?:^|\.)\d+$/.test(text)) return isName ? text : undefined
  return parseIpAddress(text)
}

export function formatStunServer({ host, port, transport }: StunServer): string {
  const scheme = transport === undefined ? '' : `${transport.toLowerCase()}://`
  return `${scheme}${formatHostPort(host, port)}`
}
