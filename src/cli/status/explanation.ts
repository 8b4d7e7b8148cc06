// Why an object is as it is, as a chain of links from where it is written to what answers, and how that is printed.
import { printable } from '../../model/text.ts'

export interface Line {
  /** As it should be, something to act on, or only worth knowing. */
  readonly mark: 'good' | 'bad' | 'plain'
  readonly text: string
}

export interface Link {
  readonly label: string
  readonly lines: readonly Line[]
}

export interface Explanation {
  /** `DynamicDNSRecord web/www` */
  readonly title: string
  readonly isReady: boolean
  readonly standing: string
  readonly links: readonly Link[]
  /** What a person can do, most useful first. */
  readonly next: readonly string[]
}

export const good = (text: string): Line => ({ mark: 'good', text })
export const bad = (text: string): Line => ({ mark: 'bad', text })
export const plain = (text: string): Line => ({ mark: 'plain', text })
export const judged = (isGood: boolean, text: string): Line => (isGood ? good(text) : bad(text))

const MARKS: Readonly<Record<Line['mark'], string>> = { good: '✓', bad: '✗', plain: '·' }

export function formatExplanation({ title, standing, links, next }: Explanation): string {
  const chain = [...links, { label: 'Next', lines: next.map(plain) }]
  return `${printable(title)}: ${printable(standing)}\n\n${formatLinks(chain)}`
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
