// Names to addresses: the hosts file, then DNS by queries that can be cancelled, and the system's own way for names that DNS does not know as they are.
// That way alone would not do: it cannot be cancelled and holds a thread for as long as the network is broken, just when it is needed most.
import { lookup, Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { familyOf, parseIpAddress, type AddressFamily, type IpAddress } from '../../model/address.ts'
import { untilAborted } from '../../model/until-aborted.ts'

/** Rejects when the name has no address of the family, or when aborted. */
export type ResolveName = (name: string, family: AddressFamily, signal: AbortSignal) => Promise<readonly IpAddress[]>

export interface NameResolverOptions {
  /** DNS servers instead of those of the machine, as `127.0.0.1:53`. */
  readonly servers?: readonly string[]
  readonly hostsFile?: string
  readonly lookUp?: (name: string, family: AddressFamily) => Promise<readonly string[]>
}

const QUERY_TIMEOUT_MS = 1000
const QUERY_TRIES = 3
const ABSENT: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA'])

export function createNameResolver(options: NameResolverOptions = {}): ResolveName {
  const { servers, hostsFile = '/etc/hosts', lookUp = lookUpBySystem } = options
  return async (name, family, signal) => {
    signal.throwIfAborted()
    const literal = parseIpAddress(name)
    if (literal !== undefined) return [literal]
    const listed = findInHosts(await readFile(hostsFile, 'utf8').catch(() => ''), name, family)
    if (listed.length > 0) return listed
    try {
      return parseAll(
        (await queryDns(name, family, servers, signal)) ?? (await untilAborted(lookUp(name, family), signal)),
      )
    } catch (error) {
      signal.throwIfAborted()
      const isAbsent = ABSENT.has(codeOf(error))
      throw new Error(isAbsent ? 'the name has no address of that family' : 'the name could not be resolved', {
        cause: error,
      })
    }
  }
}

/** Undefined when there is no such name; it may still exist with a search domain, or outside DNS. */
async function queryDns(
  name: string,
  family: AddressFamily,
  servers: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  // A resolver of its own knows the servers of this moment, and cancelling it cancels nothing else.
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES })
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await (family === 'IPv4' ? resolver.resolve4(name) : resolver.resolve6(name))
  } catch (error) {
    if (codeOf(error) === 'ENOTFOUND') return undefined
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function lookUpBySystem(name: string, family: AddressFamily): Promise<readonly string[]> {
  const found = await lookup(name, { family: family === 'IPv4' ? 4 : 6, all: true })
  return found.map(({ address }) => address)
}

function findInHosts(text: string, name: string, family: AddressFamily): readonly IpAddress[] {
  const addresses = text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().toLowerCase().split(/\s+/)
    return names.includes(name.toLowerCase()) ? [address] : []
  })
  return parseAll(addresses).filter((address) => familyOf(address) === family)
}

function parseAll(texts: readonly string[]): readonly IpAddress[] {
  return texts.map(parseIpAddress).filter((address) => address !== undefined)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
