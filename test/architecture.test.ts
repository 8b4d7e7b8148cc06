import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FOLDERS, PURE_FOLDERS } from './support/folders.ts'
import { findCycle, readSources, type SourceFile } from './support/imports.ts'

const root = new URL('..', import.meta.url).pathname
const sources = readSources(root, 'src')
const production = sources.filter(({ path }) => !path.endsWith('.test.ts'))

function folderOf(path: string): string {
  const [, second = '', third] = path.split('/')
  return third === undefined ? 'cli' : second
}

function listViolations(file: SourceFile): string[] {
  const own = folderOf(file.path)
  const folder = FOLDERS[own]
  if (folder === undefined) return [`${file.path}: src/${own}/ is not in the folder table`]
  return file.imports.flatMap(({ target, ours, typeOnly }) => {
    if (!ours) return isAllowedPackage(own, target) ? [] : [`${file.path} imports the package ${target}`]
    const other = folderOf(target)
    const isOfPort = folder.portOf?.files.some((name) => target === `src/${folder.portOf?.folder}/${name}`)
    const isAllowed = other === own || isOfPort === true || folder.mayImport.includes(other)
    return isAllowed || (typeOnly && folder.typesOf?.includes(other) === true)
      ? []
      : [`${file.path} imports ${target}; src/${own}/ is ${folder.sentence}`]
  })
}

function isAllowedPackage(folder: string, target: string): boolean {
  return FOLDERS[folder]?.packages?.includes(target) ?? true
}

describe('docs/design.md', () => {
  it('names no file that is not there', () => {
    const design = readFileSync(join(root, 'docs/design.md'), 'utf8')
    const named = [...design.matchAll(/`((?:[\w-]+\/)+[\w-]+(?:\.test)?\.ts)`/g)].map(([, path = '']) => path)
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter((path) => ![path, `src/${path}`].some((one) => existsSync(join(root, one))))).toEqual([])
  })
})

describe('the folder table', () => {
  it('finds the imports it is meant to check', () => {
    expect(sources.length).toBeGreaterThan(50)
    const plan = sources.find(({ path }) => path === 'src/plan/plan.ts')
    expect(plan?.imports.map(({ target }) => target)).toContain('src/model/record-set.ts')
  })

  it('is the one of docs/design.md', () => {
    const design = readFileSync(join(root, 'docs/design.md'), 'utf8')
    const rows = [...design.matchAll(/^\| `(\w+)\/`[^|]* \| +([^|]+?) +\| +([^|]+?) +\|$/gm)]
    const written = rows.map(([, name = '', sentence = '', imports = ''], index) => {
      const above = rows.slice(0, index).map(([, other = '']) => other)
      const words = imports.replace('all above', above.join(', ')).replace(/^(?:nothing|everything)$/, '')
      return [
        name,
        sentence,
        words
          .split(', ')
          .filter((word) => word !== '')
          .sort(),
      ]
    })
    const known = Object.entries(FOLDERS).map(([name, { sentence, mayImport, typesOf = [], portOf }]) => {
      const port = portOf === undefined ? [] : [`${portOf.folder} (port only)`]
      const words = name === 'cli' ? [] : [...mayImport, ...typesOf.map((folder) => `${folder} (types)`), ...port]
      return [name, sentence, words.sort()]
    })
    expect(written).toEqual(known)
  })

  it('is kept by every import', () => {
    expect(production.flatMap(listViolations)).toEqual([])
  })

  it('lets tests of a folder use that folder’s own imports and no folder above it', () => {
    const pureTests = sources.filter(
      ({ path }) => path.endsWith('.test.ts') && PURE_FOLDERS.some((name) => path.startsWith(`src/${name}/`)),
    )
    const ours = pureTests.map((file) => ({ ...file, imports: file.imports.filter(({ ours }) => ours) }))
    expect(ours.filter(({ path }) => path.startsWith('src/model/')).flatMap(listViolations)).toEqual([])
  })

  it('has no cycle', () => {
    expect(findCycle(production)).toBeUndefined()
  })
})

describe('the pure core', () => {
  const pure = production.filter(({ path }) => PURE_FOLDERS.some((name) => path.startsWith(`src/${name}/`)))
  const impurities: readonly (readonly [string, RegExp])[] = [
    ['reads the clock', /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(|\bhrtime\b/],
    ['uses chance', /\bMath\.random\(|\brandomUUID\(|\brandomBytes\(|\bgetRandomValues\(/],
    ['waits', /\bsetTimeout\(|\bsetInterval\(|\bsetImmediate\(/],
    ['logs', /\bconsole\.\w+\(/],
    ['reads its surroundings', /\bprocess\.(?!nextTick)\w+/],
    ['reaches outside', /\bfetch\(|from 'node:(?!crypto')|from 'undici'/],
  ]

  it.each(impurities)('never %s', (_what, pattern) => {
    expect(pure.filter(({ text }) => pattern.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('uses node:crypto in one file, for hashes', () => {
    const users = pure.filter(({ imports }) => imports.some(({ target }) => target === 'node:crypto'))
    expect(users.map(({ path }) => path)).toEqual(['src/model/hash.ts'])
  })
})

describe('the shape of files', () => {
  it('has no barrel and no default export in src', () => {
    const barrels = production.filter(({ path }) => path.endsWith('/index.ts')).map(({ path }) => path)
    const defaults = production.filter(({ text }) => /^export default /m.test(text)).map(({ path }) => path)
    expect([...barrels, ...defaults]).toEqual([])
  })

  it('leaves nothing for later', () => {
    const words = /\b(?:TODO|FIXME|XXX|HACK)\b|coming soon|not (?:yet )?implemented/i
    expect(sources.filter(({ text }) => words.test(text)).map(({ path }) => path)).toEqual([])
  })
})
