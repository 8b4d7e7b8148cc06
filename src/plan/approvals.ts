// Approvals as people write them, and how each is made to count once although it stays written down in Git.

const HASH = /^[0-9a-f]{16}$/

/** A status remembers three used ones: two of `approve` and one of `prune`. What is not remembered could be used again. */
const MOST_APPROVALS = 2
const MOST_PRUNES = 1

export interface ApprovalAnnotations {
  /** `dns.stoa.dev/approve`, such as `0123456789abcdef,fedcba9876543210`; the first two count. */
  readonly approve: string | undefined
  /** `dns.stoa.dev/prune`, one hash. */
  readonly prune?: string | undefined
}

export interface Approvals {
  readonly approve: readonly string[]
  readonly prune: readonly string[]
}

/** What is written down and has not been used up. */
export function readApprovals(annotations: ApprovalAnnotations, appliedHash: string | undefined): Approvals {
  const used = split(appliedHash)
  const written = listWritten(annotations)
  const isUnused = (hash: string): boolean => !used.includes(hash)
  return { approve: written.approve.filter(isUnused), prune: written.prune.filter(isUnused) }
}

/**
 * What to keep as `appliedHash` once approvals were used: the used ones that are still written down. An approval is used once all that it
 * let through is done, and never by a write that failed. `consumedHash` may be several, separated by commas.
 */
export function useApproval(
  appliedHash: string | undefined,
  consumedHash: string | undefined,
  annotations: ApprovalAnnotations,
): string | undefined {
  if (consumedHash === undefined) return appliedHash
  const { approve, prune } = listWritten(annotations)
  const written = new Set([...approve, ...prune])
  const used = [...new Set(split(consumedHash))]
  const before = split(appliedHash).filter((hash) => !used.includes(hash) && written.has(hash))
  return [...used, ...before].join(',')
}

function listWritten({ approve, prune }: ApprovalAnnotations): Approvals {
  return { approve: listHashes(approve).slice(0, MOST_APPROVALS), prune: listHashes(prune).slice(0, MOST_PRUNES) }
}

function listHashes(text: string | undefined): readonly string[] {
  return [...new Set(split(text).filter((hash) => HASH.test(hash)))]
}

function split(text: string | undefined): readonly string[] {
  return text?.split(',').map((hash) => hash.trim()) ?? []
}
