// The JSON paths that printer columns and field selectors use: `.spec.a`, `.spec.list[0]`, `.status.conditions[?(@.type=="Ready")].status`.
import { isObject } from '../../api/is-object.ts'

type Step = (value: unknown) => unknown

const STEP = /\.(?<field>[A-Za-z_][\w-]*)|\[(?<index>\d+)\]|\[\?\(@\.(?<key>\w+)==["'](?<wanted>[^"']*)["']\)\]/gy

/** Gives what stands at the path, or undefined. */
export function compileJsonPath(path: string): (root: unknown) => unknown {
  const steps: Step[] = []
  let length = 0
  for (const match of path.matchAll(STEP)) {
    steps.push(toStep(match.groups ?? {}))
    length += match[0].length
  }
  if (length !== path.length) throw new Error(`${path} is not a path that can be read here`)
  return (root) => steps.reduce((value, step) => step(value), root)
}

function toStep({ field, index, key = '', wanted }: Readonly<Record<string, string | undefined>>): Step {
  if (field !== undefined) return (value) => fieldOf(value, field)
  if (index !== undefined) return (value) => listOf(value)[Number(index)]
  return (value) => listOf(value).find((item) => fieldOf(item, key) === wanted)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function fieldOf(value: unknown, field: string): unknown {
  return isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined
}
