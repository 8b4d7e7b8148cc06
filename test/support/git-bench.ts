// A world for the contract of stores: a repository or a folder to write manifests to, and a data directory.
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest, StoreBench } from '../contracts/store-contract.ts'
import { GitRepository } from './git-repository.ts'
import { systemClock } from '../../src/cli/system-clock.ts'
import type { ObjectKey } from '../../src/store/store.ts'
import { DataDirectory } from '../../src/store/git/data-directory.ts'
import { createFolderSource } from '../../src/store/git/folder-source.ts'
import { createGitSource } from '../../src/store/git/git-source.ts'
import { GitStore } from '../../src/store/git/git-store.ts'
import { locateSource } from '../../src/store/git/locate-source.ts'
import type { TreeSource } from '../../src/store/git/tree-source.ts'

export const GIT_STORE_SKIPS = { services: 'other kinds than ours, Node and Namespace are not read from Git' }

export async function startGitBench(withGit: boolean): Promise<StoreBench> {
  const repository = await GitRepository.create()
  const folder = await mkdtemp(join(tmpdir(), 'stoa-bench-'))
  let data: DataDirectory | undefined
  const fileOf = ({ kind, metadata }: Manifest): string => `${kind}-${metadata.name}.json`
  const commit = async (): Promise<void> => {
    if (withGit) await repository.commit()
  }
  const openSource = async (): Promise<TreeSource> => {
    const location = await locateSource(repository.path, '/')
    if (!withGit || location.kind === 'folder') return createFolderSource(repository.path)
    return createGitSource({ location, checkouts: join(folder, 'checkouts') })
  }
  /** All files at once, as Kubernetes does it. */
  const putFiles = async (path: string, values: Readonly<Record<string, string>>): Promise<void> => {
    await mkdir(path, { recursive: true })
    const version = await mkdtemp(join(path, '..version-'))
    for (const [key, value] of Object.entries(values)) {
      await writeFile(join(version, key), value)
      await symlink(join('..data', key), join(path, key)).catch(() => undefined)
    }
    await symlink(version, join(path, '..next'))
    await rename(join(path, '..next'), join(path, '..data'))
  }
  const secretPath = (key: ObjectKey): string => join(folder, 'secrets', key.namespace, key.name)
  const configMapPath = (key: ObjectKey): string => join(folder, 'configmaps', key.namespace, key.name)
  await commit()
  return {
    namespace: 'bench',
    async open() {
      await data?.close()
      data = await DataDirectory.open(folder)
      return new GitStore({
        source: await openSource(),
        data,
        clock: systemClock,
        random: Math.random,
        environment: {},
        secretPollMs: 20,
      })
    },
    async put(manifest) {
      await repository.write(fileOf(manifest), JSON.stringify(manifest))
      await commit()
    },
    async remove(manifest) {
      await repository.delete(fileOf(manifest))
      await commit()
    },
    putSecret: (key, values) => putFiles(secretPath(key), values),
    removeSecret: (key) => rm(secretPath(key), { recursive: true }),
    async readConfigMap(key) {
      const names = await readdir(configMapPath(key)).catch(() => undefined)
      if (names === undefined) return undefined
      const visible = names.filter((name) => !name.startsWith('.'))
      const entries = visible.map(
        async (name) => [name, await readFile(join(configMapPath(key), name), 'utf8')] as const,
      )
      return Object.fromEntries(await Promise.all(entries))
    },
    async putConfigMap(key, values) {
      await mkdir(configMapPath(key), { recursive: true })
      for (const [name, value] of Object.entries(values)) await writeFile(join(configMapPath(key), name), value)
    },
    async stop() {
      await data?.close()
      await repository.remove()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
