// An answer on its way through a broken proxy, or from a server of another version: cut, or with one part that is not what it should be.

const PARTS: readonly unknown[] = [null, 0, -1, 1e9, '', 'x', true, [], {}, [null], undefined]

export function damageText(text: string, random: () => number): string {
  if (random() < 0.2) return text.slice(0, Math.floor(random() * text.length))
  try {
    return JSON.stringify(replacePart(JSON.parse(text), random)) ?? ''
  } catch {
    // Not JSON: XML, of which one piece goes.
    const from = Math.floor(random() * text.length)
    return text.slice(0, from) + text.slice(from + 1 + Math.floor(random() * 40))
  }
}

/** Goes down at random, and puts something else where it stops. */
function replacePart(part: unknown, random: () => number): unknown {
  const isLeaf = typeof part !== 'object' || part === null || Object.keys(part).length === 0
  if (isLeaf || random() < 0.15) return PARTS[Math.floor(random() * PARTS.length)]
  const keys = Object.keys(part)
  const key = keys[Math.floor(random() * keys.length)] ?? ''
  const copy = (Array.isArray(part) ? [...(part as unknown[])] : { ...part }) as Record<string, unknown>
  copy[key] = replacePart(copy[key], random)
  return copy
}
