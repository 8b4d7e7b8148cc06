// What the commands show of a Stoa without a cluster that does not run at the moment.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand, type CommandOutcome } from '../../../test/support/command-bench.ts'
import { DataDirectory } from '../../store/git/data-directory.ts'
import { createFolderSource } from '../../store/git/folder-source.ts'
import { GitStore } from '../../store/git/git-store.ts'
import { systemClock } from '../system-clock.ts'

const MANIFESTS = `apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata: {name: www, namespace: web}
spec: {hostnames: [www.shop.test], targets: [{addresses: [192.0.2.1]}]}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
`

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'stoa-saved-'))
  await mkdir(join(base, 'tree'))
  await writeFile(join(base, 'tree', 'all.yaml'), MANIFESTS)
  const data = await DataDirectory.open(join(base, 'stoa-data'))
  const store = new GitStore({
    source: createFolderSource(join(base, 'tree')),
    data,
    clock: systemClock,
    random: Math.random,
  })
  const stopping = new AbortController()
  const running = store.run(stopping.signal)
  await store.whenSynced(stopping.signal)
  stopping.abort()
  await running
  await data.close()
})
afterEach(() => rm(base, { recursive: true }))

/** The folder of that name that is there is found without a flag. */
const run = (...args: readonly string[]): Promise<CommandOutcome> => runCommand(args, { cwd: base })

it('is the last state, with a note that it is old', async () => {
  const { code, stdout, stderr } = await run('get', 'records')
  expect(code).toBe(0)
  expect(stdout).toMatch(/\nweb +www +www\.shop\.test/)
  const note = `note: no Stoa runs with ${join(base, 'stoa-data')}: this is what it had saved last`
  expect(stderr).toBe(`${note}; to go on, start it (stoa run --git …)\n`)
  expect((await run('get', 'nodes')).stdout).toContain('n1')
  expect((await run('status', 'web/www')).stdout).toContain('in all.yaml:1 of')
  expect((await run('orphans')).code).toBe(0)
})

it.each([
  [['refresh', 'web/www']],
  [['approve', 'web/www', '0123456789abcdef', '--yes']],
  [['approve', 'removals']],
  [['refresh', '--all']],
])('%j needs a running one', async (args) => {
  const { code, stderr } = await run(...args)
  expect(code).toBe(1)
  expect(stderr).toMatch(/no Stoa runs with .* start it \(stoa run --git …\)/)
})

it('says what is wrong with a state that is damaged, as a start does', async () => {
  const state = join(base, 'stoa-data', 'state.jsonl')
  await writeFile(state, 'nonsense\n')
  await rm(`${state}.previous`, { force: true })
  const sentence = `${state} and its previous version are damaged: restore them from a backup`
  expect((await run('get')).stderr).toContain(sentence)
  const { code, stdout } = await run('doctor')
  expect(code).toBe(1)
  expect(stdout).toContain(sentence)
})

it('is the version before the last, where only the last is damaged', async () => {
  const state = join(base, 'stoa-data', 'state.jsonl')
  await rename(state, `${state}.previous`)
  await writeFile(state, 'nonsense\n')
  expect((await run('get', 'records')).stdout).toMatch(/\nweb +www/)
})

it('is a finding of stoa doctor', async () => {
  const { code, stdout } = await run('doctor')
  expect(code).toBe(1)
  expect(stdout).toMatch(/✗ no Stoa runs with this data directory: .* start it \(stoa run --git …\)\n/)
  expect(stdout).toMatch(/· folder \S*\/tree: applied at /)
})

it('gives way to a cluster that is asked for', async () => {
  const { stderr } = await run('get', '--kubeconfig', '/nowhere')
  expect(stderr).toMatch(/^error: the kubeconfig \/nowhere cannot be read/)
  expect((await run('get', '--kubeconfig', '/nowhere', '--data', 'x')).code).toBe(64)
  expect((await runCommand(['get'], { cwd: base, env: { STOA_KUBECONFIG: '/nowhere' } })).stderr).toContain('/nowhere')
  expect((await runCommand(['get'], { cwd: '/', env: { STOA_DATA: join(base, 'stoa-data') } })).code).toBe(0)
})

it('says what is wrong with a data directory whose path has no room for a socket', async () => {
  const { code, stderr } = await run('get', '--data', 'x'.repeat(120))
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^error: .*x\/control\.sock is too long for a socket: use a data directory with a shorter path/,
  )
  expect(stderr).not.toContain('unexpected')
})
