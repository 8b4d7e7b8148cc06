// Objects that are one change away from a good one: what the table forgot to ask.
import fc from 'fast-check'
import type { ApiCase } from './load.ts'

export interface Mutation {
  readonly name: string
  readonly object: Readonly<Record<string, unknown>>
}

type Path = readonly (string | number)[]

/** Values at the edges of what schemas and rules tell apart. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 65536, 2147483648, [], {}, [null], [[]], { a: null }],
  ...['', ' ', 'a', 'A', '1', 'a b', 'é', 'a\n', '\u0000', 'x'.repeat(64), 'x'.repeat(254), '😀'.repeat(60)],
  ...['a.b', '*', '*.a.b', '{member}', '{member}.a', 'a.{member}{region}.b', '-a.b', 'a_b.c'],
  ...[
    '1.2.3.4',
    '01.2.3.4',
    '::1',
    '::ffff:1',
    '::ffff:1:2',
    '1::2::3',
    '0001::',
    '00001::',
    'fe80::1%1',
    '1:2:3:4:5:6:1.2.3.4',
  ],
  ...['1.2.3.4/8', '1.2.3.4/08', '10.0.0.1/33', '::/0', '1::/129', '::ffff:1.2.3.4/100'],
  ...['https://[::1]:80/', 'https://[::1', 'http://a', 'http://a:99999', 'tcp://a:1', 'a:0', '[::1]:1'],
  ...['true', '200', '100-599', '300-200', '200-', 'Geo', 'All', 'IPv6'],
]

/** The same ones for the same seed. */
export function sampleMutations(cases: readonly ApiCase[], count: number, seed: number): readonly Mutation[] {
  const places = cases.flatMap((one) =>
    listPaths(one.object, [])
      .filter(isWorthwhile)
      .map((path) => ({ one, path })),
  )
  const change = fc.oneof(fc.constantFrom(...VALUES), fc.constant(REMOVED))
  return fc
    .sample(fc.tuple(fc.constantFrom(...places), change), { numRuns: count, seed })
    .map(([{ one, path }, value]) => ({
      name: `${one.name}, with ${path.join('.')} ${value === REMOVED ? 'removed' : `= ${JSON.stringify(value)}`}`,
      object: replaceAt(one.object, path, value) as Mutation['object'],
    }))
}

const REMOVED = Symbol('removed')

/** The kind and the namespace say where to send it, and the status is ignored. */
function isWorthwhile([first, second]: Path): boolean {
  return first === 'spec' || (first === 'metadata' && second !== undefined && second !== 'namespace')
}

function listPaths(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return [
    path,
    ...steps.flatMap((step) => listPaths((value as Record<string | number, unknown>)[step], [...path, step])),
  ]
}

function replaceAt(value: unknown, [step, ...rest]: Path, next: unknown): unknown {
  if (step === undefined) return next
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => {
      const changed = index === step ? replaceAt(item, rest, next) : item
      return changed === REMOVED ? [] : [changed]
    })
  }
  const from = value as Readonly<Record<string, unknown>>
  const entries = Object.entries(from).map(([key, child]) => [key, key === step ? replaceAt(child, rest, next) : child])
  return Object.fromEntries(entries.filter(([, child]) => child !== REMOVED))
}
