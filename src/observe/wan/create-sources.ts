import { familyOf, parseIpAddress, type IpAddress } from '../../model/address.ts'
import { describeRefusal } from './admit-address.ts'
import type { DetectPorts } from './detect-ports.ts'
import type { WanSource } from './detection.ts'
import type { DetectionSpec } from './detection-spec.ts'
import { createCheckServiceSource } from './http/check-service-source.ts'
import { hostOf } from './http/service-url.ts'
import { createInterfaceSource } from './interface-source.ts'
import { chooseServers } from './stun/choose-servers.ts'
import type { StunServer } from './stun/stun-server.ts'
import { createStunSource } from './stun/stun-source.ts'

/** Everyone there is to ask about one family. `listed` are the servers of the published lists. */
export function createSources(
  spec: DetectionSpec,
  listed: readonly StunServer[],
  ports: DetectPorts,
): readonly WanSource[] {
  const { family, stun, http } = spec
  const servers = stun === undefined ? [] : chooseServers(stun, listed, family, ports.random)
  const services = (http?.urls ?? []).filter((url) => {
    const literal = parseIpAddress(hostOf(url))
    return literal === undefined || familyOf(literal) === family
  })
  const isBelievable = (address: IpAddress): boolean => describeRefusal(address, spec) === undefined
  const interfaces = spec.interface === undefined ? [] : [spec.interface]
  return [
    ...interfaces.map(({ name }) => createInterfaceSource(name, family, ports.listLocalAddresses, isBelievable)),
    ...servers.map((server) => createStunSource(server, family, ports)),
    ...services.map((url) => createCheckServiceSource(url, family, http?.jsonField ?? '', ports)),
  ]
}
