import { expect, it } from 'vitest'
import type { Fqdn } from '../../model/name.ts'
import { SILENT_LOGGER } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { createNameServer } from './name-server.ts'

it('serves nothing at port 0, which turns it off as it does the other servers', async () => {
  const { metrics } = createMetrics()
  const config = { dnsHost: '127.0.0.1', dnsPort: 0 }
  const server = createNameServer({ config, dataFolder: undefined, log: SILENT_LOGGER, metrics })
  await expect(server.openZone('example.com' as Fqdn)).rejects.toMatchObject({
    reason: 'CannotListen',
    message: 'the built-in name server is turned off: give it another --dns-port than 0',
  })
  await server.close()
})
