import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../api/is-object.ts'
import type { CacheKind } from './object-cache.ts'

export type SecretValues = ReadonlyMap<string, string>

/**
 * The values of a Secret as text; they travel in Base64. A line break at the end, which editors and `echo` leave, is not part of a
 * secret.
 */
export const secretKind: CacheKind<SecretValues> = {
  parse: (object) => {
    if (!isObject(object)) return undefined
    const { data } = object
    const entries = isObject(data) ? Object.entries(data) : []
    return new Map(
      entries.flatMap(([key, value]) =>
        typeof value === 'string'
          ? [
              [
                key,
                Buffer.from(value, 'base64')
                  .toString('utf8')
                  .replace(/\r?\n$/, ''),
              ] as const,
            ]
          : [],
      ),
    )
  },
  equals: isDeepStrictEqual,
}
