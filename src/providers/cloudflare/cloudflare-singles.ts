// The operations of a batch as calls of their own, for servers that stand in for Cloudflare and have no call for batches.
import { toReconcileError, TransientError } from '../../model/errors.ts'
import type { Purpose } from '../call-gate.ts'
import type { CloudflareApi } from './cloudflare-api.ts'
import type { Operations } from './cloudflare-operations.ts'
import type { CloudflareRecord, RecordBody } from './cloudflare-records.ts'

export interface SingleCalls {
  readonly api: CloudflareApi
  /** Of the zone's records. */
  readonly path: string
  /** What the record of this id holds. */
  readonly bodyOf: (id: string) => RecordBody | undefined
}

/** All at one name, in the order of a batch. Rejects as a batch would where nothing was done, and otherwise as an answer that was lost. */
export async function sendSingly(
  calls: SingleCalls,
  { deletes, patches, posts }: Operations,
  signal: AbortSignal,
): Promise<readonly CloudflareRecord[]> {
  const { api, path, bodyOf } = calls
  const written: CloudflareRecord[] = []
  const gone: string[] = []
  try {
    for (const { id } of deletes) {
      await api.call({ method: 'DELETE', path: `${path}/${id}` }, signal)
      gone.push(id)
    }
    for (const { id, ...body } of patches) {
      const { result } = await api.call({ method: 'PATCH', path: `${path}/${id}`, body }, signal)
      written.push(result as CloudflareRecord)
    }
    // What makes room has gone: the name is not left empty for want of an allowance.
    for (const body of posts) written.push(await create(calls, body, gone.length > 0 ? 'Repair' : 'Work', signal))
    return written
  } catch (error) {
    signal.throwIfAborted()
    if (gone.length + written.length === 0) throw error
    const roomMade = gone.length === deletes.length ? gone.flatMap((id) => bodyOf(id) ?? []) : []
    for (const body of roomMade) await create(calls, body, 'Repair', signal)
    const { reason, message } = toReconcileError(error)
    throw new TransientError(reason, message, { cause: error })
  }
}

async function create(
  { api, path }: SingleCalls,
  body: RecordBody,
  purpose: Purpose,
  signal: AbortSignal,
): Promise<CloudflareRecord> {
  const { result } = await api.call({ method: 'POST', path, body, purpose }, signal)
  return result as CloudflareRecord
}
