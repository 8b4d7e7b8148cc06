// `stoa plan --live`: what Stoa would do at the providers if the tree were applied now. A rehearsal with what `stoa run --git` remembers, so
// that the hashes are the ones it will ask about.
import { join } from 'node:path'
import { DataDirectory } from '../../../store/git/data-directory.ts'
import { GitStore } from '../../../store/git/git-store.ts'
import type { TreeSource, TreeVersion } from '../../../store/git/tree-source.ts'
import { describeFinding } from '../../../store/git/tree.ts'
import type { CommandIo } from '../../command-io.ts'
import { dataFolder } from '../../environment.ts'
import { systemClock } from '../../system-clock.ts'
import { UsageError } from '../../usage-error.ts'
import type { TreeDiff } from '../diff-trees.ts'
import type { PlanOptions } from '../plan-options.ts'
import { withCheckout, withWorkingTree, type ReadOptions } from '../read-trees.ts'
import type { StageLine } from '../stage-line.ts'
import { copyData } from './copy-data.ts'
import { describeLive } from './describe-live.ts'
import { rehearse } from './rehearse.ts'

export interface LivePlan {
  readonly reading: ReadOptions
  readonly options: PlanOptions
  readonly io: CommandIo
  readonly stage: StageLine
}

export async function planLive(plan: LivePlan): Promise<TreeDiff> {
  const { reading, options } = plan
  const { to } = options
  if (to === undefined) return await withWorkingTree(reading, (version) => planFolder(version, plan))
  const found = await withCheckout(to, reading, (version) => planFolder(version, plan))
  if (found === undefined) throw new UsageError(`${reading.place.subPath} is no folder in ${to}`)
  return found
}

async function planFolder(version: TreeVersion, { reading, options, io, stage }: LivePlan): Promise<TreeDiff> {
  const folder = dataFolder(io, options.data)
  const copy = await copyData(folder)
  const data = await DataDirectory.open(copy.folder)
  const store = new GitStore({
    ...{ source: standing(version), data, clock: systemClock, random: Math.random, environment: io.env },
    defaultNamespace: reading.defaultNamespace,
  })
  const stopping = new AbortController()
  const stored = store.run(AbortSignal.any([io.signal, stopping.signal]))
  try {
    stage.show('reading the manifests …')
    await store.whenSynced(io.signal)
    const removals = await letRemovalsGo(store)
    const rehearsed = await rehearse({ store, dataFolder: copy.folder, timeoutMs: timeoutOf(options), io, stage })
    const findings = store.findings()
    const warnings = [
      ...findings.map(describeFinding),
      ...removals,
      ...(copy.isRemembered ? [] : [describeStranger(folder)]),
      ...rehearsed.warnings,
      ...rehearsed.unread,
    ]
    const report = describeLive({ ...rehearsed, isRemembered: copy.isRemembered, warnings })
    return { report, findings, isPartial: rehearsed.unread.length + report.unknown.length > 0 }
  } finally {
    stopping.abort()
    await stored
    await data.close()
    await copy.remove()
  }
}

function timeoutOf({ timeout }: PlanOptions): number {
  const seconds = Number(timeout)
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 3_600) {
    throw new UsageError('--timeout: must be a number of seconds from 1 to 3600')
  }
  return seconds * 1_000
}

/** What a running Stoa asks about first is shown here all the same. */
async function letRemovalsGo(store: GitStore): Promise<readonly string[]> {
  const held = store.heldRemovals()
  if (held?.hash === undefined) return []
  await store.approveRemovals(held.hash)
  return [held.finding.message]
}

/** A tree that stays as it is. */
function standing(version: TreeVersion): TreeSource {
  return {
    description: `folder ${version.root}`,
    pollMs: 3_600_000,
    fetch: () => Promise.resolve(version),
    watch: () => Promise.resolve(() => undefined),
    close: () => Promise.resolve(),
  }
}

function describeStranger(folder: string): string {
  return (
    `${join(folder, 'state.jsonl')} is not there, so what Stoa has written before looks like somebody else's: ` +
    'name the data directory of stoa run --git with --data'
  )
}
