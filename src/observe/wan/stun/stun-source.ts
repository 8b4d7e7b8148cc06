import type { AddressFamily, IpAddress } from '../../../model/address.ts'
import type { Clock, Random } from '../../../model/clock.ts'
import type { WanSource } from '../detection.ts'
import { operatorOf } from '../operator.ts'
import { shuffle } from '../order-sources.ts'
import { raceAddresses } from '../race-addresses.ts'
import type { ResolveName } from '../resolve-name.ts'
import { askStunTcp } from './ask-stun-tcp.ts'
import { askStunUdp } from './ask-stun-udp.ts'
import { formatStunServer, type StunServer, type StunTransport } from './stun-server.ts'

export interface StunPorts {
  readonly clock: Clock
  readonly random: Random
  readonly resolveName: ResolveName
}

/** Of a name with more addresses than this, a random few are tried. */
const MAX_ADDRESSES = 3

export function createStunSource(
  server: StunServer & { readonly transport: StunTransport },
  family: AddressFamily,
  { clock, random, resolveName }: StunPorts,
): WanSource {
  const { host, port, transport } = server
  const ask = transport === 'UDP' ? askStunUdp : askStunTcp
  return {
    name: formatStunServer(server),
    transport,
    operator: operatorOf(host, port),
    authenticated: false,
    async ask(signal): Promise<readonly IpAddress[]> {
      const addresses = shuffle(await resolveName(host, family, signal), random).slice(0, MAX_ADDRESSES)
      const attempt = (address: IpAddress, limit: AbortSignal): Promise<IpAddress> =>
        ask({ address, port }, clock, limit)
      return [await raceAddresses(addresses, attempt, clock, signal)]
    },
  }
}
