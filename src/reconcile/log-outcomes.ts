// Every change of DNS is a line in the log.
import type { ZoneReport } from '../apply/zone-pass.ts'
import { describeResource } from '../model/record-set.ts'
import { zoneText } from '../model/zone.ts'
import { describeChange } from '../plan/describe-change.ts'
import type { Logger } from '../telemetry/logger.ts'

export function logOutcomes(log: Logger, { zone, outcomes, pruned }: ZoneReport): void {
  for (const outcome of [...outcomes, ...pruned]) {
    const { change, kind } = outcome
    const fields = { zone: zoneText(zone), record: describeResource(change.resource), change: describeChange(change) }
    if (kind === 'applied') log.info('DNS has changed', fields)
    else if (kind === 'skipped') log.debug('a change was not attempted', { ...fields, why: outcome.reason })
    else log.warn('a change was not made', { ...fields, outcome: kind, error: outcome.error.message })
  }
}
