// What stands in the log of reconciles that fail.
import { expect, it } from 'vitest'
import { SimulatedClock } from '../../test/support/simulated-clock.ts'
import { TransientError } from '../model/errors.ts'
import { createConsoleLogger } from '../telemetry/console-logger.ts'
import { ReconcileQueues, type Controller } from './reconcile-queues.ts'

const DENIED = new TransientError('ConfigMapNotWritten', 'grant the verb get')
const DOWN = new TransientError('StoreUnavailable', 'no answer')

/** The warnings after each WANAddress was looked at as often as there are answers. */
async function warningsOf(answers: readonly (Error | undefined)[], refs = ['dns/home']): Promise<readonly string[]> {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line.slice(9).trimEnd())
  const log = createConsoleLogger({ level: 'warn', write, now: () => 0 })
  const clock = new SimulatedClock()
  const turns = new Map<string, number>()
  const controller: Controller = {
    reconcile: (ref) => {
      const turn = turns.get(ref) ?? 0
      turns.set(ref, turn + 1)
      const error = answers[turn]
      return error === undefined ? Promise.resolve(undefined) : Promise.reject(error)
    },
  }
  const controllers = {
    ...{ DynamicDNSRecord: controller, NodePool: controller },
    ...{ WANAddress: controller, DNSProvider: controller },
  }
  const queues = new ReconcileQueues({ clock, random: () => 1, log, hooks: {} }, controllers)
  const stopping = new AbortController()
  const running = queues.run(stopping.signal)
  for (const ref of refs) {
    while ((turns.get(ref) ?? 0) < answers.length) {
      queues.add('WANAddress', ref)
      await clock.advance(0)
    }
  }
  stopping.abort()
  await running
  return lines.map((line) => /object=(\S+) .*reason=(\w+)/.exec(line)?.slice(1).join(' ') ?? line)
}

it('a failure that repeats itself is one warning, however often it is tried', async () => {
  expect(await warningsOf([DENIED, DENIED, DENIED])).toEqual(['dns/home ConfigMapNotWritten'])
})

it('another failure, and one after a success, is a warning again', async () => {
  const reasons = ['ConfigMapNotWritten', 'StoreUnavailable', 'StoreUnavailable']
  expect(await warningsOf([DENIED, DOWN, DOWN, undefined, DOWN])).toEqual(reasons.map((reason) => `dns/home ${reason}`))
})

it('each object has a warning of its own', async () => {
  expect(await warningsOf([DOWN, DOWN], ['dns/home', 'dns/office'])).toEqual([
    'dns/home StoreUnavailable',
    'dns/office StoreUnavailable',
  ])
})
