// What only the world knows, as something that can be planned with: each source that is not looked at gets addresses that stand for it,
// and in the finished plan they read as words.
import type { AddressFamily, IpAddress } from '../model/address.ts'
import { compareText } from '../model/record-set.ts'

export interface SymbolSource {
  readonly kind: 'WANAddress' | 'NodePool' | 'Service'
  readonly namespace: string
  readonly name: string
}

/** Begins the name of the one member that stands for all members of a pool of which none is known. */
const MEMBER_PREFIX = 'stoa--members--of--'
/** 0.0.0.0/8 and 100::/64 are nobody's: no answer ever has an address from there. */
const STANDING_IN = /(?<![\w.:])(?:0\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\d)|100::[0-9a-f]+:[0-9a-f]+(?![\w:]))/g

const WORDS: Readonly<Record<SymbolSource['kind'], (name: string) => string>> = {
  WANAddress: (name) => `the WAN address ${name}`,
  NodePool: (name) => `the members of pool ${name}`,
  Service: (name) => `Service ${name}`,
}

export class SymbolicAddresses {
  readonly #sources = new Map<string, SymbolSource>()
  readonly #numbers = new Map<string, number>()

  /** The same address for the same source and family, every time. */
  addressOf(source: SymbolSource, family: AddressFamily): IpAddress {
    const number = this.#numberOf(source)
    return family === 'IPv4' ? toIPv4(number) : toIPv6(number)
  }

  /** What the addresses stand for, in words as short as they can be without two sources reading alike. */
  words(): (text: string) => string {
    const sources = [...this.#sources.values()]
    const byAddress = new Map<string, string>()
    const names = countTexts(sources.flatMap(({ kind, name }) => [kind, `${kind} ${name}`]))
    for (const source of sources) {
      const words = describe(source, names)
      for (const family of ['IPv4', 'IPv6'] as const) byAddress.set(this.addressOf(source, family), words)
    }
    return (text) =>
      text
        .replace(STANDING_IN, (address) => byAddress.get(address) ?? address)
        .replaceAll(new RegExp(`${MEMBER_PREFIX}\\d+`, 'g'), '{member}')
  }

  /** Sources that were asked for, sorted. */
  sources(): readonly SymbolSource[] {
    return [...this.#sources.values()].sort((a, b) => compareText(textOf(a), textOf(b)))
  }

  /** What the one member is called that stands for all of them. */
  memberName(source: SymbolSource): string {
    return `${MEMBER_PREFIX}${this.#numberOf(source)}`
  }

  #numberOf(source: SymbolSource): number {
    const text = textOf(source)
    const number = this.#numbers.get(text) ?? this.#numbers.size + 1
    this.#numbers.set(text, number)
    this.#sources.set(text, source)
    return number
  }
}

/** `counts`: of sources of a kind, and of a kind and name. */
function describe({ kind, namespace, name }: SymbolSource, counts: ReadonlyMap<string, number>): string {
  if (kind === 'WANAddress' && counts.get(kind) === 1) return 'the WAN address'
  return WORDS[kind](counts.get(`${kind} ${name}`) === 1 ? name : `${namespace}/${name}`)
}

function countTexts(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

function textOf({ kind, namespace, name }: SymbolSource): string {
  return `${kind} ${namespace}/${name}`
}

// Both are canonical as they are built, so that parsing them would change nothing.

function toIPv4(number: number): IpAddress {
  return `0.${(number >> 16) & 0xff}.${(number >> 8) & 0xff}.${number & 0xff}` as IpAddress
}

/** In two groups of which the first is never zero. */
function toIPv6(number: number): IpAddress {
  return `100::${(1 + (number >> 16)).toString(16)}:${(number & 0xffff).toString(16)}` as IpAddress
}
