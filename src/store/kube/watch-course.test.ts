import { describe, expect, it } from 'vitest'
import { TerminalError, TransientError, WaitingError } from '../../model/errors.ts'
import { afterListFailure, afterWatch, backOff, FIRST_COURSE, type Course, type WatchEnd } from './watch-course.ts'

const course = (failures: number, version?: string): Course => ({ version, failures })
const end = (given: Partial<WatchEnd> = {}): WatchEnd => {
  return { version: '9', heard: false, lastedMs: 10, error: undefined, broken: false, ...given }
}
const refused = new TransientError('ApiUnavailable', 'connection refused')
const forbidden = new TransientError('Forbidden', 'no right')
const expired = new TransientError('Expired', 'too old')
const unacceptable = new TerminalError('ApiRefused', 'invalid resource version')
const throttled = new WaitingError('RateLimited', 'fewer', 20_000)

describe('a watch', () => {
  it.each([
    ['goes on at once when it worked and the server ended it', 3, end({ heard: true, lastedMs: 300_000 }), '9', 0, 0],
    ['counts as working when it was only quiet for long', 3, end({ lastedMs: 300_000 }), '9', 0, 0],
    ['begins at most once a second, even with events', 3, end({ heard: true, lastedMs: 100 }), '9', 0, 900],
    ['backs off when it is ended with nothing heard', 0, end(), '9', 1, 250],
    ['backs off further each time', 2, end(), '9', 3, 1000],
    ['is never late for long while the server answers', 9, end(), '9', 10, 5000],
    ['goes on from the last version after a connection broke', 0, end({ error: refused }), '9', 1, 250],
    ['backs off long when there is no server', 9, end({ error: refused }), '9', 10, 15_000],
    ['begins counting anew when it had worked', 9, end({ error: refused, heard: true }), '9', 1, 250],
    ['backs off when the right is missing', 4, end({ error: forbidden }), '9', 5, 4000],
    ['lists anew when the version is too old', 0, end({ error: expired, broken: true }), undefined, 1, 250],
    ['lists anew when the answer itself was that', 0, end({ error: expired }), undefined, 1, 250],
    ['lists anew when the server does not take the version', 0, end({ error: unacceptable }), undefined, 1, 250],
    ['lists anew after an error in the stream', 0, end({ error: refused, broken: true }), undefined, 1, 250],
    ['waits for as long as it is told', 0, end({ error: throttled }), '9', 1, 20_000],
  ])('%s', (_name, failures, given, version, nextFailures, waitMs) => {
    expect(afterWatch(course(failures), given, 0)).toEqual({ course: { version, failures: nextFailures }, waitMs })
  })

  it('that is too old right after each list is not listed in a tight loop', () => {
    let state = FIRST_COURSE
    const waits: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const next = afterWatch({ ...state, version: '1' }, end({ error: expired, broken: true }), 0)
      state = next.course
      waits.push(next.waitMs)
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000])
  })
})

describe('a list', () => {
  it('is tried again with back-off, whatever failed', () => {
    expect(afterListFailure(course(2), forbidden, 0)).toEqual({ course: course(3), waitMs: 1000 })
    expect(afterListFailure(course(0), throttled, 1)).toEqual({ course: course(1), waitMs: 22_000 })
  })
})

describe('back-off', () => {
  it('is spread over half of its length, and has an end', () => {
    expect([backOff(0, 0), backOff(0, 1), backOff(1, 0.5), backOff(60, 0), backOff(60, 1)]).toEqual([
      250, 500, 750, 15_000, 30_000,
    ])
  })
})
