// The generated parts of docs/spec/<kind>.md: fields, rules, columns, conditions and reasons. What stands around them is written by hand.
import { CONDITIONS } from '../../src/api/conditions.ts'
import { REASONS } from '../../src/api/reasons.ts'
import type { KindDefinition, Schema } from '../../src/api/schema.ts'

type Section = (definition: KindDefinition) => readonly string[]

const SECTIONS: Readonly<Record<string, Section>> = {
  spec: ({ schema }) => renderFields(partOf(schema, 'spec')),
  status: ({ schema }) => renderFields(partOf(schema, 'status')),
  rules: ({ schema }) => renderRules(schema),
  columns: renderColumns,
  conditions: renderConditions,
  reasons: renderReasons,
}

const MARKED = /<!-- generated: (\w+) -->\n[\s\S]*?<!-- end of generated: \1 -->/g

/** The page with every generated part renewed. Each part must have its place, once. */
export function renderPage(page: string, definition: KindDefinition): string {
  const missing = Object.keys(SECTIONS).filter((name) => page.split(`<!-- generated: ${name} -->`).length !== 2)
  if (missing.length > 0)
    throw new Error(`docs/spec page of ${definition.kind}: no single place for ${missing.join(', ')}`)
  return page.replaceAll(MARKED, (_, name: string) => {
    const lines = SECTIONS[name]?.(definition) ?? []
    const body = ['<!-- prettier-ignore-start -->', ...lines, '<!-- prettier-ignore-end -->'].join('\n')
    return `<!-- generated: ${name} -->\n${body}\n<!-- end of generated: ${name} -->`
  })
}

function partOf(schema: Schema, part: 'spec' | 'status'): Schema {
  const own = schema.properties?.[part]
  if (own === undefined) throw new Error(`no ${part}`)
  return own
}

function renderFields(schema: Schema): string[] {
  return ['| field | type | default | meaning |', '|---|---|---|---|', ...listRows(schema, '')]
}

function listRows(schema: Schema, path: string): string[] {
  const { properties = {}, required = [] } = schema
  return Object.entries(properties).flatMap(([key, child]) => {
    const own = path === '' ? key : `${path}.${key}`
    const value = child.default ?? child.blockDefault
    const fallback = value === undefined ? (required.includes(key) ? '**required**' : '') : code(value)
    return [row(`\`${own}\``, describeType(child), fallback, child.description ?? ''), ...listInside(child, own)]
  })
}

function listInside(schema: Schema, path: string): string[] {
  const { items } = schema
  return items === undefined ? listRows(schema, path) : listRows(items, `${path}[]`)
}

function describeType(schema: Schema): string {
  const { type, items, additionalProperties, minimum, maximum } = schema
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ')
  if (items !== undefined) return `list of ${describeItems(items)}, at most ${schema.maxItems}`
  if (additionalProperties !== undefined) return `map of texts, at most ${schema.maxProperties}`
  if (type === 'integer') return minimum === undefined || maximum === undefined ? 'integer' : `${minimum}–${maximum}`
  if (type === 'string') return schema.format === 'date-time' ? 'time' : `text, at most ${schema.maxLength}`
  return type
}

function describeItems(items: Schema): string {
  if (items.enum !== undefined) return items.enum.map(String).join(', ')
  return items.type === 'string' ? 'texts' : 'objects'
}

/** Every rule by the field it is about, in the words the apiserver refuses with. */
function renderRules(schema: Schema): string[] {
  return ['| field | rule |', '|---|---|', ...listRules(schema, '')]
}

function listRules(schema: Schema, path: string): string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message, fieldPath = '' }) =>
    row(`\`${path}${fieldPath}\``, message.replace(/^[A-Za-z0-9]+: /, '')),
  )
  const children = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    listRules(child, path === '' ? key : `${path}.${key}`),
  )
  const inside = schema.items ?? schema.additionalProperties
  return [...own, ...children, ...(inside === undefined ? [] : listRules(inside, `${path}[]`))]
}

function renderColumns({ printerColumns }: KindDefinition): string[] {
  const rows = printerColumns.map(({ name, priority, description, jsonPath }) =>
    row(name, (priority ?? 0) > 0 ? 'wide' : '', description, `\`${jsonPath}\``),
  )
  return ['| column | shown | meaning | from |', '|---|---|---|---|', ...rows]
}

function renderConditions({ kind }: KindDefinition): string[] {
  const rows = Object.entries(CONDITIONS)
    .filter(([, { kinds }]) => kinds.includes(kind))
    .map(([type, { meaning, onlyWhileTrue }]) =>
      row(`\`${type}\``, onlyWhileTrue === true ? 'while True' : 'always', meaning),
    )
  return ['| condition | there | meaning |', '|---|---|---|', ...rows]
}

function renderReasons({ kind }: KindDefinition): string[] {
  const rows = Object.entries(REASONS)
    .filter(([, { kinds }]) => kinds.includes(kind))
    .map(([reason, { meaning }]) => row(`\`${reason}\``, meaning))
  return ['| reason | meaning |', '|---|---|', ...rows]
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}
