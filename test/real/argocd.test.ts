// The scripts for Argo CD in the hands of Argo CD itself: the same tables as in test/argocd-scripts.test.ts, through its own command.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { KIND_NAMES } from '../../src/api/kinds.ts'
import { findOnPath, runCommand } from './support/process.ts'

const argocd = findOnPath('argocd')
const why = argocd === undefined ? ' (skipped: argocd is not on the PATH)' : ''
const scripts = fileURLToPath(new URL('../../argocd/resource_customizations/dns.stoa.dev/', import.meta.url))
const settings = fileURLToPath(new URL('../../argocd/config/argocd-cm-patch.yaml', import.meta.url))

interface HealthTest {
  readonly inputPath: string
  readonly healthStatus: { readonly status: string; readonly message: string }
}

interface ActionTests {
  readonly discoveryTests: readonly {
    readonly inputPath: string
    readonly result: readonly { readonly name: string; readonly disabled: boolean }[]
  }[]
  readonly actionTests: readonly {
    readonly action: string
    readonly inputPath: string
    readonly expectedOutputPath: string
  }[]
}

function read<Table>(path: string): Table {
  return parse(readFileSync(`${scripts}${path}`, 'utf8')) as Table
}

/** What it prints on its standard output: the log goes elsewhere. */
async function ask(command: readonly string[]): Promise<string> {
  const args = ['admin', 'settings', 'resource-overrides', ...command, '--argocd-cm-path', settings]
  const { code, stdout, stderr } = await runCommand(argocd ?? 'argocd', args)
  if (code !== 0) throw new Error(`argocd ${args.join(' ')}: ${stderr}`)
  return stdout
}

describe.skipIf(argocd === undefined).each(KIND_NAMES)(`%s in Argo CD${why}`, (kind) => {
  const { tests } = read<{ readonly tests: readonly HealthTest[] }>(`${kind}/health_test.yaml`)
  const { discoveryTests, actionTests } = read<ActionTests>(`${kind}/actions/action_test.yaml`)

  it.each(tests.map(({ inputPath, healthStatus }) => [inputPath, healthStatus] as const))(
    'is judged from %s',
    async (path, { status, message }) => {
      const answer = await ask(['health', `${scripts}${kind}/${path}`])
      expect(answer).toContain(`STATUS: ${status}\n`)
      // Of what is being deleted Argo CD asks no script.
      const isLeaving = 'deletionTimestamp' in read<{ readonly metadata: object }>(`${kind}/${path}`).metadata
      expect(answer).toContain(`MESSAGE: ${isLeaving ? 'Pending deletion' : message}\n`)
    },
  )

  const offers = discoveryTests.map(({ inputPath, result }) => [inputPath, result] as const)
  it.each(offers)('has its actions from %s', async (path, result) => {
    const answer = await ask(['list-actions', `${scripts}${kind}/actions/${path}`])
    for (const { name, disabled } of result) expect(answer).toMatch(new RegExp(`^${name} +${String(disabled)}`, 'm'))
  })

  const runs = actionTests.map((run) => [run.action, run.inputPath, run.expectedOutputPath] as const)
  it.each(runs)('does %s to %s', async (action, before, after) => {
    const answer = await ask(['run-action', `${scripts}${kind}/actions/${before}`, action])
    expect(/^[<>]/m.test(answer), answer).toBe(before !== after)
  })
})
