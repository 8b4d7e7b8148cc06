// Waits until every pool that selects a node says that it is out of DNS, or back, and tells what is new in between.
import type { NodeObject } from '../../api/node.ts'
import { WaitingError } from '../../model/errors.ts'
import { hasReason } from '../../store/kube/api-errors.ts'
import type { CommandIo } from '../command-io.ts'
import type { PrintCommand } from '../remote/printed-commands.ts'
import type { Remote } from '../remote/remote.ts'
import { listTyped } from '../remote/typed-object.ts'
import { systemClock } from '../system-clock.ts'
import { judgeDrained, judgeReturned, selectPools, type PoolVerdict } from './judge-drain.ts'
import { listHindrances } from './list-hindrances.ts'

export interface Wait {
  readonly node: NodeObject
  readonly undo: boolean
  readonly timeoutMs: number
  readonly print: PrintCommand
}

const POLL_MS = 1_000
/** How long records have for what is mostly done in a moment, and then how often all of them are looked through for what is in the way. */
const PATIENCE_MS = 3_000
const SEARCH_MS = 10_000

const REMEDY =
  'if it stays so, a record that uses the pool is held, suspended, failing, or keeps it as the last address'

/** Whether it came to pass in time. */
export async function waitForPools(remote: Remote, wait: Wait, io: CommandIo): Promise<boolean> {
  const tell = createTeller(io)
  const until = systemClock.monotonicNow() + wait.timeoutMs
  let searchAt = systemClock.monotonicNow() + PATIENCE_MS
  for (;;) {
    const verdicts = await judgeAll(remote, wait, tell)
    if (verdicts?.length === 0) tell('', `no NodePool selects ${wait.node.name}, so there is nothing to wait for`)
    for (const { pool, message } of verdicts ?? []) tell(pool, `NodePool ${pool}: ${message}`)
    if (verdicts?.every(({ done }) => done) === true) return true
    const now = systemClock.monotonicNow()
    if (now >= Math.min(searchAt, until)) {
      await tellHindrances(remote, verdicts ?? [], tell)
      searchAt = now + SEARCH_MS
    }
    if (now >= until) return false
    await systemClock.sleep(Math.min(POLL_MS, until - now), io.signal)
  }
}

/** Undefined: they cannot be read just now. An apiserver that is restarted is no reason to give up. */
async function judgeAll(
  remote: Remote,
  { node, undo, print }: Wait,
  tell: Tell,
): Promise<readonly PoolVerdict[] | undefined> {
  try {
    const pools = selectPools(await listTyped(remote, 'NodePool'), node)
    const now = systemClock.now()
    return pools.map((pool) =>
      undo ? judgeReturned(pool, node.name, print) : judgeDrained(pool, node.name, now, print),
    )
  } catch (error) {
    if (!isPassing(error)) throw error
    tell('', `${error.message}; it is tried again`)
    return undefined
  }
}

function isPassing(error: unknown): error is Error {
  return error instanceof WaitingError || hasReason(error, 'ApiUnavailable')
}

async function tellHindrances(remote: Remote, verdicts: readonly PoolVerdict[], tell: Tell): Promise<void> {
  const unconfirmed = verdicts.filter(({ isUnconfirmed }) => isUnconfirmed)
  if (unconfirmed.length === 0) return
  const records = await listTyped(remote, 'DynamicDNSRecord').catch((error: unknown) => {
    if (isPassing(error) || hasReason(error, 'Forbidden')) return []
    throw error
  })
  for (const { pool } of unconfirmed) {
    const found = listHindrances(pool, records)
    for (const line of found.length > 0 ? found : [REMEDY]) tell(`${pool} ${line}`, `NodePool ${pool}: ${line}`)
  }
}

/** Says what was not said last of the same subject. */
type Tell = (subject: string, line: string) => void

function createTeller(io: CommandIo): Tell {
  const told = new Map<string, string>()
  return (subject, line) => {
    if (told.get(subject) === line) return
    told.set(subject, line)
    io.stderr(`${line}\n`)
  }
}
