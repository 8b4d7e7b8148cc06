// What Python's ConfigParser makes of the values of an INI file by default: %(name)s stands for another value of the section or of
// [DEFAULT], whose values every section has, and %% for a percent sign.
import type { IniSection, IniValue } from './ini-section.ts'
import type { Migration } from './migration.ts'

type Values = IniSection['values']

const DEFAULTS = 'DEFAULT'
/** As Python has it. */
const MOST_STEPS = 10
const REFERENCE = /%(?:(%)|\(([^)]+)\)s)?/g

/** What cannot be resolved is refused, as Python refuses it. No value is repeated: it may be a secret. */
export function interpolateIni(
  sections: ReadonlyMap<string, IniSection>,
  migration: Migration,
): ReadonlyMap<string, IniSection> {
  const defaults: Values = sections.get(DEFAULTS)?.values ?? new Map<string, IniValue>()
  const own = [...sections].filter(([name]) => name !== DEFAULTS)
  const refused = new Set<string>()
  return new Map(
    own.map(([name, { place, values }]) => {
      const known: Values = new Map([...defaults, ...values])
      const resolved = [...known].map(([key, value]): [string, IniValue] => {
        const problems = new Set<string>()
        const text = resolveText(value.text, { known, problems, steps: MOST_STEPS })
        for (const problem of problems) {
          const told = `${String(value.place.line)} ${problem}`
          if (!refused.has(told)) migration.refuse(value.place, `${key} ${problem}`)
          refused.add(told)
        }
        return [key, values.has(key) ? { ...value, text } : { ...value, text, isInherited: true }]
      })
      return [name, { place, values: new Map(resolved) }]
    }),
  )
}

interface Resolving {
  readonly known: Values
  readonly problems: Set<string>
  readonly steps: number
}

function resolveText(text: string, { known, problems, steps }: Resolving): string {
  return text.replaceAll(REFERENCE, (whole, percent?: string, name?: string) => {
    // One that refers to itself often grows without end.
    if (problems.size > 0) return whole
    if (percent !== undefined) return percent
    if (name === undefined) {
      problems.add('has a percent sign that stands for nothing: write %% for one that is meant as it is')
      return whole
    }
    const value = known.get(name.toLowerCase())
    if (value === undefined) {
      problems.add(`refers to %(${name})s, which is neither in its section nor in [${DEFAULTS}]: add it`)
      return whole
    }
    if (steps > 0) return resolveText(value.text, { known, problems, steps: steps - 1 })
    problems.add('refers to itself, or to others over too many steps: write it out')
    return whole
  })
}
