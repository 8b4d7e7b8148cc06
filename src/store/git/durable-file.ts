// Files that are either as they were or wholly new, whatever happens in between.
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Once this resolves, the content outlives a power cut. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const fresh = `${path}.new`
  await writeSynced(fresh, content)
  await rename(fresh, path)
  await syncFolder(dirname(path))
}

export async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A rename is on disk only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
