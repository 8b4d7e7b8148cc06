// What is no object, but was meant to be some: whoever took it for nothing would take what it held for gone. Values, settings and data of
// other tools are ordinary here, and stay unmentioned.
import { printable } from '../../model/text.ts'
import { isObject } from '../is-object.ts'
import { API_VERSION, isKindName } from '../kinds.ts'
import { suggestName } from '../../model/suggest-name.ts'
import { describeUnknownField } from '../unknown-field.ts'
import { isOurs } from './is-ours.ts'

type Fields = Readonly<Record<string, unknown>>

const LFS_POINTER = 'version https://git-lfs.github.com/spec/'
const ENCRYPTED = 'ENC['
/** Kinds of Kubernetes itself that are read beside ours. */
const READ_KINDS = new Set(['Node', 'Namespace'])

export type DescribeDamage = (value: unknown) => string | undefined

/** Undefined for objects, and for what cannot have been meant for us. */
export function describeDamage(value: unknown): string | undefined {
  if (typeof value === 'string') return value.startsWith(LFS_POINTER) ? describeLfsPointer() : undefined
  if (Array.isArray(value)) return value.some(isOurObject) ? describePlainList() : undefined
  if (!isObject(value)) return undefined
  if ([value['apiVersion'], value['kind']].some(isEncrypted)) return describeEncryption()
  if (isFilled(value['apiVersion'])) return isListWithoutItems(value) ? describeLostItems() : undefined
  return isMeantForUs(value) ? describeMissingVersion(value) : undefined
}

/** For who may leave nothing out: what looks like an object of others counts, too, although resources of Perses look just like that. */
export function describeAnyDamage(value: unknown): string | undefined {
  const damage = describeDamage(value)
  if (damage !== undefined || !isObject(value) || isFilled(value['apiVersion'])) return damage
  return looksLikeObject(value) ? describeMissingVersion(value) : undefined
}

/** An item of a `kind: List`: there is nothing else that it could be meant to be. */
export function describeDamagedItem(item: unknown): string | undefined {
  const damage = describeDamage(item)
  if (damage !== undefined) return damage
  if (!isObject(item)) return 'this item of the List is no object: remove it, or write the object there'
  return isFilled(item['apiVersion']) ? undefined : describeMissingVersion(item)
}

export function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isOurObject(value: unknown): boolean {
  if (!isObject(value)) return false
  const { apiVersion, kind } = value
  return isFilled(apiVersion) && isOurs({ apiVersion, kind: isFilled(kind) ? kind : undefined })
}

function isEncrypted(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith(ENCRYPTED)
}

function isListWithoutItems({ apiVersion, kind, items }: Fields): boolean {
  return apiVersion === 'v1' && kind === 'List' && !Array.isArray(items)
}

function isMeantForUs(value: Fields): boolean {
  const { kind, metadata, items } = value
  if (!isFilled(kind)) return false
  const itemKind = kind.replace(/List$/, '')
  if (isKindName(itemKind)) return true
  if (isObject(metadata) && findMisspeltVersion(value) !== undefined) return true
  if (itemKind !== kind && Array.isArray(items)) return itemKind === '' || READ_KINDS.has(itemKind)
  return READ_KINDS.has(kind) && isNamed(metadata)
}

function looksLikeObject(value: Fields): boolean {
  const { kind, metadata } = value
  return isFilled(kind) && /^[A-Z]/.test(kind) && isNamed(metadata) && !isKustomization(value)
}

function isNamed(metadata: unknown): boolean {
  return isObject(metadata) && Object.hasOwn(metadata, 'name')
}

/** Kustomize needs no apiVersion. Flux, whose kind of the same name does, has a spec there. */
function isKustomization(value: Fields): boolean {
  return (value['kind'] === 'Kustomization' || value['kind'] === 'Component') && !Object.hasOwn(value, 'spec')
}

function describeMissingVersion(value: Fields): string {
  const { kind, metadata } = value
  const name = isObject(metadata) && isFilled(metadata['name']) ? ` ${metadata['name']}` : ''
  const about = `${printable(`${isFilled(kind) ? kind : '(no kind)'}${name}`)}: `
  const misspelt = findMisspeltVersion(value)
  if (misspelt !== undefined) {
    return `${about}${misspelt} ${describeUnknownField(misspelt, ['apiVersion'])}`
  }
  const remedy = isFilled(kind) && isKindName(kind) ? `apiVersion: ${API_VERSION}` : 'it'
  return `${about}apiVersion is missing or no text; write ${remedy}`
}

function findMisspeltVersion(value: Fields): string | undefined {
  return Object.keys(value).find((key) => key !== 'apiVersion' && suggestName(key, ['apiVersion']) !== undefined)
}

function describeLostItems(): string {
  return 'List: items is missing or no list; write the objects there, or items: [] if there are none'
}

function describePlainList(): string {
  return 'objects may not stand in a plain list: part them by "---", or write them under items of a kind: List'
}

function describeLfsPointer(): string {
  return 'this is a pointer of Git LFS and not the file itself, which is not fetched: keep manifests out of Git LFS'
}

function describeEncryption(): string {
  return 'apiVersion or kind is encrypted, so that nobody can tell what this is: encrypt only values, never all of a manifest'
}
