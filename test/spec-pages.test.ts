import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { parseObject } from '../src/api/parse-object.ts'
import { API_VERSION } from '../src/api/kinds.ts'

const folder = new URL('../docs/spec/', import.meta.url)
const pages = readdirSync(folder).map((file) => ({ file, text: readFileSync(new URL(file, folder), 'utf8') }))

const examples = pages.flatMap(({ file, text }) =>
  [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    parseAllDocuments(block)
      .map((document) => document.toJS() as { apiVersion?: unknown } | null)
      .filter((value) => value?.apiVersion === API_VERSION)
      .map((value) => ({ file, value })),
  ),
)

describe('the pages of docs/spec', () => {
  it('show an example of each kind', () => {
    expect(examples.length).toBeGreaterThanOrEqual(4)
  })

  it.each(examples)('have an example in $file that the apiserver would accept', ({ value }) => {
    expect(parseObject(value)).toMatchObject({ kind: 'ok' })
  })
})
