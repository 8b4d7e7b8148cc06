import { DRAIN_ANNOTATION } from '../../api/kinds.ts'
import { parseNode, type NodeObject } from '../../api/node.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { parseAnyRef } from '../remote/object-ref.ts'
import type { RemoteFlags } from '../remote/open-remote.ts'
import { printCommandsFor, type PrintCommand } from '../remote/printed-commands.ts'
import type { Remote } from '../remote/remote.ts'
import { withRemote } from '../remote/with-remote.ts'
import { UsageError } from '../usage-error.ts'
import { waitForPools } from './wait-for-pools.ts'

export interface DrainFlags extends RemoteFlags {
  readonly undo?: true
  readonly wait?: true
  readonly timeout: string
}

const LAST_CALL_MS = 2_000

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

export async function runDrain(given: string, flags: DrainFlags, io: CommandIo): Promise<void> {
  const { kind, name } = parseAnyRef(given, 'Node', undefined)
  if (kind !== 'Node') throw new UsageError(`${given} is no Node: it is nodes that are drained`)
  const timeoutMs = parseDuration(flags.timeout)
  const undo = flags.undo === true
  const print = printCommandsFor(flags)
  const deadline = new AbortController()
  const signal = AbortSignal.any([io.signal, deadline.signal])
  await withRemote(flags, { ...io, signal }, async (remote) => {
    const node = await mark(remote, { name, undo, print })
    io.stdout(undo ? `${name} may come back into DNS\n` : `${name} is to leave DNS\n`)
    if (!flags.wait) return
    const sayWhatStays = (): void => {
      if (io.signal.aborted) io.stderr(describeInterruption(name, undo, print))
    }
    const waiting = waitForPools(remote, { node, undo, timeoutMs, print }, io)
    const isDone = await endOnTime(waiting, timeoutMs, deadline).finally(sayWhatStays)
    if (isDone) return
    io.stderr(`error: gave up after ${flags.timeout}; the node stays as it is, so the command can be given again\n`)
    io.setExitCode(EXIT.failure)
  })
}

/** A call that is under way when the time is over has a moment left. */
async function endOnTime(waiting: Promise<boolean>, timeoutMs: number, deadline: AbortController): Promise<boolean> {
  const timer = setTimeout(() => deadline.abort(new Error('the time is over')), timeoutMs + LAST_CALL_MS)
  try {
    return await waiting
  } catch (error) {
    if (deadline.signal.aborted) return false
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** What was asked for goes on without whoever waited for it. */
function describeInterruption(name: string, undo: boolean, print: PrintCommand): string {
  const rest = undo
    ? `${name} still comes back`
    : `${name} still leaves DNS; ${print(`drain ${name} --undo`)} lets it back`
  return `interrupted: ${rest}\n`
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
