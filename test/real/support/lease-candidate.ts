// A process that takes part in an election, to be killed and stopped by tests. It writes `call <time>` for all it would do as the leader.
// node --import tsx lease-candidate.ts <identity> <lease in ms>
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../../src/cli/system-clock.ts'
import { createApiClient } from '../../../src/store/kube/api-client.ts'
import { openConnection } from '../../../src/store/kube/connection.ts'
import { createLeaseApi } from '../../../src/store/kube/lease-api.ts'
import { runElection } from '../../../src/store/kube/lease-election.ts'
import { SILENT_LOGGER } from '../../../src/telemetry/logger.ts'

const [identity = '', leaseMs = ''] = process.argv.slice(2)
const ending = new AbortController()
process.once('SIGTERM', () => ending.abort())

const client = createApiClient(await openConnection())
const election = {
  api: createLeaseApi(client, { namespace: 'default', name: 'stoa' }),
  identity,
  clock: systemClock,
  random: Math.random,
  durations: { leaseMs: Number(leaseMs), renewMs: 800, renewDeadlineMs: Number(leaseMs) - 5_500, longestCallMs: 5_000 },
  log: SILENT_LOGGER,
  lead: async (stopping: AbortSignal, leadership: { holds(): boolean }) => {
    while (!stopping.aborted) {
      if (leadership.holds()) process.stdout.write(`call ${Date.now()}\n`)
      await delay(20)
    }
  },
}
process.stdout.write('campaigning\n')
await runElection(election, ending.signal)
await client.close()
