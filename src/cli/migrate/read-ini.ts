// INI files as Python's ConfigParser reads them, with the line of every value.
import type { IniSection, IniValue } from './ini-section.ts'
import { interpolateIni } from './interpolate-ini.ts'
import type { Migration, Place } from './migration.ts'

interface OpenSection {
  readonly place: Place
  readonly values: Map<string, IniValue>
}

const SECTION = /^\[([^\]]+)\]/
const ENTRY = /^([^=:\s][^=:]*?)\s*[=:]\s*(.*)$/

/**
 * By name, as written. Lines that mean nothing are refused, as Python refuses them. All of it may be indented, as in a copy out of a
 * ConfigMap: only what stands further in than the entry above it continues that.
 */
export function readIni(text: string, file: string, migration: Migration): ReadonlyMap<string, IniSection> {
  const sections = new Map<string, OpenSection>()
  let section: OpenSection | undefined
  let lastKey: string | undefined
  let indent = 0
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const place = { file, line: index + 1 }
    if (/^\s*(?:[#;]|$)/.test(line)) continue
    const content = line.trim()
    const column = line.search(/\S/)
    if (lastKey !== undefined && column > indent) {
      appendLine(section, lastKey, content)
      continue
    }
    indent = column
    const name = SECTION.exec(content)?.[1]
    if (name !== undefined) {
      if (sections.has(name)) migration.refuse(place, `[${name}] is there twice: make it one`)
      section = { place, values: new Map() }
      sections.set(name, section)
      lastKey = undefined
      continue
    }
    lastKey = addEntry(section, content, place, migration)
  }
  return interpolateIni(sections, migration)
}

function appendLine(section: OpenSection | undefined, key: string, more: string): void {
  const value = section?.values.get(key)
  if (section !== undefined && value !== undefined)
    section.values.set(key, { ...value, text: `${value.text}\n${more}` })
}

/** The key, for lines that continue its value. What the line says is not repeated: it may be a secret. */
function addEntry(
  section: OpenSection | undefined,
  line: string,
  place: Place,
  migration: Migration,
): string | undefined {
  const [, rawKey, text = ''] = ENTRY.exec(line) ?? []
  if (rawKey === undefined || section === undefined) {
    migration.refuse(
      place,
      section === undefined ? 'stands before any [section]' : 'is neither key = value nor a [section]',
    )
    return undefined
  }
  const key = rawKey.toLowerCase()
  if (section.values.has(key)) migration.refuse(place, `${key} is written twice: remove one of the two`)
  section.values.set(key, { text: text.trim(), place })
  return key
}
