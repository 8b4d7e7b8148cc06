import { expect, it } from 'vitest'
import { computeKstatus } from '../../test/kstatus.ts'
import { NOW, recordObject } from '../../test/support/status-builders.ts'
import { deriveInvalidStatus } from './invalid-status.ts'

it('says what is wrong, keeps what it said of the world, and says it once', () => {
  const object = recordObject({ metadata: { generation: 3 }, status: { addresses: '192.0.2.1' } })
  const status = deriveInvalidStatus(object, 'records/shop.yaml:7: spec.ttl is not known: remove it', NOW)
  expect(status).toMatchObject({
    addresses: '192.0.2.1',
    observedGeneration: 3,
    conditions: [
      { type: 'AddressesResolved', status: 'Unknown', reason: 'InvalidSpec' },
      { type: 'Programmed', status: 'Unknown', reason: 'InvalidSpec' },
      { type: 'Ready', status: 'False', reason: 'InvalidSpec' },
      { type: 'Stalled', status: 'True', message: 'records/shop.yaml:7: spec.ttl is not known: remove it' },
    ],
  })
  const next = recordObject({ metadata: { generation: 3 }, status })
  expect(computeKstatus(next)).toBe('Failed')
  expect(
    deriveInvalidStatus(next, 'records/shop.yaml:7: spec.ttl is not known: remove it', NOW + 5_000),
  ).toBeUndefined()
})
