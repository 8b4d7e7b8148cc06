// What `stoa plan` does: reads the trees, has them compared, shows what comes of it.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ReconcileError } from '../../model/errors.ts'
import { formatCount } from '../../model/text.ts'
import { summarizeReport, type PlanReport } from '../../plan/plan-report.ts'
import { renderPlanJson } from '../../plan/render-json.ts'
import { renderPlanMarkdown } from '../../plan/render-markdown.ts'
import { renderPlanText } from '../../plan/render-text.ts'
import type { Tree } from '../../store/git/tree.ts'
import { checkNamespace } from '../check-namespace.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../usage-error.ts'
import { diffTrees, type TreeDiff } from './diff-trees.ts'
import { planLive } from './live/plan-live.ts'
import type { PlanOptions } from './plan-options.ts'
import { locateTree, NO_TREE, readTreeAt, readWorkingTree, type ReadOptions } from './read-trees.ts'
import { createStageLine, type StageLine } from './stage-line.ts'
import { chooseStyle } from './terminal-style.ts'

export async function runPlan(path: string, options: PlanOptions, io: CommandIo): Promise<void> {
  checkOptions(options)
  const place = await locateTree(path, io.cwd)
  const stage = createStageLine(io)
  try {
    const reading = { place, defaultNamespace: options.defaultNamespace, io }
    const diff = options.live
      ? await planLive({ reading, options, io, stage })
      : await planTrees(reading, options, stage)
    stage.clear()
    show(diff, options, io)
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error
    stage.clear()
    io.stderr(`error: ${error.message}\n`)
    io.setExitCode(EXIT.failure)
  } finally {
    stage.clear()
  }
}

function checkOptions({ live, from, data, defaultNamespace }: PlanOptions): void {
  checkNamespace('--default-namespace', defaultNamespace)
  if (live && from !== undefined) {
    throw new UsageError('--from: with --live a plan starts from what the providers hold, not from a commit')
  }
  if (!live && data !== undefined) throw new UsageError('--data: is only used with --live')
}

async function planTrees(reading: ReadOptions, { from, to }: PlanOptions, stage: StageLine): Promise<TreeDiff> {
  const base = from ?? (reading.place.repository === undefined ? undefined : 'HEAD')
  stage.show(`reading ${base ?? 'nothing'} …`)
  const before = base === undefined ? NO_TREE : await readTreeAt(base, reading)
  stage.show(`reading ${to ?? 'the working tree'} …`)
  const after = to === undefined ? await readWorkingTree(reading) : await readTreeAt(to, reading)
  if (before === undefined && after === undefined) {
    throw new UsageError(`${reading.place.subPath} is a folder neither in ${base} nor in ${to}`)
  }
  return await compare(before ?? NO_TREE, after ?? NO_TREE, { io: reading.io, stage })
}

interface Surroundings {
  readonly io: Pick<CommandIo, 'signal'>
  readonly stage: StageLine
}

async function compare(before: Tree, after: Tree, { io, stage }: Surroundings): Promise<TreeDiff> {
  const steps = diffTrees(before, after)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    const { done, total } = step.value
    stage.show(`planning: ${formatCount(done)} of ${formatCount(total)} records …`)
    await nextTurn()
    io.signal.throwIfAborted()
  }
}

function show(
  { report, findings, isPartial }: TreeDiff,
  { output, detailedExitcode }: PlanOptions,
  io: CommandIo,
): void {
  io.stdout(render(report, output, io))
  const hasErrors = findings.some(({ severity }) => severity === 'error')
  const changing = detailedExitcode && hasChanges(report) ? EXIT.changes : EXIT.fine
  io.setExitCode(hasErrors || isPartial ? EXIT.failure : changing)
}

function render(report: PlanReport, output: PlanOptions['output'], io: CommandIo): string {
  switch (output) {
    case 'json':
      return renderPlanJson(report)
    case 'markdown':
      return renderPlanMarkdown(report)
    case 'text':
      return renderPlanText(report, chooseStyle(io))
  }
}

function hasChanges(report: PlanReport): boolean {
  const { create, update, delete: deleted, release } = summarizeReport(report)
  return create + update + deleted + release > 0
}
