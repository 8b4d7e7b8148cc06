import ipaddr from 'ipaddr.js'

declare const ipAddressBrand: unique symbol
/** An IP address in canonical text form: dotted quad, or RFC 5952 for IPv6. Equal addresses are equal strings. */
export type IpAddress = string & { readonly [ipAddressBrand]: true }

export type AddressFamily = 'IPv4' | 'IPv6'

declare const cidrBrand: unique symbol
/** A range of addresses in canonical text form, host bits cleared. */
export type Cidr = string & { readonly [cidrBrand]: true }

const DOTTED_QUAD = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

/** Reads an address as Kubernetes does: no leading zeros, no zone identifier, no surrounding space. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (DOTTED_QUAD.test(text)) return text as IpAddress
  // ipaddr.js also accepts IPv4 shorthands and zone identifiers; neither names one address everywhere.
  if (!text.includes(':') || text.includes('%') || text.length > 45) return undefined
  const groups = spellOutQuad(text)
  if (groups === undefined || !ipaddr.IPv6.isValid(groups)) return undefined
  return ipaddr.IPv6.parse(groups).toRFC5952String() as IpAddress
}

/** `::ffff:192.0.2.1` as `::ffff:c000:201`: ipaddr.js reads any such ending as an IPv4-mapped address, and octal numbers in it. */
function spellOutQuad(text: string): string | undefined {
  if (!text.includes('.')) return text
  const [, head = '', quad = ''] = /^(.*:)([^:]*)$/.exec(text) ?? []
  if (!DOTTED_QUAD.test(quad)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number)
  return `${head}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

export function familyOf(address: IpAddress): AddressFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4'
}

export function parseCidr(text: string): Cidr | undefined {
  const [base = '', bits = '', ...rest] = text.split('/')
  const address = parseIpAddress(base)
  if (address === undefined || rest.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(bits)) return undefined
  const width = familyOf(address) === 'IPv4' ? 32 : 128
  if (Number(bits) > width) return undefined
  const network = width === 32 ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text)
  const canonical = network instanceof ipaddr.IPv6 ? network.toRFC5952String() : network.toString()
  return `${canonical}/${bits}` as Cidr
}

export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  return findContaining([{ cidr }], address) !== undefined
}

/** The first of the ranges that contains the address; it is parsed once, however many ranges there are. */
export function findContaining<Range extends { readonly cidr: Cidr }>(
  ranges: readonly Range[],
  address: IpAddress,
): Range | undefined {
  const parsed = ipaddr.parse(address)
  return ranges.find(({ cidr }) => {
    const [network, bits] = parsedCidr(cidr)
    return parsed.kind() === network.kind() && parsed.match(network, bits)
  })
}

const parsedCidrs = new Map<Cidr, readonly [ipaddr.IPv4 | ipaddr.IPv6, number]>()

/** Ranges come from a handful of specs and are asked about for every address, so the parsed form is kept. */
function parsedCidr(cidr: Cidr): readonly [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const known = parsedCidrs.get(cidr)
  if (known !== undefined) return known
  const parsed = ipaddr.parseCIDR(cidr)
  if (parsedCidrs.size > 4096) parsedCidrs.clear()
  parsedCidrs.set(cidr, parsed)
  return parsed
}
