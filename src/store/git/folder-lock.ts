// Keeps a second process out of a folder. A lock left by a process that is gone does not count.
import { link, open, readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { TerminalError } from '../../model/errors.ts'
import { hasCode } from './durable-file.ts'

export interface FolderLock {
  release(): Promise<void>
}

/** Touched this often, so that whoever cannot see our process, from another container or machine, still sees that we live. */
const TOUCH_MS = 3_000
/** Nobody's clock has to be right: the lock is watched for so long. */
const SILENT_MS = 10_000
const LOOK_MS = 100

interface Holder {
  readonly pid: number
  /** What a process id means something in: machine, boot and process namespace. */
  readonly where: string
  /** Tells the process from a later one with its id. */
  readonly started: string
  readonly host: string
}

/**
 * Throws a `TerminalError` that names the file and the process that holds it. Takes a while when that was on another machine or in
 * another container: nobody can tell at once that it is gone.
 */
export async function lockFolder(path: string, silentMs = SILENT_MS): Promise<FolderLock> {
  const mine = await describeMyself()
  const text = `${JSON.stringify(mine)}\n`
  while (!(await createFile(path, text))) {
    const seen = await readFile(path, 'utf8').catch(() => undefined)
    if (seen === undefined) continue
    await refuseIfHeld(path, seen, { mine, silentMs })
    await removeStale(path, seen)
  }
  const touching = setInterval(() => {
    const now = new Date()
    // A missed touch matters to nobody on this machine, and the next one follows.
    utimes(path, now, now).catch(() => undefined)
  }, TOUCH_MS)
  touching.unref()
  return {
    async release() {
      clearInterval(touching)
      const present = await readFile(path, 'utf8').catch(() => undefined)
      if (present === text) await rm(path, { force: true })
    },
  }
}

/** In one step with its content, so that nobody sees an empty lock. */
async function createFile(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${process.pid}.${performance.now()}`
  try {
    await writeFile(draft, text, { mode: 0o600 })
    await link(draft, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error
    return await createWithoutLinks(path, text) // A file system such as FAT has no links.
  } finally {
    await rm(draft, { force: true })
  }
}

async function createWithoutLinks(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    await file.writeFile(text).finally(() => file.close())
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

interface Judge {
  readonly mine: Holder
  readonly silentMs: number
}

async function refuseIfHeld(path: string, seen: string, { mine, silentMs }: Judge): Promise<void> {
  const holder = parseHolder(seen)
  if (holder?.where === mine.where) {
    const lives = holder.pid === process.pid ? holder.started === mine.started : await isRunning(holder)
    if (lives) throw held(path, `process ${holder.pid}`)
  } else if (await isTouched(path, silentMs)) {
    throw held(path, holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`)
  }
}

async function isTouched(path: string, withinMs: number): Promise<boolean> {
  const touchedAt = async (): Promise<number | undefined> => (await stat(path).catch(() => undefined))?.mtimeMs
  const first = await touchedAt()
  const end = performance.now() + withinMs
  while (first !== undefined && performance.now() < end) {
    await sleep(LOOK_MS)
    const now = await touchedAt()
    if (now !== first) return now !== undefined
  }
  return false
}

/** Only if it is still the one that was seen: another process may have taken over meanwhile. */
async function removeStale(path: string, seen: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    throw error
  }
  if ((await readFile(aside, 'utf8')) !== seen) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

function held(path: string, who: string): TerminalError {
  const message = `the data directory is in use: ${who} uses it (${path}): stop that process, or choose another folder`
  return new TerminalError('DataDirectoryInUse', message)
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null // Every field is looked at below.
    const { pid, where, started, host } = value ?? {}
    if (typeof pid !== 'number' || pid <= 0 || typeof where !== 'string') return undefined
    return { pid, where, started: String(started), host: String(host) }
  } catch {
    return undefined
  }
}

async function describeMyself(): Promise<Holder> {
  const host = hostname()
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  return {
    pid: process.pid,
    where: [host, boot.trim(), namespace].join(' '),
    started: (await readProcess(process.pid)).started,
    host,
  }
}

async function isRunning({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return hasCode(error, 'EPERM') // It is there, and somebody else's.
  }
  const present = await readProcess(pid)
  // It has ended, and whoever started it has not asked how: in a container nobody may ever do.
  if (present.state === 'Z') return false
  return present.started === '' || started === '' || present.started === started
}

interface ProcessFacts {
  /** One letter: `Z` for one that has ended. */
  readonly state: string
  /** In ticks since the boot. */
  readonly started: string
}

/** Empty where the system does not say. */
async function readProcess(pid: number): Promise<ProcessFacts> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name, in brackets, may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', started: fields[19] ?? '' }
}
