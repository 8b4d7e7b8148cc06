import { copyFile, mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openJournal, type JournalFormat } from './journal.ts'

const FORMAT: JournalFormat = { version: 1, migrations: new Map() }
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-journal-'))
  path = join(folder, 'state.jsonl')
})

afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

async function handlePrototype(): Promise<Record<'write' | 'datasync' | 'sync', () => Promise<unknown>>> {
  const file = await open(folder, 'r')
  await file.close()
  return Object.getPrototypeOf(file) as Record<'write' | 'datasync' | 'sync', () => Promise<unknown>>
}

async function linesOf(at = path): Promise<readonly unknown[]> {
  return (await openJournal({ path: at, format: FORMAT })).lines
}

/** Two files' worth: a first one with changes, replayed into the first line of a second with changes of its own. */
async function writeHistory(): Promise<readonly (readonly number[])[]> {
  const { journal } = await openJournal({ path, format: FORMAT, compactAfterBytes: 60 })
  const all: number[] = []
  const history: number[][] = []
  for (let n = 0; n < 8; n += 1) {
    all.push(n)
    history.push([...all])
    await journal.append([n], () => [...all])
  }
  await journal.close()
  return history
}

describe('a journal', () => {
  it('is empty before the first write', async () => {
    expect(await openJournal({ path, format: FORMAT })).toMatchObject({ lines: [], warnings: [] })
  })

  it('gives back what was written', async () => {
    const history = await writeHistory()
    expect((await linesOf()).flat()).toEqual(history.at(-1))
    expect((await linesOf(`${path}.previous`)).length).toBeGreaterThan(1)
  })

  it('recovers an earlier version from a cut at every byte, and the later the cut, the later the version', async () => {
    const history = (await writeHistory()).map((version) => JSON.stringify(version))
    const size = (await readFile(path)).length
    let least = 0
    const cutFolder = join(folder, 'cut')
    for (let offset = 0; offset < size; offset += 1) {
      await rm(cutFolder, { recursive: true, force: true })
      await mkdir(cutFolder)
      const cut = join(cutFolder, 'state.jsonl')
      await copyFile(path, cut)
      await copyFile(`${path}.previous`, `${cut}.previous`)
      await truncate(cut, offset)
      const recovered = history.indexOf(JSON.stringify((await linesOf(cut)).flat()))
      expect(recovered, `cut at ${offset}`).toBeGreaterThanOrEqual(least)
      least = recovered
    }
    expect(size).toBeGreaterThan(50)
    expect(least).toBe(history.length - 2)
  })

  it('keeps a damaged file aside and never puts it in the place of the good previous one', async () => {
    await writeHistory()
    const expected = (await linesOf(`${path}.previous`)).flat()
    await truncate(path, 5)
    const { journal, lines, warnings } = await openJournal({ path, format: FORMAT })
    expect(lines.flat()).toEqual(expected)
    expect(warnings).toEqual([`${path} was damaged and is kept as ${path}.damaged; the version before it is used`])
    await journal.rewrite(['next'])
    await journal.close()
    expect(await linesOf()).toEqual([['next']])
    expect((await linesOf(`${path}.previous`)).flat()).toEqual(expected)
  })

  it('refuses to begin anew when both versions are damaged', async () => {
    await writeHistory()
    await truncate(path, 5)
    await truncate(`${path}.previous`, 5)
    await expect(linesOf()).rejects.toThrow(`${path} and its previous version are damaged: restore them`)
  })

  it('notices a changed byte in the middle', async () => {
    await writeHistory()
    const text = await readFile(path, 'utf8')
    const at = text.indexOf('\n')
    await writeFile(path, `${text.slice(0, at - 2)}9${text.slice(at - 1)}`)
    const { warnings } = await openJournal({ path, format: FORMAT })
    expect(warnings[0]).toContain('was damaged')
  })

  it('rejects and keeps what was there when the disk is full halfway through a line', async () => {
    const { journal } = await openJournal({ path, format: FORMAT })
    await journal.rewrite(['a'])
    await journal.append(['b'], () => ['a', 'b'])
    const before = await readFile(path, 'utf8')
    const write = vi.spyOn(await handlePrototype(), 'write').mockRejectedValueOnce(new Error('ENOSPC: no space left'))
    await expect(journal.append(['c'], () => ['a', 'b', 'c'])).rejects.toThrow('ENOSPC')
    expect(write).toHaveBeenCalledTimes(1)
    expect(await readFile(path, 'utf8')).toBe(before)
    await journal.append(['d'], () => ['a', 'b', 'd'])
    await journal.close()
    expect(await linesOf()).toEqual([['a', 'b', 'd']])
  })

  it('takes a line back that could not be brought to disk', async () => {
    const { journal } = await openJournal({ path, format: FORMAT })
    await journal.rewrite(['a'])
    vi.spyOn(await handlePrototype(), 'datasync').mockRejectedValueOnce(new Error('EIO: i/o error'))
    await expect(journal.append(['b'], () => ['a', 'b'])).rejects.toThrow('EIO')
    expect(await linesOf()).toEqual([['a']])
  })

  it('keeps the file when it cannot be written anew', async () => {
    const { journal } = await openJournal({ path, format: FORMAT })
    await journal.rewrite(['a'])
    await mkdir(`${path}.new`)
    await expect(journal.rewrite(['b'])).rejects.toThrow('EISDIR')
    expect(await linesOf()).toEqual([['a']])
    await rm(`${path}.new`, { recursive: true })
    await journal.append(['c'], () => ['a', 'c'])
    await journal.close()
    expect((await linesOf()).flat()).toEqual(['a', 'c'])
  })

  it('says the lines of an older format in the words of the present one', async () => {
    const { journal } = await openJournal({ path, format: FORMAT })
    await journal.rewrite(1)
    await journal.append(2, () => 3)
    await journal.close()
    const migrations = new Map<number, (line: unknown) => unknown>([
      [1, (line: unknown) => ({ value: line })],
      [2, (line: unknown) => [line]],
    ])
    const migrated = await openJournal({ path, format: { version: 3, migrations } })
    expect(migrated.lines).toEqual([[{ value: 1 }], [{ value: 2 }]])
    await migrated.journal.rewrite(['all'])
    await migrated.journal.close()
    expect((await openJournal({ path, format: { version: 3, migrations } })).lines).toEqual([['all']])
    await expect(openJournal({ path, format: FORMAT })).rejects.toThrow('was written by a newer Stoa (format 3')
    const gap = { version: 4, migrations: new Map() }
    await expect(openJournal({ path, format: gap })).rejects.toThrow('format 3, which this Stoa no longer reads')
  })
})
