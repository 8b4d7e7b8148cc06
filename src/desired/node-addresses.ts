import type { AddressSource } from '../api/generated/node-pool.ts'
import type { NodeObject } from '../api/node.ts'
import { familyOf, type IpAddress } from '../model/address.ts'
import { describeSpecialPurpose, isGloballyReachable } from '../model/reachability.ts'
import { labelValue } from '../api/label-selector.ts'
import { parseAddresses } from './parse-addresses.ts'

export interface NodeAddresses {
  /** IPv4 first; within a family in the order found, free of duplicates. */
  readonly addresses: readonly IpAddress[]
  /** What stands where an address should be and is none. */
  readonly unparsable: readonly string[]
  /** What may not be published, and why. */
  readonly refused: readonly string[]
}

/** For each family the first source that has a usable address decides; a refused address leaves the question to the next source. */
export function findNodeAddresses(
  node: NodeObject,
  sources: readonly AddressSource[],
  allowNonGlobal: boolean,
): NodeAddresses {
  const findings = sources.map((source) => readSource(node, source, allowNonGlobal))
  const addresses = (['IPv4', 'IPv6'] as const).flatMap((family) => {
    const ofFamily = findings.map((finding) => finding.addresses.filter((address) => familyOf(address) === family))
    return ofFamily.find((found) => found.length > 0) ?? []
  })
  return {
    addresses,
    unparsable: findings.flatMap(({ unparsable }) => unparsable),
    refused: findings.flatMap(({ refused }) => refused),
  }
}

export function describeSource({ type, key }: AddressSource): string {
  return key === undefined ? type : `${type.toLowerCase()} ${key}`
}

function readSource(node: NodeObject, source: AddressSource, allowNonGlobal: boolean): NodeAddresses {
  const name = describeSource(source)
  const { addresses, unparsable } = parseAddresses(listTexts(node, source))
  const isRefused = (address: IpAddress): boolean => !allowNonGlobal && !isGloballyReachable(address)
  return {
    addresses: addresses.filter((address) => !isRefused(address)),
    unparsable: unparsable.map((text) => `${name} ${text}`),
    refused: addresses.filter(isRefused).map((address) => `${name} ${address} (${describeSpecialPurpose(address)})`),
  }
}

function listTexts(node: NodeObject, { type, key = '' }: AddressSource): readonly string[] {
  if (type === 'ExternalIP' || type === 'InternalIP') {
    return node.addresses.filter((entry) => entry.type === type).map(({ address }) => address)
  }
  const text = labelValue(type === 'Annotation' ? node.annotations : node.labels, key) ?? ''
  const parts = text.split(',').map((part) => part.trim())
  return parts.filter((part) => part !== '')
}
