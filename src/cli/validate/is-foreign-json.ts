// Which JSON holds no manifest. Many tools keep their settings in it, with comments that no parser of manifests reads: no concern of ours.
import { isObject } from '../../api/is-object.ts'
import { API_GROUP } from '../../api/kinds.ts'
import { describeAnyDamage, isFilled } from '../../api/manifest/describe-damage.ts'

/** Anything of a manifest at its beginning, where it does not read as one JSON value: it may be cut off, or hold several. */
const BEGINNING = /^\s*\{[^{}]*"(?:apiVersion|kind)"\s*:/

export function isForeignJson(bytes: Buffer): boolean {
  if (bytes.includes(API_GROUP)) return false
  const text = bytes.toString()
  try {
    return !holdsObject(JSON.parse(text))
  } catch {
    return !BEGINNING.test(text) && describeAnyDamage(text) === undefined
  }
}

function holdsObject(value: unknown): boolean {
  if (describeAnyDamage(value) !== undefined) return true
  return isObject(value) && isFilled(value['apiVersion']) && isFilled(value['kind'])
}
