// Under which names a server may be asked. A page in a browser can make a name of its own mean this machine (DNS rebinding), and would then
// read what is served here as if it were its own; an address, or a name that nobody else can have, it cannot.
import { isIP } from 'node:net'

export interface HostGuardOptions {
  /** Where the server listens. */
  readonly host: string
  /** Names it is reached under, given by whoever runs it; undefined: any, unless it listens on loopback. */
  readonly names: readonly string[] | undefined
}

/** Judges the Host header of a request. */
export type HostGuard = (header: string | undefined) => boolean

export function createHostGuard({ host, names }: HostGuardOptions): HostGuard {
  if (names === undefined && !isLoopback(host)) return () => true
  const known = new Set(names?.map((name) => name.toLowerCase()))
  // Every browser sends the header.
  return (header) => header === undefined || isTrusted(nameIn(header), known)
}

/** For what is scraped under any name, as that of a Service, wherever it can be reached from outside. */
export function createLoopbackGuard(options: HostGuardOptions): HostGuard {
  return isLoopback(options.host) ? createHostGuard(options) : () => true
}

function isLoopback(host: string): boolean {
  return isLocalName(host) || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function isTrusted(name: string, known: ReadonlySet<string>): boolean {
  return isIP(name) !== 0 || isLocalName(name) || known.has(name)
}

/** What browsers never look up (RFC 6761 §6.3). */
function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}

/** Without port, brackets and the dot of a full name. */
function nameIn(header: string): string {
  return header
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
