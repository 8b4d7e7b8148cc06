// Puts a new build where the last one is, so that at every moment a whole one is there: a build that fails changes nothing.
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'

const ENTRY = 'stoa.js'

/**
 * Chunks have the hash of their content in their names. The new ones come before the entry that asks for them, and those of the build before
 * stay until the next: a process that runs from there loads them when it first needs them.
 */
export async function replaceBuild(dist: string, build: (folder: string) => Promise<void>): Promise<void> {
  const staging = await mkdtemp(`${dist}-`)
  try {
    await build(staging)
    await chmod(join(staging, ENTRY), 0o755)
    await mkdir(dist, { recursive: true })
    const before = await timeOf(join(dist, ENTRY))
    const files = await readdir(staging)
    const chunks = files.filter((file) => file !== ENTRY)
    // One time for all of it: by that the next build tells them from older ones.
    const now = Math.floor(Date.now() / 1000)
    for (const file of [...chunks, ENTRY]) {
      await utimes(join(staging, file), now, now)
      await rename(join(staging, file), join(dist, file))
    }
    for (const file of await readdir(dist)) {
      const path = join(dist, file)
      if (!files.includes(file) && (await timeOf(path)) !== before) await rm(path, { recursive: true, force: true })
    }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function timeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs
}
