// Which cluster this is: without knowing it nothing may be written, for what is written bears its name.
import { isObject } from '../../api/is-object.ts'
import type { Clock, Random } from '../../model/clock.ts'
import { toReconcileError, TransientError } from '../../model/errors.ts'
import type { OwnerId } from '../../model/record-set.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { ApiClient } from './api-client.ts'
import { apiPath } from './api-path.ts'
import { RESOURCES } from './resources.ts'
import { backOff } from './watch-course.ts'

interface ClusterUidPorts {
  readonly client: Pick<ApiClient, 'request'>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** An apiserver that is away for a while is waited for; what it refuses for good rejects. */
export async function readClusterUid(
  { client, clock, random, logger }: ClusterUidPorts,
  signal: AbortSignal,
): Promise<OwnerId> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await askForUid(client, signal)
    } catch (thrown) {
      signal.throwIfAborted()
      const { kind, message } = toReconcileError(thrown)
      if (kind === 'terminal') throw thrown
      logger.warn('The identity of the cluster cannot be read; trying again', { error: message })
      await clock.sleep(backOff(failures, random()), signal)
    }
  }
}

/** The uid of the namespace kube-system is what everybody takes for the identity of a cluster. */
async function askForUid(client: Pick<ApiClient, 'request'>, signal: AbortSignal): Promise<OwnerId> {
  const { json } = await client.request('GET', apiPath(RESOURCES.Namespace, { name: 'kube-system' }), { signal })
  const metadata = isObject(json) ? json['metadata'] : undefined
  const uid = isObject(metadata) ? metadata['uid'] : undefined
  if (typeof uid !== 'string') throw new TransientError('ApiUnavailable', 'namespace kube-system has no uid')
  return uid as OwnerId // The brand has no other maker than those who read an identity.
}
