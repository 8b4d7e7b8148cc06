// Annotations that a person gives by command, over a real data directory.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../cli/system-clock.ts'
import { DataDirectory, readSavedState } from './data-directory.ts'
import { createFolderSource } from './folder-source.ts'
import { GitStore } from './git-store.ts'
import { findObject } from './state.ts'

const KEY = { namespace: 'default', name: 'edge' }
const APPROVE = 'dns.stoa.dev/approve'

let base: string
let stop: () => Promise<void>
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'stoa-given-'))
  await mkdir(join(base, 'tree'))
  stop = () => Promise.resolve()
})
afterEach(async () => {
  await stop()
  await rm(base, { recursive: true })
})

async function write(minMembers: number, annotations: object): Promise<void> {
  const metadata = { name: 'edge', annotations }
  const pool = { apiVersion: 'dns.stoa.dev/v1alpha1', kind: 'NodePool', metadata, spec: { selector: {}, minMembers } }
  await writeFile(join(base, 'tree', 'pool.json'), JSON.stringify(pool))
}

async function start(): Promise<GitStore> {
  const data = await DataDirectory.open(join(base, 'data'))
  const source = createFolderSource(join(base, 'tree'))
  const store = new GitStore({ source, data, clock: systemClock, random: Math.random, environment: {} })
  const stopping = new AbortController()
  const running = store.run(stopping.signal)
  stop = async () => {
    stopping.abort()
    await running
    await data.close()
  }
  await store.whenSynced(stopping.signal)
  return store
}

const annotationsOf = (store: GitStore): unknown => store.get('NodePool', KEY)?.metadata.annotations

it('stand beside those of the manifest, are heard of, and outlive a restart', async () => {
  await write(1, { team: 'web' })
  const first = await start()
  const heard: string[] = []
  first.subscribe(({ kind, name }) => heard.push(`${kind} ${name}`))
  await first.annotate('NodePool', KEY, { [APPROVE]: 'a' })
  await first.annotate('NodePool', KEY, { [APPROVE]: 'a' })
  expect(heard).toEqual(['NodePool edge'])
  await stop()
  const second = await start()
  expect(annotationsOf(second)).toEqual({ team: 'web', [APPROVE]: 'a' })
  expect(second.get('NodePool', KEY)?.metadata.generation).toBe(1)
})

it('stay when the manifest gets other labels, and go when its spec is another one', async () => {
  await write(1, { team: 'web' })
  const store = await start()
  await store.annotate('NodePool', KEY, { [APPROVE]: 'a' })
  await write(1, { team: 'dns' })
  await expect.poll(() => annotationsOf(store)).toEqual({ team: 'dns', [APPROVE]: 'a' })
  await write(2, { team: 'dns' })
  await expect.poll(() => annotationsOf(store)).toEqual({ team: 'dns' })
})

it('are refused for what is not there', async () => {
  const store = await start()
  await expect(store.annotate('NodePool', KEY, { [APPROVE]: 'a' })).rejects.toThrow('there is no NodePool default/edge')
})

it('can be seen in the data directory, while it is in use and afterwards', async () => {
  expect(await readSavedState(join(base, 'data'))).toBeUndefined()
  await write(1, {})
  const store = await start()
  await store.annotate('NodePool', KEY, { [APPROVE]: 'a' })
  const look = async (): Promise<unknown> => {
    const state = await readSavedState(join(base, 'data'))
    return state && findObject(state, 'NodePool', KEY)?.given
  }
  expect(await look()).toEqual({ [APPROVE]: 'a' })
  await stop()
  expect(await look()).toEqual({ [APPROVE]: 'a' })
})
