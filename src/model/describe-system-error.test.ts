import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { describeSystemError } from './describe-system-error.ts'

it('leaves out the call and the path, which the message names already', async () => {
  const error: unknown = await readFile('/nowhere, at all').catch((reason: unknown) => reason)
  expect(describeSystemError(error)).toBe('ENOENT: no such file or directory')
})

it.each([
  ['a call without a path', new Error('EIO: i/o error, read'), 'EIO: i/o error'],
  [
    'two paths',
    new Error("EXDEV: cross-device link not permitted, rename 'a' -> 'b'"),
    'EXDEV: cross-device link not permitted',
  ],
  ['a comma of its own', new Error('no, this is no system error'), 'no, this is no system error'],
  ['what is no error', 'broken', 'broken'],
])('understands %s', (_what, error, text) => {
  expect(describeSystemError(error)).toBe(text)
})
