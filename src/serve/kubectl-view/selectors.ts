// Label and field selectors as kubectl sends them, made into one question to an object.
import type { LabelRequirement } from '../../api/generated/node-pool.ts'
import { matchesSelector } from '../../api/label-selector.ts'
import { compileJsonPath } from './json-path.ts'
import type { RawObject } from './raw-object.ts'
import type { ViewDefinition } from './view-kinds.ts'

export type Matcher = (object: RawObject) => boolean

export class UnreadableSelector extends Error {}

const LABEL_TERM =
  /\s*(?:(?<absent>![\s]*)?(?<key>[\w./-]+)\s*(?:(?<sign>==|=|!=)\s*(?<value>[\w.-]*)|\s(?<word>in|notin)\s*\((?<values>[^()]*)\))?)\s*(?:,|$)/y

export function parseLabelSelector(text: string): Matcher {
  const matchExpressions: LabelRequirement[] = []
  LABEL_TERM.lastIndex = 0
  while (LABEL_TERM.lastIndex < text.length) {
    const at = LABEL_TERM.lastIndex
    const groups = LABEL_TERM.exec(text)?.groups
    if (groups === undefined) throw new UnreadableSelector(`the label selector cannot be read from ${text.slice(at)}`)
    matchExpressions.push(toRequirement(groups))
  }
  return ({ metadata }) => matchesSelector({ matchExpressions }, metadata.labels ?? {})
}

function toRequirement(groups: Readonly<Record<string, string | undefined>>): LabelRequirement {
  const { absent, key = '', sign, value = '', word, values = '' } = groups
  if (sign !== undefined) return { key, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] }
  if (word !== undefined) {
    return { key, operator: word === 'in' ? 'In' : 'NotIn', values: values.split(',').map((item) => item.trim()) }
  }
  return { key, operator: absent === undefined ? 'Exists' : 'DoesNotExist' }
}

const FIELD_TERM = /^(?<field>[\w.]+)(?<sign>==|=|!=)(?<value>.*)$/

/** A field that is not there equals the empty text. */
export function parseFieldSelector(text: string, { selectable, namespaced }: ViewDefinition): Matcher {
  const known = ['metadata.name', ...(namespaced ? ['metadata.namespace'] : []), ...selectable]
  const tests = text
    .split(',')
    .filter((term) => term.trim() !== '')
    .map((term): Matcher => {
      const { field = '', sign, value = '' } = FIELD_TERM.exec(term.trim())?.groups ?? {}
      if (sign === undefined) throw new UnreadableSelector(`the field selector cannot be read: ${term}`)
      if (!known.includes(field)) throw new UnreadableSelector(`field label not supported: ${field}`)
      const read = compileJsonPath(`.${field}`)
      return (object) => ((read(object) ?? '') === value) === (sign !== '!=')
    })
  return (object) => tests.every((test) => test(object))
}
