import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFolderSource } from './folder-source.ts'
import { listManifests } from './list-manifests.ts'

const never = new AbortController().signal
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-folder-'))
  await mkdir(join(folder, 'apps', 'deep'), { recursive: true })
})

afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a plain folder', () => {
  it('is given when it has come to rest', async () => {
    const source = createFolderSource(folder, 'apps')
    const fetched = source.fetch(never)
    for (const name of ['a', 'b', 'c']) {
      await new Promise((resolve) => setTimeout(resolve, 80))
      await writeFile(join(folder, 'apps', `${name}.yaml`), name)
    }
    const { fingerprint } = await listManifests(join(folder, 'apps'), 'apps')
    expect(await fetched).toEqual({ root: join(folder, 'apps'), prefix: 'apps', fingerprint })
  })

  it.each(['apps/a.yaml', 'apps/deep/a.yaml'])('is heard of soon when %s changes', async (file) => {
    const onChange = vi.fn()
    const end = await createFolderSource(folder, 'apps').watch(onChange)
    try {
      await writeFile(join(folder, file), 'a')
      await expect.poll(() => onChange.mock.calls.length, { interval: 5 }).toBe(1)
    } finally {
      end()
    }
  })

  it('is silent when something else changes, and once nobody listens', async () => {
    const onChange = vi.fn()
    const end = await createFolderSource(folder).watch(onChange)
    await writeFile(join(folder, 'notes.txt'), 'a')
    await new Promise((resolve) => setTimeout(resolve, 150))
    end()
    await writeFile(join(folder, 'a.yaml'), 'a')
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(onChange).not.toHaveBeenCalled()
  })

  it('that is not there says so, and is heard of when it is', async () => {
    const source = createFolderSource(folder, 'later')
    await expect(source.fetch(never)).rejects.toThrow(`the folder ${join(folder, 'later')} does not exist`)
    const onChange = vi.fn()
    const end = await source.watch(onChange)
    await mkdir(join(folder, 'later'))
    await expect.poll(() => onChange.mock.calls.length, { interval: 5 }).toBe(1)
    end()
  })
})
