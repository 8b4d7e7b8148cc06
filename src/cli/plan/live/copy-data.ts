// A copy of what a Stoa without a cluster remembers, to rehearse with: what it may belong to is only read.
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The state with its previous version, and the zones of the built-in name server. */
const REMEMBERED = /^(?:state\.jsonl(?:\.previous)?|zones)$/

export interface CopiedData {
  readonly folder: string
  /** Whether there was anything to remember. */
  readonly isRemembered: boolean
  remove(): Promise<void>
}

/** Secrets are not copied: a link leads to where they are. */
export async function copyData(from: string): Promise<CopiedData> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-plan-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 })
  try {
    const names = (await readdir(from).catch(() => [])).filter((name) => REMEMBERED.test(name))
    for (const name of names) await cp(join(from, name), join(folder, name), { recursive: true })
    await mkdir(join(folder, 'zones'), { recursive: true })
    await symlink(join(from, 'secrets'), join(folder, 'secrets'))
    return { folder, isRemembered: names.includes('state.jsonl'), remove }
  } catch (error) {
    await remove()
    throw error
  }
}
