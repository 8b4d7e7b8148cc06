import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeFolder } from './make-folder.ts'

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'stoa-folder-'))
})
afterEach(() => rm(base, { recursive: true }))

it('makes what is missing, with the mode for each, and leaves what is there', async () => {
  const path = join(base, 'a', 'b', 'c')
  await Promise.all([makeFolder(path, 0o700), makeFolder(path, 0o700)])
  await makeFolder(path)
  for (const made of [path, join(base, 'a')]) expect((await stat(made)).mode & 0o777).toBe(0o700)
})

it('says that a file is in the way', async () => {
  await writeFile(join(base, 'file'), '')
  await expect(makeFolder(join(base, 'file'))).rejects.toThrow('EEXIST')
  await expect(makeFolder(join(base, 'file', 'x'))).rejects.toThrow(/EEXIST|ENOTDIR/)
})

it.runIf(existsSync('/proc/self'))('gives up where no folder can be made', async () => {
  await expect(makeFolder('/proc/stoa/data')).rejects.toThrow('ENOENT')
})
