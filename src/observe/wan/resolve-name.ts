// Names to addresses, the way the machine does it (hosts file, search domains).
import { lookup } from 'node:dns/promises'
import { parseIpAddress, type AddressFamily, type IpAddress } from '../../model/address.ts'
import { describeFailure } from './describe-failure.ts'
import { untilAborted } from './until-aborted.ts'

/** Rejects when the name has no address of the family, or when aborted. */
export type ResolveName = (name: string, family: AddressFamily, signal: AbortSignal) => Promise<readonly IpAddress[]>

/** Lookups cannot be cancelled and hold a thread each, so one that hangs is shared rather than asked again. */
export function createNameResolver(): ResolveName {
  const running = new Map<string, Promise<readonly IpAddress[]>>()
  return (name, family, signal) => {
    const literal = parseIpAddress(name)
    if (literal !== undefined) return Promise.resolve([literal])
    const key = `${family} ${name}`
    const known = running.get(key)
    if (known !== undefined) return untilAborted(known, signal)
    const fresh = lookUp(name, family).finally(() => running.delete(key))
    running.set(key, fresh)
    return untilAborted(fresh, signal)
  }
}

async function lookUp(name: string, family: AddressFamily): Promise<readonly IpAddress[]> {
  try {
    const found = await lookup(name, { family: family === 'IPv4' ? 4 : 6, all: true })
    return found.map(({ address }) => parseIpAddress(address)).filter((address) => address !== undefined)
  } catch (error) {
    throw new Error(describeFailure(error), { cause: error })
  }
}
