// A name with several addresses: they are tried in turn, the next one when the last failed or has been silent for a while, and the first answer counts.
import type { IpAddress } from '../../model/address.ts'
import type { Clock } from '../../model/clock.ts'
import { followAbort } from './follow-abort.ts'

const STAGGER_MS = 500

export type Attempt<Answer> = (address: IpAddress, signal: AbortSignal) => Promise<Answer>

/** Rejects with the first failure when all have failed. Attempts still running when it settles are aborted. */
export async function raceAddresses<Answer>(
  addresses: readonly IpAddress[],
  attempt: Attempt<Answer>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted()
  const stopping = followAbort(signal)
  const tryFrom = async (index: number): Promise<Answer> => {
    const [address, next] = addresses.slice(index, index + 2)
    if (address === undefined) throw new Error('the name has no address of that family')
    const answer = attempt(address, stopping.signal)
    if (next === undefined) return answer
    const turn = Promise.race([clock.sleep(STAGGER_MS, stopping.signal), answer.then(never, () => {})])
    return Promise.any([answer, turn.then(() => tryFrom(index + 1))])
  }
  try {
    return await tryFrom(0)
  } catch (error) {
    throw firstFailure(error)
  } finally {
    stopping.abort()
    stopping.release()
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}

function firstFailure(error: unknown): unknown {
  return error instanceof AggregateError ? firstFailure(error.errors[0]) : error
}
