// Builds what a detection needs from this machine.
import type { DetectPorts } from '../../observe/wan/detect-ports.ts'
import type { Detection } from '../../observe/wan/detection.ts'
import { listGateways } from '../../observe/wan/gateways.ts'
import { listLocalAddresses } from '../../observe/wan/local-addresses.ts'
import { judgeNat, type NatConcern } from '../../observe/wan/nat-concern.ts'
import { createNameResolver } from '../../observe/wan/resolve-name.ts'
import { ServerLists } from '../../observe/wan/stun/server-lists.ts'
import type { CommandIo } from '../command-io.ts'
import { cacheFolder } from '../environment.ts'
import { systemClock } from '../system-clock.ts'

export interface DetectWorld {
  readonly ports: DetectPorts
  /** Why inbound traffic may not arrive at what was found. */
  readonly findConcern: (detection: Detection) => NatConcern | undefined
  readonly close: () => void
}

export function createDetectWorld(io: CommandIo): DetectWorld {
  const resolveName = createNameResolver()
  const serverLists = new ServerLists({
    clock: systemClock,
    resolveName,
    directory: cacheFolder(io.env),
    onProblem: (problem) => io.stderr(`note: ${problem}\n`),
  })
  const ports = { clock: systemClock, random: Math.random, resolveName, listLocalAddresses, serverLists }
  return {
    ports,
    findConcern: (detection) =>
      detection.kind === 'known'
        ? judgeNat(detection.address, { addresses: listLocalAddresses(), gateways: listGateways() })
        : undefined,
    close: () => serverLists.close(),
  }
}
