import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DataDirectory } from './data-directory.ts'
import { findObject, type ObjectEntry, type StateChange, type StoreState } from './state.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-data-'))
})

afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

function pool(name: string, status: unknown = undefined): ObjectEntry {
  const metadata = { name, namespace: 'default', uid: `uid-${name}`, generation: 1, creationTimestamp: '' }
  return {
    kind: 'NodePool',
    metadata,
    specHash: '',
    spec: { selector: {} },
    status,
    place: { file: 'a.yaml', line: 1 },
  }
}

function statusOf(state: StoreState, name: string): unknown {
  return findObject(state, 'NodePool', { namespace: 'default', name })?.status
}

async function spyOnSync(): Promise<{ readonly calls: () => number; failOnce(message: string): void }> {
  const file = await open(folder, 'r')
  await file.close()
  const prototype = Object.getPrototypeOf(file) as { datasync(): Promise<void> }
  const spy = vi.spyOn(prototype, 'datasync')
  return {
    calls: () => spy.mock.calls.length,
    failOnce: (message) => void spy.mockRejectedValueOnce(new Error(message)),
  }
}

describe('the data directory', () => {
  it('remembers what was committed, and its identity', async () => {
    const first = await DataDirectory.open(folder)
    const { identity } = first.state.settings
    await first.commit(() => ({ put: [pool('a', { x: 1 }), pool('b')] }))
    await first.commit(() => ({ put: [pool('c')], remove: [{ kind: 'NodePool', namespace: 'default', name: 'b' }] }))
    await first.close()
    const second = await DataDirectory.open(folder)
    expect(second.state.settings.identity).toBe(identity)
    expect([...(second.state.entries.get('NodePool')?.keys() ?? [])]).toEqual(['default/a', 'default/c'])
    expect(statusOf(second.state, 'a')).toEqual({ x: 1 })
    await second.close()
  })

  it('keeps a second process out', async () => {
    const first = await DataDirectory.open(folder)
    await expect(DataDirectory.open(folder)).rejects.toThrow(`process ${process.pid} uses it (${join(folder, 'lock')})`)
    await first.close()
    await (await DataDirectory.open(folder)).close()
  })

  it('says what is wrong with a folder it cannot use', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    await expect(DataDirectory.open(file)).rejects.toThrow(
      `the data directory ${file} cannot be used (EEXIST: file already exists): choose another, or let this user write there`,
    )
    await mkdir(join(folder, 'data', 'state.jsonl.new'), { recursive: true })
    await expect(DataDirectory.open(join(folder, 'data'))).rejects.toThrow('cannot be used (EISDIR')
  })

  it('brings a burst to disk with few syncs, and answers nobody before that', async () => {
    const data = await DataDirectory.open(folder)
    const sync = await spyOnSync()
    const names = Array.from({ length: 500 }, (_, n) => `pool-${n}`)
    await Promise.all(
      names.map(async (name) => {
        await data.commit(() => ({ put: [pool(name, { done: true })] }))
        expect(await readFile(join(folder, 'state.jsonl'), 'utf8')).toContain(`"uid-${name}"`)
      }),
    )
    expect(sync.calls()).toBe(1)
    await data.close()
  })

  it('decides each change on what the ones before made of it', async () => {
    const data = await DataDirectory.open(folder)
    const count = (state: StoreState): StateChange => ({ put: [pool('a', Number(statusOf(state, 'a') ?? 0) + 1)] })
    await Promise.all([data.commit(count), data.commit(count), data.commit(count)])
    expect(statusOf(data.state, 'a')).toBe(3)
    await data.close()
  })

  it('forgets nobody who comes just when a save has ended', async () => {
    const data = await DataDirectory.open(folder)
    for (let turns = 0; turns < 20; turns += 1) {
      await data.commit(() => ({ put: [pool('a', turns)] }))
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
    }
    expect(statusOf(data.state, 'a')).toBe(19)
    await data.close()
  })

  it('rejects only the one whose decision fails, and writes nothing when there is nothing to write', async () => {
    const data = await DataDirectory.open(folder)
    const sync = await spyOnSync()
    const bad = data.commit(() => {
      throw new Error('conflict')
    })
    await Promise.all([expect(bad).rejects.toThrow('conflict'), data.commit(() => undefined)])
    expect(sync.calls()).toBe(0)
    await data.close()
  })

  it('keeps and shows the state from before when it cannot be saved, and saves again later', async () => {
    const data = await DataDirectory.open(folder)
    await data.commit(() => ({ put: [pool('a', 'old')] }))
    const heard = vi.fn()
    data.subscribe(heard)
    ;(await spyOnSync()).failOnce('ENOSPC: no space left on device, fdatasync')
    await expect(data.commit(() => ({ put: [pool('a', 'new')] }))).rejects.toMatchObject({
      kind: 'transient',
      message: `${folder} cannot be written to (ENOSPC: no space left on device); what was there is kept`,
    })
    expect(statusOf(data.state, 'a')).toBe('old')
    expect(heard).not.toHaveBeenCalled()
    await data.commit(() => ({ put: [pool('b')] }))
    await data.close()
    const again = await DataDirectory.open(folder)
    expect(statusOf(again.state, 'a')).toBe('old')
    expect(findObject(again.state, 'NodePool', { namespace: 'default', name: 'b' })).toBeDefined()
    await again.close()
  })

  it('has everything that was answered before a kill at any moment', { timeout: 60_000 }, async () => {
    const script = `
      import { DataDirectory } from ${JSON.stringify(new URL('data-directory.ts', import.meta.url).href)}
      const data = await DataDirectory.open(${JSON.stringify(folder)})
      const metadata = { name: 'a', namespace: 'default', uid: 'u', generation: 1, creationTimestamp: '' }
      const entry = { kind: 'NodePool', metadata, specHash: '', spec: {}, place: { file: 'a.yaml', line: 1 } }
      let n = data.state.entries.get('NodePool')?.get('default/a')?.status.n ?? 0
      for (;;) {
        n += 1
        await data.commit(() => ({ put: [{ ...entry, status: { n, text: 'x'.repeat(n % 5000) } }] }))
        process.stdout.write(n + '\\n')
      }`
    let answered = 0
    for (const afterMs of [1, 20, 70, 150]) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script])
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
      await expect.poll(() => output, { timeout: 20_000, interval: 5 }).not.toBe('')
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      child.kill('SIGKILL')
      await once(child, 'close')
      answered = Number(output.split('\n').at(-2))
      const data = await DataDirectory.open(folder)
      const { n = 0 } = statusOf(data.state, 'a') as { readonly n?: number }
      expect(n).toBeGreaterThanOrEqual(answered)
      expect(n).toBeLessThanOrEqual(answered + 1)
      await data.close()
    }
    expect(answered).toBeGreaterThan(4)
  })

  it('checks specs again that were checked with other schemas', async () => {
    const first = await DataDirectory.open(folder)
    await first.commit(() => ({
      settings: { schemas: 'earlier' },
      put: [pool('good'), { ...pool('bad'), spec: { selector: {}, minMembers: 'many' } }],
    }))
    await first.close()
    const second = await DataDirectory.open(folder)
    const find = (name: string): ObjectEntry | undefined =>
      findObject(second.state, 'NodePool', { namespace: 'default', name })
    expect(find('good')?.spec).toMatchObject({ selector: {}, minMembers: 1 })
    expect(find('bad')).toMatchObject({
      problem: expect.stringMatching(/^a\.yaml:1: does not fit this version of Stoa: spec\.minMembers/) as string,
    })
    expect(find('bad')?.spec).toBeUndefined()
    await second.close()
  })
})
