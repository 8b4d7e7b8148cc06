// Which destinations no proxy is for, in the words of NO_PROXY as Go's programs read them.
import { cidrContains, parseCidr, parseIpAddress, type IpAddress } from '../model/address.ts'

export interface Destination {
  /** A name or an address, the latter without brackets. */
  readonly host: string
  readonly port: number
}

type Rule = (host: string, port: number, address: IpAddress | undefined) => boolean

/** This machine is never reached through a proxy. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'].flatMap((text) => parseCidr(text) ?? [])

export function parseNoProxy(text: string): (destination: Destination) => boolean {
  const rules = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseRule)
  return ({ host, port }) => {
    const name = host.toLowerCase().replace(/\.$/, '')
    const address = parseIpAddress(name)
    if (name === 'localhost') return true
    if (address !== undefined && LOOPBACK.some((range) => cidrContains(range, address))) return true
    return rules.some((rule) => rule(name, port, address))
  }
}

function parseRule(entry: string): Rule {
  if (entry === '*') return () => true
  const range = parseCidr(entry)
  if (range !== undefined) return (_host, _port, address) => address !== undefined && cidrContains(range, address)
  const { host, port } = splitPort(entry)
  const only = parseIpAddress(host)
  if (only !== undefined) return (_host, asked, address) => address === only && (port === undefined || asked === port)
  // `example.com` is for the name itself, too; `.example.com` and `*.example.com` only for what is below it.
  const below = host.replace(/^\*?\.?/, '.')
  const itself = below === `.${host}` ? host : undefined
  return (name, asked) => (name === itself || name.endsWith(below)) && (port === undefined || asked === port)
}

/** An IPv6 address has colons of its own, unless it is in brackets. */
function splitPort(entry: string): { readonly host: string; readonly port: number | undefined } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  return { host: bracketed ?? plain ?? entry, port: port === undefined ? undefined : Number(port) }
}
