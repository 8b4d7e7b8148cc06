import { expect, it } from 'vitest'
import { createTestPorts, createTestSpec, stunServers } from '../../../test/fakes/wan/detect-ports.ts'
import * as behaviours from '../../../test/fakes/wan/stun-behaviours.ts'
import { startUdpResponder } from '../../../test/fakes/wan/stun-responder.ts'
import type { CommandIo } from '../command-io.ts'
import { watchDetections } from './watch-detections.ts'

it('prints what changes until it is stopped, and resolves with what is known then', async () => {
  let address = '9.9.9.9'
  const behaviour: behaviours.Behaviour = (request, reply) => reply.send(behaviours.genuineAnswer(request, address))
  const responder = await startUdpResponder({ behaviour })
  const stopping = new AbortController()
  const printed: string[] = []
  const warned: string[] = []
  const io = {
    stdout: (text: string) => {
      printed.push(text)
      address = '8.8.8.8'
      if (printed.length === 2) stopping.abort()
    },
    stderr: (text: string) => void warned.push(text),
    signal: stopping.signal,
  } as CommandIo // whatever else a command may touch, watching does not
  const spec = createTestSpec({ ...stunServers(responder.server), quorum: 1, intervalSeconds: 0.05 })
  const concern = { reason: 'CarrierGradeNat', message: 'no inbound traffic' } as const
  const world = { ports: createTestPorts(), findConcern: () => concern, close: () => {} }

  const detections = await watchDetections([spec], world, io, false)

  expect(printed).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z IPv4: 9\.9\.9\.9 \(1 operator says so\)\n$/),
    expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z IPv4: 8\.8\.8\.8 \(1 operator says so\)\n$/),
  ])
  expect(warned).toEqual(['warning: no inbound traffic\n', 'warning: no inbound traffic\n'])
  expect(detections).toMatchObject([{ kind: 'known', address: '8.8.8.8' }])
  await responder.stop()
})
