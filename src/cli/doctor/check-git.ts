// Whether a Stoa without a cluster runs, and what is behind it.
import { execFile } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describeSystemError } from '../../model/describe-system-error.ts'
import type { ControlReport } from '../../serve/control-socket.ts'
import { hasCode } from '../../store/git/durable-file.ts'
import type { PrintCommand } from '../remote/printed-commands.ts'
import { isRunning, isSourceRead } from '../remote/source-report.ts'
import { bad, badAsToldBelow, good, plain, type Line, type Link } from '../status/explanation.ts'

const TIMEOUT_MS = 5_000

interface Examined {
  readonly folder: string
  readonly report: ControlReport
  readonly print: PrintCommand
}

export async function checkGitMode({ folder, report, print }: Examined, signal: AbortSignal): Promise<readonly Link[]> {
  return [
    { label: 'Process', lines: [describeProcess(report), ...(await checkHealth(report, signal))] },
    { label: 'Git', lines: [await checkGit(signal), ...describeSource(report)] },
    { label: 'Data', lines: [await checkFolder(folder)] },
    { label: 'Findings', lines: describeFindings(report, print) },
  ]
}

function describeProcess(report: ControlReport): Line {
  if (!isRunning(report)) {
    const remedy = 'what follows is what it had saved last; start it (stoa run --git …)'
    return bad(`no Stoa runs with this data directory: ${remedy}`)
  }
  const dryRun = report.dryRun ? ', with --dry-run: no provider is written to' : ''
  return good(`Stoa ${report.version} runs${dryRun}`)
}

async function checkHealth(report: ControlReport, signal: AbortSignal): Promise<readonly Line[]> {
  if (!isRunning(report)) return []
  if (report.metricsPort === 0) return [plain('health and metrics are turned off')]
  const url = `http://127.0.0.1:${report.metricsPort}/health`
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
    return [
      answer.ok ? good(`${url} says ok`) : describeSick(`${url} says ${answer.status}`, await answer.text(), report),
    ]
  } catch {
    return [plain(`${url} does not answer from here; with --host it may listen on another address`)]
  }
}

/** That the source cannot be read is told of the source, with the reason. */
function describeSick(said: string, text: string, { problem }: ControlReport): Line {
  const reasons = text.trim().split('\n')
  const others = reasons.filter((reason) => problem === undefined || !reason.includes(problem))
  return others.length > 0 ? bad(`${said}: ${others.join('; ')}`) : badAsToldBelow(`${said}: the source cannot be read`)
}

async function checkGit(signal: AbortSignal): Promise<Line> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { signal, timeout: TIMEOUT_MS })
    return good(stdout.trim())
  } catch {
    return plain('there is no git on the PATH; only a plain folder can be followed without it')
  }
}

function describeSource(report: ControlReport): readonly Line[] {
  const { source, commit, appliedAt, problem } = report
  const applied =
    appliedAt === undefined
      ? 'nothing has been applied yet'
      : `${commit === undefined ? 'applied' : `commit ${commit.slice(0, 12)} applied`} at ${appliedAt}`
  if (!isRunning(report)) return [plain(`${source}: ${applied}`)]
  if (problem !== undefined) return [bad(`${source}: ${problem} (${applied})`)]
  return [appliedAt === undefined ? bad(`${source}: ${applied}`) : good(`${source}: ${applied}`)]
}

async function checkFolder(folder: string): Promise<Line> {
  try {
    await access(folder, constants.R_OK | constants.W_OK)
    const { mode } = await stat(folder)
    const isOpen = (mode & 0o007) !== 0
    const remedy = `it may hold Secrets: chmod o= ${folder}`
    return isOpen ? plain(`${folder} can be entered by every user of this machine; ${remedy}`) : good(folder)
  } catch (error) {
    const isAnothers = hasCode(error, 'EACCES', 'EPERM')
    const remedy = isAnothers ? 'run the command as the user that runs Stoa' : 'without it Stoa remembers nothing'
    return bad(`${folder} cannot be read and written (${describeSystemError(error)}): ${remedy}`)
  }
}

function describeFindings(report: ControlReport, print: PrintCommand): readonly Line[] {
  const { findings, heldRemovals } = report
  if (!isSourceRead(report)) return [plain('nothing is known of the manifests before the source has been read')]
  const lines = findings.map(bad)
  if (heldRemovals !== undefined)
    lines.push(plain(`to let the removals go: ${print(`approve removals ${heldRemovals.hash}`)}`))
  return lines.length > 0 ? lines : [good('none')]
}
