// Why an object is as it is, as a chain of links from where it is written to what answers, and how that is printed.
import { printable } from '../../model/text.ts'

export interface Line {
  /** As it should be, something to act on, or only worth knowing. */
  readonly mark: 'good' | 'bad' | 'plain'
  readonly text: string
  /** How many findings it stands for, where that is not one for what is bad and none for the rest. */
  readonly findings?: number
}

export interface Link {
  readonly label: string
  readonly lines: readonly Line[]
}

export interface Explanation {
  /** `DynamicDNSRecord web/www` */
  readonly title: string
  readonly isReady: boolean
  /** What its condition Ready says, in words. */
  readonly summary: string
  readonly links: readonly Link[]
  /** What a person can do, most useful first. */
  readonly next: readonly string[]
}

export const good = (text: string): Line => ({ mark: 'good', text })
export const bad = (text: string): Line => ({ mark: 'bad', text })
/** Bad, and told of by other lines. */
export const badAsToldBelow = (text: string): Line => ({ ...bad(text), findings: 0 })
export const plain = (text: string): Line => ({ mark: 'plain', text })
export const judged = (isGood: boolean, text: string): Line => (isGood ? good(text) : bad(text))

export function countFindings(chain: readonly Link[]): number {
  const lines = chain.flatMap((link) => link.lines)
  return lines.reduce((sum, { mark, findings = mark === 'bad' ? 1 : 0 }) => sum + findings, 0)
}

const MARKS: Readonly<Record<Line['mark'], string>> = { good: '✓', bad: '✗', plain: '·' }

export function formatExplanation({ title, summary, links, next }: Explanation): string {
  const chain = [...links, { label: 'Next', lines: next.map(plain) }]
  return `${printable(title)}: ${printable(summary)}\n\n${formatLinks(chain)}`
}

export function formatLinks(chain: readonly Link[]): string {
  const width = Math.max(...chain.map(({ label }) => label.length))
  const lines = chain.flatMap(({ label, lines: own }) =>
    own.map(
      ({ mark, text }, index) => `${(index === 0 ? label : '').padEnd(width)}  ${MARKS[mark]} ${printable(text)}`,
    ),
  )
  return `${lines.join('\n')}\n`
}
