// The scripts by which Argo CD shows and handles our resources, run as it runs them.
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { renderArgocdConfig } from '../scripts/generate/argocd.ts'
import { summarizeReady, type ReadySummary } from '../src/api/conditions.ts'
import { API_VERSION, KIND_NAMES, type KindName, type StoaObject } from '../src/api/kinds.ts'
import { parseObject } from '../src/api/parse-object.ts'
import { REASONS, type Reason } from '../src/api/reasons.ts'
import { computeArgoHealth, type ObservedObject } from './kstatus.ts'
import { runLua } from './support/lua.ts'
import { listSchemaProblems } from './support/status-builders.ts'

const root = new URL('../argocd/resource_customizations/dns.stoa.dev/', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const load = (path: string): unknown => parse(read(path))
const healthScript = read('DynamicDNSRecord/health.lua')

interface Health {
  readonly status: string
  readonly message: string
}
const judge = (object: unknown, script = healthScript): Health => runLua(script, object) as Health

/** In Lua an empty list and an empty object are the same. */
function normalize(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? {} : value.map(normalize)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalize(item)]))
}

describe('the machine that runs the scripts', () => {
  it.each(['string', 'math', 'os', 'io', 'debug'])('has no %s, as in Argo CD', (library) => {
    expect(() => runLua(`return ${library}.x`, {})).toThrow(library)
  })

  it('gives the time on request, and nothing else of the system', () => {
    expect(runLua('local os = require("os") return { os.date("!%Y") ~= nil, os.execute == nil }', {})).toEqual([
      true,
      true,
    ])
  })
})

describe.each(KIND_NAMES)('%s in Argo CD', (kind) => {
  const script = read(`${kind}/health.lua`)
  const { tests } = load(`${kind}/health_test.yaml`) as {
    tests: readonly { readonly healthStatus: Health; readonly inputPath: string }[]
  }

  it.each(tests.map(({ inputPath, healthStatus }) => [inputPath, healthStatus] as const))('%s', (path, expected) => {
    expect(judge(load(`${kind}/${path}`), script)).toEqual(expected)
  })

  it('has a test for every sample, and every sample is a valid object', () => {
    const samples = readdirSync(new URL(`${kind}/testdata/`, root)).map((file) => `testdata/${file}`)
    expect(tests.map(({ inputPath }) => inputPath).sort()).toEqual(samples.sort())
    for (const path of samples) {
      const object = load(`${kind}/${path}`)
      expect(parseObject(object), path).toMatchObject({ kind: 'ok' })
      expect(listSchemaProblems(object as StoaObject), path).toEqual([])
    }
  })

  it('is judged by the same script as the other kinds', () => {
    expect(script).toBe(healthScript)
  })

  it('shows the message of every reason it can have, as it is', () => {
    for (const [reason, { meaning, kinds }] of Object.entries(REASONS)) {
      if (!kinds.includes(kind)) continue
      const expected = { ready: 'Healthy', progressing: 'Progressing', retrying: 'Progressing', stalled: 'Degraded' }
      for (const [state, status] of Object.entries(expected)) {
        const say = { kind: state as ReadySummary['kind'], reason: reason as Reason, message: meaning }
        const conditions = summarizeReady([], say, { generation: 1, now: 0 })
        const object = { metadata: { generation: 1 }, spec: {}, status: { observedGeneration: 1, conditions } }
        expect(judge(object, script), `${state} ${reason}`).toEqual({ status, message: meaning })
      }
    }
  })

  describeActions(kind)
})

interface ActionTests {
  readonly discoveryTests: readonly {
    readonly inputPath: string
    readonly result: readonly { readonly name: string }[]
  }[]
  readonly actionTests: readonly {
    readonly action: string
    readonly inputPath: string
    readonly expectedOutputPath: string
  }[]
}

function describeActions(kind: KindName): void {
  const folder = `${kind}/actions`
  const { discoveryTests, actionTests } = load(`${folder}/action_test.yaml`) as ActionTests
  const scriptOf = (action: string): string => read(`${folder}/${action}/action.lua`)
  const withFixedTime = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replace(/argocd-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'argocd-2026-11-21T03:00:00Z'))

  it.each(discoveryTests)('offers its actions for $inputPath', ({ inputPath, result }) => {
    const found = runLua(read(`${folder}/discovery.lua`), load(`${folder}/${inputPath}`)) as Record<string, object>
    const listed = Object.entries(found).map(([name, action]) => ({ name, ...action }))
    expect(listed.sort((a, b) => a.name.localeCompare(b.name))).toEqual(result)
  })

  it.each(actionTests)(
    '$action of $inputPath gives $expectedOutputPath',
    ({ action, inputPath, expectedOutputPath }) => {
      const output = withFixedTime(runLua(scriptOf(action), load(`${folder}/${inputPath}`)))
      expect(output).toEqual(normalize(load(`${folder}/${expectedOutputPath}`)))
    },
  )

  it('takes the same action twice like once, and leaves a valid object', () => {
    for (const { action, inputPath } of actionTests) {
      const input = load(`${folder}/${inputPath}`)
      const once = withFixedTime(runLua(scriptOf(action), input))
      expect(withFixedTime(runLua(scriptOf(action), once))).toEqual(once)
      expect(once).toMatchObject({ apiVersion: API_VERSION, kind })
    }
  })

  it('has a test for every action', () => {
    const [first] = discoveryTests
    const actions = readdirSync(new URL(`${folder}/`, root)).filter((name) => !/[.]|testdata/.test(name))
    expect(first?.result.map(({ name }) => name)).toEqual(actions.sort())
    expect([...new Set(actionTests.map(({ action }) => action))].sort()).toEqual(actions)
  })
}

describe('the health script', () => {
  const condition = fc.record({
    type: fc.constantFrom('Ready', 'Reconciling', 'Stalled', 'Programmed'),
    status: fc.constantFrom('True', 'False', 'Unknown'),
    reason: fc.constant('SomeReason'),
    message: fc.constant('words'),
    observedGeneration: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    lastTransitionTime: fc.constant('2026-11-21T03:00:00Z'),
  })
  const status = fc.record(
    {
      observedGeneration: fc.integer({ min: -1, max: 3 }),
      conditions: fc.uniqueArray(condition, { selector: ({ type }) => type }),
    },
    { requiredKeys: [] },
  )
  const object = fc.record(
    {
      metadata: fc.record({ generation: fc.integer({ min: 1, max: 2 }) }),
      spec: fc.record({ suspend: fc.boolean() }, { requiredKeys: [] }),
      status,
    },
    { requiredKeys: ['metadata'] },
  )

  it('judges every object as our own model of Argo CD does', () => {
    fc.assert(
      // JSON, because what is undefined is not there.
      fc.property(object, (value) => {
        const sent = JSON.parse(JSON.stringify(value)) as ObservedObject
        expect(judge(sent).status).toBe(computeArgoHealth(sent))
      }),
      { numRuns: 500 },
    )
  })

  it.each([{}, { metadata: {} }, { metadata: { generation: 1 }, spec: {}, status: {} }])('stands %j', (value) => {
    expect(judge(value)).toMatchObject({ status: 'Progressing' })
  })
})

it('is in argocd-cm as it is here: npm run generate', () => {
  for (const [path, text] of renderArgocdConfig(root)) {
    expect(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'), path).toBe(text)
    const file = parse(text) as { data?: Record<string, string>; configs?: { cm: Record<string, string> } }
    const settings = file.data ?? file.configs?.cm ?? {}
    expect(settings['resource.customizations.health.dns.stoa.dev_NodePool']).toBe(healthScript)
    // Any other key breaks all of Argo CD's settings.
    for (const key of Object.keys(settings))
      expect(key).toMatch(
        /^resource\.customizations\.(?:health|actions|ignoreResourceUpdates)\.dns\.stoa\.dev_[A-Za-z]+$/,
      )
  }
})
