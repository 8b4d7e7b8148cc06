// A disk without room lets files be made, and nothing be written into them.
import type * as Files from 'node:fs/promises'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { DataDirectory } from './data-directory.ts'

vi.mock('node:fs/promises', async (importOriginal) => {
  const files = await importOriginal<typeof Files>()
  const writeFile = async (path: string, _: string, options: { readonly mode: number }): Promise<never> => {
    await files.writeFile(path, '', options)
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  return { ...files, writeFile }
})

it('is said to be one, and no file is left behind at each start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-full-'))
  await expect(DataDirectory.open(folder)).rejects.toThrow(
    `the data directory ${folder} cannot be used (ENOSPC: no space left on device): make room there, or choose another`,
  )
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
})
