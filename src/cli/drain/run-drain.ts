import { DRAIN_ANNOTATION } from '../../api/kinds.ts'
import { parseNode, type NodeObject } from '../../api/node.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { parseAnyRef } from '../remote/object-ref.ts'
import type { RemoteFlags } from '../remote/open-remote.ts'
import { printCommandsFor, type PrintCommand } from '../remote/printed-commands.ts'
import type { Remote } from '../remote/remote.ts'
import { listTyped } from '../remote/typed-object.ts'
import { withRemote } from '../remote/with-remote.ts'
import { systemClock } from '../system-clock.ts'
import { UsageError } from '../usage-error.ts'
import { judgeDrained, judgeReturned, selectPools, type PoolVerdict } from './judge-drain.ts'

export interface DrainFlags extends RemoteFlags {
  readonly undo?: true
  readonly wait?: true
  readonly timeout: string
}

const POLL_MS = 1_000
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

export async function runDrain(given: string, flags: DrainFlags, io: CommandIo): Promise<void> {
  const { kind, name } = parseAnyRef(given, 'Node', undefined)
  if (kind !== 'Node') throw new UsageError(`${given} is no Node: it is nodes that are drained`)
  const timeoutMs = parseDuration(flags.timeout)
  const undo = flags.undo === true
  await withRemote(flags, io, async (remote) => {
    const node = await mark(remote, { name, undo, print: printCommandsFor(flags) })
    io.stdout(undo ? `${name} may come back into DNS\n` : `${name} is to leave DNS\n`)
    if (!flags.wait) return
    const isDone = await waitFor(remote, { node, undo, until: systemClock.now() + timeoutMs }, io)
    if (isDone) return
    io.stderr(`error: gave up after ${flags.timeout}; the node stays as it is, so the command can be given again\n`)
    io.setExitCode(EXIT.failure)
  })
}

function parseDuration(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? []
  if (count === undefined) throw new UsageError(`--timeout: ${text} is no duration; write 90s, 10m or 1h`)
  return Number(count) * (UNITS[unit] ?? 0)
}

interface Marking {
  readonly name: string
  readonly undo: boolean
  readonly print: PrintCommand
}

/** The node, marked. Without a cluster its manifest has to say so already: nothing is ever written to Git. */
async function mark(remote: Remote, { name, undo, print }: Marking): Promise<NodeObject> {
  const found = await remote.get('Node', { namespace: '', name })
  const node = found === undefined ? undefined : parseNode(found.object)
  if (found === undefined || node === undefined) {
    throw new CommandError(`there is no Node ${name} (${remote.description}): ${print('get nodes')} lists them`)
  }
  if ((node.annotations[DRAIN_ANNOTATION] === 'true') === !undo) return node
  if (remote.annotateNode !== undefined) {
    await remote.annotateNode(name, { [DRAIN_ANNOTATION]: undo ? null : 'true' })
    return node
  }
  const what = undo
    ? `take the annotation ${DRAIN_ANNOTATION} out of`
    : `write the annotation ${DRAIN_ANNOTATION}: "true" in`
  throw new CommandError(
    `without a cluster nodes are what Git says: ${what} ${found.file ?? 'its manifest'} and commit it`,
  )
}

interface Wait {
  readonly node: NodeObject
  readonly undo: boolean
  /** Milliseconds since the epoch. */
  readonly until: number
}

async function waitFor(remote: Remote, { node, undo, until }: Wait, io: CommandIo): Promise<boolean> {
  const told = new Map<string, string>()
  for (;;) {
    const pools = selectPools(await listTyped(remote, 'NodePool'), node)
    const now = systemClock.now()
    const verdicts = pools.map((pool) => (undo ? judgeReturned(pool, node.name) : judgeDrained(pool, node.name, now)))
    if (verdicts.length === 0) io.stderr(`no NodePool selects ${node.name}, so there is nothing to wait for\n`)
    tellNew(verdicts, told, io)
    if (verdicts.every(({ done }) => done)) return true
    if (now >= until) return false
    await systemClock.sleep(Math.min(POLL_MS, until - now), io.signal)
  }
}

function tellNew(verdicts: readonly PoolVerdict[], told: Map<string, string>, io: CommandIo): void {
  for (const { pool, message } of verdicts) {
    if (told.get(pool) === message) continue
    told.set(pool, message)
    io.stderr(`NodePool ${pool}: ${message}\n`)
  }
}
