import { afterEach, expect, it } from 'vitest'
import { HttpFake } from '../../../test/fakes/http-fake.ts'
import type { Lesson } from '../call-gate.ts'
import { CloudflareApi } from './cloudflare-api.ts'

let fake: HttpFake | undefined
afterEach(() => fake?.stop())

it.each([
  ['"default";r=1187;t=30', { remaining: 1187, renewedAfterMs: 30_000 }],
  ['"default";r=0;t=240', { remaining: 0, renewedAfterMs: 240_000 }],
  ['"default";r=0;t=99999', { remaining: 0, renewedAfterMs: 300_000 }],
  ['"burst";r=190;t=1, "default";r=12;t=200', { remaining: 12, renewedAfterMs: 200_000 }],
  ['"burst";r=0;t=1, "default";r=0;t=200', { remaining: 0, renewedAfterMs: 200_000 }],
  ['"default";t=240;r=0', { remaining: 0, renewedAfterMs: 240_000 }],
  ['"default";r=7', { remaining: 7 }],
  ['nonsense', {}],
])('of the budget %s the gate learns %j', async (ratelimit, left) => {
  fake = await HttpFake.start(() => ({ status: 200, headers: { ratelimit }, body: '{"success":true,"result":[]}' }))
  const lessons: Lesson[] = []
  const gate = { admit: () => Promise.resolve(), settle: (lesson: Lesson) => void lessons.push(lesson) }
  const api = new CloudflareApi({ endpoint: fake.url, token: () => 't', gate, timeoutMs: 1_500 })
  await api.call({ method: 'GET', path: 'zones' }, new AbortController().signal)
  await api.close()
  expect(lessons).toEqual([{ kind: 'answered', ...left }])
})
