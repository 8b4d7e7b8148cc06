// Whatever a test forgot to stop or remove is stopped and removed when its process ends, however it ends.
import { mkdtemp, rm } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const runningPids = new Set<number>()
const tempDirs = new Set<string>()
let installed = false

export interface TempDir {
  readonly path: string
  readonly remove: () => Promise<void>
}

/** Makes a directory below the system's temp directory that is gone at the latest when this process ends. */
export async function createTempDir(purpose: string): Promise<TempDir> {
  cleanUpAtExit()
  const path = await mkdtemp(join(tmpdir(), `stoa-${purpose}-`))
  tempDirs.add(path)
  const remove = async (): Promise<void> => {
    await rm(path, { recursive: true, force: true, maxRetries: 5 })
    tempDirs.delete(path)
  }
  return { path, remove }
}

export function rememberPid(pid: number): void {
  cleanUpAtExit()
  runningPids.add(pid)
}

export function forgetPid(pid: number): void {
  runningPids.delete(pid)
}

function cleanUpAtExit(): void {
  if (installed) return
  installed = true
  process.on('exit', cleanUp)
  // Vitest runs tests in a child process. When Vitest is killed, a closed channel is all the child learns, and it would run its test to the end.
  if (process.env['VITEST'] !== undefined) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      cleanUp()
      // Our handler is gone by now: unless somebody else handles the signal too, this one ends the process as it would have without us.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    })
  }
}

function cleanUp(): void {
  for (const pid of runningPids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // already gone
    }
  }
  for (const path of tempDirs) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
}
