// Keeps zones in files, one each, that survive a power cut at any moment: the next version stands beside the present one until it is
// safely on disk, and the one before that stays in case the disk loses the newest.
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fqdn } from '../model/name.ts'

const FORMAT = 'stoa-zone-1'

/** What is saved of a zone; its content is its owner's business, as long as JSON can hold it. */
export interface Snapshot {
  readonly serial: number
}

export class FileZonePersistence<Saved extends Snapshot> {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Undefined when nothing was ever saved. Rejects when what was saved cannot be read. */
  async load(zone: Fqdn): Promise<Saved | undefined> {
    const path = this.#pathOf(zone)
    const newest = await readSnapshot<Saved>(path)
    if (newest.kind === 'read') return newest.snapshot
    const previous = await readSnapshot<Saved>(previousPath(path))
    // A power cut between the two renames of a save leaves only the previous version: nothing newer was ever promised.
    if (previous.kind === 'read' && newest.kind === 'absent') return previous.snapshot
    // The damaged version may have been published. What takes its place must be newer to those who saw it.
    if (previous.kind === 'read') return { ...previous.snapshot, serial: (previous.snapshot.serial + 2) % 2 ** 32 }
    if (newest.kind === 'absent' && previous.kind === 'absent') return undefined
    throw new Error(`${path} is damaged, and so is its previous version; restore it, or remove both to begin anew`)
  }

  /** Resolves once the snapshot would survive a power cut. When it rejects, what was saved before is still there. */
  async save(zone: Fqdn, snapshot: Saved): Promise<void> {
    const path = this.#pathOf(zone)
    const draft = `${path}.draft`
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    try {
      await writeDurably(draft, formatSnapshot(snapshot))
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined)
      throw error
    }
    // Only a version that can be read is worth keeping, or damage would drive out the last good one.
    if ((await readSnapshot(path)).kind === 'read') await rename(path, previousPath(path))
    await rename(draft, path)
    await syncFolder(this.#dir)
  }

  /** Names of zones may hold what file names may not. */
  #pathOf(zone: Fqdn): string {
    return join(this.#dir, `${encodeURIComponent(zone)}.zone`)
  }
}

function previousPath(path: string): string {
  return `${path}.previous`
}

type Reading<Saved> =
  { readonly kind: 'read'; readonly snapshot: Saved } | { readonly kind: 'absent' } | { readonly kind: 'damaged' }

async function readSnapshot<Saved>(path: string): Promise<Reading<Saved>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return { kind: 'absent' }
  const end = text.indexOf('\n')
  const body = text.slice(end + 1)
  if (text.slice(0, end) !== headerOf(body)) return { kind: 'damaged' }
  // The sum in the header shows that this is to the letter what we wrote.
  return { kind: 'read', snapshot: JSON.parse(body) as Saved }
}

function formatSnapshot(snapshot: Snapshot): string {
  const body = JSON.stringify(snapshot)
  return `${headerOf(body)}\n${body}`
}

function headerOf(body: string): string {
  return `${FORMAT} sha256=${createHash('sha256').update(body).digest('hex')}`
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** So that the new names survive too, not only what the files hold. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
