import { describe, expect, it } from 'vitest'
import { createLogger, LOG_FORMATS, type LogFormat } from './create-logger.ts'
import type { LogLevel } from './log-level.ts'
import type { Logger } from './logger.ts'

const NOON = new Date(2026, 10, 21, 12, 34, 56).getTime()

function open(format: LogFormat, level: LogLevel = 'debug'): { logger: Logger; lines: string[] } {
  const lines: string[] = []
  return { logger: createLogger(format, { level, write: (line) => lines.push(line), now: () => NOON }), lines }
}

describe('the console log', () => {
  it('says time, level, message and fields in one line', () => {
    const { logger, lines } = open('console')
    logger.info('zone settled', { zone: 'example.com', records: 12, dryRun: false, owner: undefined })
    logger.error('gave up')
    expect(lines).toEqual([
      '12:34:56 INFO  zone settled zone=example.com records=12 dryRun=false\n',
      '12:34:56 ERROR gave up\n',
    ])
  })

  it.each([
    ['two words', '"two words"'],
    ['', '""'],
    ['a=b', '"a=b"'],
    ['say "no"', '"say \\"no\\""'],
    ['line\nbreak', '"line\\nbreak"'],
    ['\u001b[31mred', '"\\u001b[31mred"'],
    ['\u009b31m', '"\\u009b31m"'],
  ])('quotes a value that could be misread: %j', (value, shown) => {
    const { logger, lines } = open('console')
    logger.warn('odd', { value })
    expect(lines).toEqual([`12:34:56 WARN  odd value=${shown}\n`])
  })

  it('never lets a message begin a second line', () => {
    const { logger, lines } = open('console')
    logger.info('one\ntwo')
    expect(lines).toEqual(['12:34:56 INFO  one\\u000atwo\n'])
  })
})

describe('the JSON log', () => {
  it('says the same as one object', () => {
    const { logger, lines } = open('json')
    logger.info('zone settled', { zone: 'example.com', records: 12, names: ['a', 'b'] })
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        ...{ level: 'info', time: new Date(NOON).toISOString(), message: 'zone settled' },
        ...{ zone: 'example.com', records: 12, names: ['a', 'b'] },
      },
    ])
    expect(lines[0]?.endsWith('}\n')).toBe(true)
  })
})

describe.each(LOG_FORMATS)('the %s log', (format) => {
  it('leaves out what is below its level', () => {
    const { logger, lines } = open(format, 'warn')
    logger.debug('a')
    logger.info('b')
    logger.warn('c')
    logger.error('d')
    expect(lines).toHaveLength(2)
  })

  it('repeats the fields of its context with every line, and lets a line say better', () => {
    const { logger, lines } = open(format)
    const inner = logger.with({ kind: 'NodePool' }).with({ reconcile: 'r7' })
    inner.debug('begun')
    expect(lines[0]).toMatch(/NodePool.*r7/)
    logger.info('other')
    expect(lines[1]).not.toContain('NodePool')
  })
})
