// Sources that answer on a clock of the test's choosing, without any network.
import { parseIpAddress, type IpAddress } from '../../../src/model/address.ts'
import type { Clock } from '../../../src/model/clock.ts'
import type { Transport, WanSource } from '../../../src/observe/wan/detection.ts'

export interface MemorySource extends WanSource {
  /** How often it was asked, and how many questions are still open. */
  readonly asked: number
  readonly open: number
}

export interface MemoryAnswer {
  readonly afterMs: number
  /** Undefined: it fails. */
  readonly address?: string
}

/** Without an answer it stays silent until it is aborted. A function is asked anew every time. */
export function createMemorySource(
  name: string,
  clock: Clock,
  answer: MemoryAnswer | undefined | (() => MemoryAnswer | undefined),
  transport: Transport = 'UDP',
): MemorySource {
  let asked = 0
  let open = 0
  return {
    name,
    transport,
    operator: name,
    authenticated: transport === 'HTTPS',
    get asked() {
      return asked
    },
    get open() {
      return open
    },
    async ask(signal): Promise<readonly IpAddress[]> {
      asked += 1
      open += 1
      const given = typeof answer === 'function' ? answer() : answer
      try {
        await clock.sleep(given?.afterMs ?? Number.MAX_SAFE_INTEGER, signal)
        const address = parseIpAddress(given?.address ?? '')
        if (address === undefined) throw new Error('out of order')
        return [address]
      } finally {
        open -= 1
      }
    },
  }
}
