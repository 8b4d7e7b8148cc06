// Approvals as annotations have them. Used ones are left out, so that what is used can be told from what waits.
import { readApprovals } from '../../plan/approvals.ts'
import { CommandError } from '../command-error.ts'

export const HASH = /^[0-9a-f]{16}$/

export interface WrittenApprovals {
  /** The annotation as it stands. */
  readonly written: string | undefined
  /** What the status remembers as used. */
  readonly applied: string | undefined
}

/** The annotation with one more approval, the newest first: the first two count. Throws when that one has been used. */
export function addApproval({ written, applied }: WrittenApprovals, hash: string): string {
  refuseUsed(hash, written, applied)
  const { approve } = readApprovals({ approve: written }, applied)
  return [hash, ...approve.filter((other) => other !== hash)].slice(0, 2).join(',')
}

/** What is written and used is not looked at again; what is used and no longer written is forgotten. */
export function refuseUsed(hash: string, written: string | undefined, applied: string | undefined): void {
  const isWritten = (written ?? '').split(',').some((text) => text.trim() === hash)
  const isUsed = (applied ?? '').split(',').includes(hash)
  if (!isWritten || !isUsed) return
  const message =
    `${hash} was approved and carried out before, and an approval counts once: ` +
    'edit the resource, or take the annotation off, wait for it to be looked at, and approve again'
  throw new CommandError(message)
}
