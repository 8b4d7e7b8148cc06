// Words of the pages that the code must know: commands and their flags, variables of the environment, exit codes, paths of HTTP.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../src/cli/exit-codes.ts'
import { findUnknown, listInlineCommands } from './support/documented-commands.ts'
import { readSources } from './support/imports.ts'

const root = new URL('..', import.meta.url).pathname
const pages = ['README.md', ...listPages('docs/spec'), ...listPages('docs/guides')].map((path) => ({
  path,
  text: readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'),
}))
const allPages = pages.map(({ text }) => text).join('\n')
const sources = readSources(root, 'src').filter(({ path }) => !path.endsWith('.test.ts'))
const allSources = sources.map(({ text }) => text).join('\n')

function listPages(folder: string): readonly string[] {
  return readdirSync(new URL(`../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${folder}/${file}`)
}

function page(name: string): string {
  return pages.find(({ path }) => path === `docs/spec/${name}`)?.text ?? ''
}

/** Each once, sorted. */
function wordsLike(pattern: RegExp, text: string): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map(([word, part]) => part ?? word))].sort()
}

describe('the pages', () => {
  const commands = new Map(
    pages.flatMap(({ path, text }) => listInlineCommands(text).map((one) => [one.text, { ...one, path }])),
  )

  it.each([...commands.values()])('name `$text` in $path, which is there', async (command) => {
    expect(await findUnknown(command)).toEqual([])
  })

  it('name every variable that the code reads, and no other', () => {
    // What a Secret is called is up to its owner.
    const variables = (text: string): readonly string[] =>
      wordsLike(/\bSTOA_[A-Z_]+\b/g, text).filter((name) => !name.startsWith('STOA_SECRET_'))
    expect(variables(allPages)).toEqual(variables(allSources))
  })

  it('say what every exit code means, in docs/spec/commands.md', () => {
    const listed = wordsLike(/^\| (\d+) +\|/gm, page('commands.md')).map(Number)
    expect(listed.sort((a, b) => a - b)).toEqual(Object.values(EXIT))
  })

  it('list every path of the health server and of the page, in docs/spec/http.md', () => {
    const served = sources.filter(({ path }) => /^src\/serve\/(health|page)-server\.ts$/.test(path))
    const paths = wordsLike(/(?<=['"])\/[a-z/]*(?=['"])/g, served.map(({ text }) => text).join('\n'))
    expect(paths.length).toBeGreaterThan(5)
    expect(wordsLike(/^\| `(\/[a-z/]*)`/gm, page('http.md'))).toEqual(paths)
  })
})
