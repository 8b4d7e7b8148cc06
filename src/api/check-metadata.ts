// The apiserver's own rules for metadata, which no CRD states: names, labels, annotations, finalizers.
import { isNamespaceName } from '../model/namespace.ts'
import { DATE_TIME_REMEDY, isDateTime } from './date-time.ts'
import { isObject } from './is-object.ts'
import type { FieldPath, Problem } from './problem.ts'
import { describeUnknownField } from './unknown-field.ts'

const KNOWN_FIELDS = [
  ...['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion', 'generation', 'creationTimestamp'],
  ...['deletionTimestamp', 'deletionGracePeriodSeconds', 'labels', 'annotations', 'ownerReferences', 'finalizers'],
  'managedFields',
]
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/
const KEY_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/
const MAX_ANNOTATION_BYTES = 262_144

export function checkMetadata(metadata: unknown): readonly Problem[] {
  if (!isObject(metadata)) return [problem([], 'is required, with at least a name')]
  return [
    ...listUnknown(metadata),
    ...checkName(metadata['name']),
    ...checkNamespace(metadata['namespace']),
    ...checkScalars(metadata),
    ...checkTexts(metadata, 'labels', (key, value) => checkKey(key) ?? checkLabelValue(value)),
    ...checkTexts(metadata, 'annotations', (key) => checkKey(key.toLowerCase())),
    ...checkAnnotationSize(metadata['annotations']),
    ...checkFinalizers(metadata['finalizers']),
  ]
}

function problem(path: FieldPath, message: string): Problem {
  return { path: ['metadata', ...path], message, rule: 'metadata' }
}

function listUnknown(metadata: Readonly<Record<string, unknown>>): Problem[] {
  return Object.keys(metadata)
    .filter((key) => !KNOWN_FIELDS.includes(key))
    .map((key) => ({
      path: ['metadata', key],
      message: describeUnknownField(key, KNOWN_FIELDS),
      rule: 'unknown-field',
    }))
}

/** A generateName alone will not do: nothing could ever be applied to that object again. */
function checkName(name: unknown): Problem[] {
  if (name === undefined || name === null || name === '') return [problem(['name'], 'is required')]
  const fits = typeof name === 'string' && name.length <= 253 && SUBDOMAIN.test(name)
  return fits ? [] : [problem(['name'], 'must be lower-case letters, digits, hyphens and dots, at most 253 characters')]
}

function checkNamespace(namespace: unknown): Problem[] {
  if (namespace === undefined || namespace === null || namespace === '') return []
  const fits = typeof namespace === 'string' && isNamespaceName(namespace)
  return fits ? [] : [problem(['namespace'], 'must be lower-case letters, digits and hyphens, at most 63 characters')]
}

const TEXT_FIELDS = ['generateName', 'selfLink', 'uid', 'resourceVersion']
const NUMBER_FIELDS = ['generation', 'deletionGracePeriodSeconds']
const TIME_FIELDS = ['creationTimestamp', 'deletionTimestamp']

function checkScalars(metadata: Readonly<Record<string, unknown>>): Problem[] {
  const listWrong = (fields: readonly string[], fits: (value: unknown) => boolean, message: string): Problem[] =>
    fields
      .filter((field) => metadata[field] !== undefined && metadata[field] !== null && !fits(metadata[field]))
      .map((field) => problem([field], message))
  return [
    ...listWrong(TEXT_FIELDS, (value) => typeof value === 'string', 'must be a text; put it in quotes'),
    ...listWrong(NUMBER_FIELDS, (value) => Number.isSafeInteger(value) && Number(value) >= 0, 'must be a whole number'),
    ...listWrong(TIME_FIELDS, (value) => typeof value === 'string' && isDateTime(value), DATE_TIME_REMEDY),
  ]
}

type TextCheck = (key: string, value: string) => string | undefined

function checkTexts(metadata: Readonly<Record<string, unknown>>, field: string, check: TextCheck): Problem[] {
  const texts = metadata[field]
  if (texts === undefined || texts === null) return []
  if (!isObject(texts)) return [problem([field], 'must be a map of texts')]
  return Object.entries(texts).flatMap(([key, value]) => {
    // The apiserver reads null as an empty text here.
    const text = value === null ? '' : value
    const message = typeof text === 'string' ? check(key, text) : 'must be a text; put it in quotes'
    return message === undefined ? [] : [problem([field, key], message)]
  })
}

function checkKey(key: string): string | undefined {
  const [name = '', prefix, ...rest] = key.split('/').reverse()
  const prefixFits = prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.test(prefix))
  if (rest.length === 0 && prefixFits && KEY_NAME.test(name)) return undefined
  return 'is no valid key: write name or prefix/name, where name has at most 63 letters, digits, -, _ and .'
}

function checkLabelValue(value: string): string | undefined {
  return LABEL_VALUE.test(value)
    ? undefined
    : 'must have at most 63 letters, digits, -, _ and ., and begin and end with a letter or digit'
}

function checkAnnotationSize(annotations: unknown): Problem[] {
  if (!isObject(annotations)) return []
  const size = Buffer.byteLength(Object.entries(annotations).flat().join(''))
  return size <= MAX_ANNOTATION_BYTES
    ? []
    : [problem(['annotations'], `are too long together; the most bytes are ${MAX_ANNOTATION_BYTES}`)]
}

function checkFinalizers(finalizers: unknown): Problem[] {
  if (finalizers === undefined || finalizers === null) return []
  if (!Array.isArray(finalizers)) return [problem(['finalizers'], 'must be a list')]
  return finalizers.flatMap((finalizer, index) => {
    const message = typeof finalizer === 'string' ? checkKey(finalizer) : 'must be a text'
    return message === undefined ? [] : [problem(['finalizers', index], message)]
  })
}
