import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lockFolder } from './folder-lock.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-lock-'))
  path = join(folder, 'lock')
})

afterEach(() => rm(folder, { recursive: true }))

async function myLock(): Promise<Record<string, unknown>> {
  const lock = await lockFolder(path)
  const holder = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  await lock.release()
  return holder
}

describe('the lock of a folder', () => {
  it('keeps a second holder out, and names the process and the file', async () => {
    const lock = await lockFolder(path)
    await expect(lockFolder(path)).rejects.toThrow(`process ${process.pid} uses it (${path})`)
    await lock.release()
    expect(await readdir(folder)).toEqual([])
    await (await lockFolder(path)).release()
  })

  it('is taken from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    await writeFile(path, JSON.stringify({ ...(await myLock()), pid: child.pid }))
    await (await lockFolder(path)).release()
  })

  it.runIf(process.platform === 'linux')(
    'is taken from a process that was killed and that nobody has waited for',
    async () => {
      // The shell becomes a program that does not wait for the child which it began as a shell.
      const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
      const [output] = (await once(parent.stdout, 'data')) as [Buffer]
      const pid = Number(String(output))
      const stat = (): Promise<string> => readFile(`/proc/${pid}/stat`, 'utf8')
      await vi.waitUntil(async () => (await stat()).includes(') Z '))
      await writeFile(path, JSON.stringify({ ...(await myLock()), pid, started: (await stat()).split(' ')[21] }))
      await (await lockFolder(path)).release()
      parent.kill()
    },
  )

  it.each(['pid of another process', 'own pid, as in a restarted container'])(
    'is taken from a process whose id was given again: %s',
    async (which) => {
      const pid = which.startsWith('own') ? process.pid : process.ppid
      await writeFile(path, JSON.stringify({ ...(await myLock()), pid, started: '1' }))
      await (await lockFolder(path)).release()
    },
  )

  it('is respected while a process elsewhere touches it, and taken when that has gone silent', async () => {
    const theirs = JSON.stringify({ ...(await myLock()), where: 'elsewhere', host: 'other', pid: 7 })
    await writeFile(path, theirs)
    const touching = setInterval(() => void utimes(path, new Date(), new Date()), 50)
    await expect(lockFolder(path, 2_000)).rejects.toThrow(`process 7 on other uses it (${path}): stop that process`)
    clearInterval(touching)
    expect(await readFile(path, 'utf8')).toBe(theirs)
    await (await lockFolder(path, 300)).release()
  })

  it('is taken when nobody can read it and nobody touches it', async () => {
    await writeFile(path, '')
    await (await lockFolder(path, 300)).release()
  })

  it('goes to exactly one of many that ask at once', async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(path)))
    const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(locks).toHaveLength(1)
    await locks[0]?.release()
  })
})
