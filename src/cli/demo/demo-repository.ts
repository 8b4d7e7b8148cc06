// The Git repository of a demo: made from examples/demo, and edited by the demo's own commands as a person would.
import { execFile } from 'node:child_process'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseDocument, type Document } from 'yaml'
import { CommandError } from '../command-error.ts'
import type { OutsideWorld } from './outside-world.ts'

const run = promisify(execFile)
const TAINTS = ['DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler'] as const
/** Nobody's own hooks or signing keys take part. */
const GIT_SETTINGS = [...['commit.gpgsign=false', 'core.hooksPath=/dev/null', 'init.defaultBranch=main']].flatMap(
  (setting) => ['-c', setting],
)

export async function createDemoRepository(folder: string, world: OutsideWorld): Promise<void> {
  await cp(await findExample(), folder, { recursive: true })
  await edit(join(folder, 'wan.yaml'), (manifest) => {
    manifest.setIn(
      ['spec', 'stun', 'servers'],
      world.stunPorts.map((port) => `127.0.0.1:${port}`),
    )
    manifest.setIn(['spec', 'http', 'urls'], [`http://127.0.0.1:${world.checkPort}/`])
  })
  await git(folder, ['init', '--quiet', '--template='])
  // Whoever edits it may never have told git who they are.
  await git(folder, ['config', 'user.name', 'Stoa demo'])
  await git(folder, ['config', 'user.email', 'demo@stoa.test'])
  await commit(folder, 'The demo')
}

/** What the autoscaler does: it marks a candidate first, and then means it. Returns what is on the node now. */
export async function taintNode(repository: string, node: string, both: boolean): Promise<readonly string[]> {
  let taints: readonly string[] = []
  await edit(nodeFile(repository, node), (manifest) => {
    const present = readTaints(manifest)
    taints = both || present.length > 0 ? TAINTS : TAINTS.slice(0, 1)
    manifest.setIn(
      ['spec', 'taints'],
      taints.map((key) => ({ key, effect: 'NoSchedule' })),
    )
  })
  await commit(repository, `Taint ${node}`)
  return taints
}

export async function untaintNode(repository: string, node: string): Promise<void> {
  await edit(nodeFile(repository, node), (manifest) => manifest.deleteIn(['spec']))
  await commit(repository, `Untaint ${node}`)
}

function readTaints(manifest: Document): readonly unknown[] {
  const { spec } = manifest.toJS() as { readonly spec?: { readonly taints?: readonly unknown[] } }
  return spec?.taints ?? []
}

function nodeFile(repository: string, node: string): string {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(node)) throw new CommandError(`${node} is no name of a node`)
  return join(repository, 'nodes', `${node}.yaml`)
}

async function edit(path: string, change: (manifest: Document) => void): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new CommandError(`there is no ${path}: the demo has node-1, node-2 and node-3`)
  })
  const manifest = parseDocument(text)
  change(manifest)
  await writeFile(path, manifest.toString())
}

async function commit(folder: string, message: string): Promise<void> {
  await git(folder, ['add', '--all'])
  await git(folder, ['commit', '--quiet', '--allow-empty', '--message', message])
}

async function git(folder: string, args: readonly string[]): Promise<void> {
  try {
    await run('git', ['-C', folder, ...GIT_SETTINGS, ...args])
  } catch (error) {
    const { stderr = '', code } = error as { readonly stderr?: string; readonly code?: unknown }
    if (code === 'ENOENT') throw new CommandError('git is not installed, and the demo needs it')
    throw new CommandError(`git ${args[0]} failed in ${folder}: ${stderr.trim()}`)
  }
}

/** Beside the bundle in a checkout, or two folders further up where the sources run. */
async function findExample(): Promise<string> {
  for (const way of ['../examples/demo', '../../../examples/demo']) {
    const path = fileURLToPath(new URL(way, import.meta.url))
    const isThere = await readFile(join(path, 'shop.yaml')).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  throw new CommandError('examples/demo is missing beside the program: run it in a checkout')
}
