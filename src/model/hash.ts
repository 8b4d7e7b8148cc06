import { createHash } from 'node:crypto'

/** Sixteen hex digits that stand for a text: short enough to type into an approval, long enough not to collide. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/**
 * FNV-1a with a final avalanche: a fast, well-spread 32-bit score for choosing, never for identity. Of several texts as if they were one,
 * which would else be made for every address of every record.
 */
export function spreadHash(...texts: readonly string[]): number {
  let hash = 0x811c9dc5
  for (const text of texts) {
    for (let index = 0; index < text.length; index += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
