import { createHash } from 'node:crypto'

/** Sixteen hex digits that stand for a text: short enough to type into an approval, long enough not to collide. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** FNV-1a with a final avalanche: a fast, well-spread 32-bit score for choosing, never for identity. */
export function spreadHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return avalanche(hash)
}

/** A score of two texts together: each is hashed once, however many pairs there are. */
export function pairHashes(a: number, b: number): number {
  return avalanche(a ^ b)
}

/** Every bit of the outcome depends on every bit of the hash. */
function avalanche(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
}
