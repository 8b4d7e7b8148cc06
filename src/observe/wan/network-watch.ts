// Notices when the addresses of this machine change. There is no portable event for it, so it looks every few seconds.
import type { Clock } from '../../model/clock.ts'
import type { LocalAddress } from './local-addresses.ts'

const POLL_MS = 2000

/** Runs until aborted. */
export async function watchLocalAddresses(
  listLocalAddresses: () => readonly LocalAddress[],
  onChange: () => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let previous = fingerprint(listLocalAddresses())
  for (;;) {
    await clock.sleep(POLL_MS, signal)
    const next = fingerprint(listLocalAddresses())
    if (next !== previous) onChange()
    previous = next
  }
}

function fingerprint(addresses: readonly LocalAddress[]): string {
  return addresses
    .map((entry) => `${entry.interface} ${entry.address}/${entry.prefixLength}`)
    .sort()
    .join()
}
