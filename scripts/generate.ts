// Writes everything that derives from crds/: types, schemas and the tables of docs/spec/. With --check it only compares.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileNameOf, readKindDefinitions } from './generate/crds.ts'
import { renderSchemas } from './generate/schemas.ts'
import { renderTypes } from './generate/types.ts'

const root = new URL('..', import.meta.url)

/** Every generated file with its text. */
async function renderAll(): Promise<ReadonlyMap<string, string>> {
  const definitions = readKindDefinitions(new URL('crds/', root))
  const files = new Map([['src/api/generated/schemas.ts', renderSchemas(definitions)]])
  for (const definition of definitions) {
    files.set(`src/api/generated/${fileNameOf(definition.kind)}.ts`, await renderTypes(definition))
  }
  return files
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, root), 'utf8')
  } catch {
    return undefined
  }
}

const files = await renderAll()
const outdated = [...files].filter(([path, text]) => readIfPresent(path) !== text)
if (process.argv.includes('--check')) {
  if (outdated.length > 0) {
    console.error(`Not up to date with crds/: ${outdated.map(([path]) => path).join(', ')}\nRun: npm run generate`)
    process.exitCode = 1
  }
} else {
  for (const [path, text] of outdated) {
    mkdirSync(dirname(fileURLToPath(new URL(path, root))), { recursive: true })
    writeFileSync(new URL(path, root), text)
    console.log(`wrote ${path}`)
  }
}
