// Writes everything that derives from crds/ (types, schemas, the tables of docs/spec/, the chart's copies), from the Lua scripts of argocd/
// from the chart's values and from the table of settings. With --check it only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { renderArgocdConfig } from './generate/argocd.ts'
import { renderChart } from './generate/chart.ts'
import { fileNameOf, readKindDefinitions } from './generate/crds.ts'
import { renderDescriptions } from './generate/descriptions.ts'
import { renderPage } from './generate/docs.ts'
import { renderSchemas } from './generate/schemas.ts'
import { renderSettings } from './generate/settings.ts'
import { renderTypes } from './generate/types.ts'

const root = new URL('..', import.meta.url)

/** Every generated file with its text. */
async function renderAll(): Promise<ReadonlyMap<string, string>> {
  const definitions = readKindDefinitions(new URL('crds/', root))
  const files = new Map([['src/api/generated/schemas.ts', renderSchemas(definitions)]])
  files.set('src/api/generated/descriptions.ts', renderDescriptions(definitions))
  for (const definition of definitions) {
    const name = fileNameOf(definition.kind)
    files.set(`src/api/generated/${name}.ts`, await renderTypes(definition))
    const page = `docs/spec/${name}.md`
    files.set(page, renderPage(read(page), definition))
  }
  for (const [path, text] of renderArgocdConfig(new URL('argocd/resource_customizations/dns.stoa.dev/', root)))
    files.set(path, text)
  for (const [path, text] of renderChart(root)) files.set(path, text)
  files.set('docs/spec/configuration.md', renderSettings())
  return files
}

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8')
}

function isOutdated([path, text]: readonly [string, string]): boolean {
  return !existsSync(new URL(path, root)) || read(path) !== text
}

const outdated = [...(await renderAll())].filter(isOutdated)
if (process.argv.includes('--check')) {
  if (outdated.length > 0) {
    console.error(
      `Not up to date with what they are made from: ${outdated.map(([path]) => path).join(', ')}\nRun: npm run generate`,
    )
    process.exitCode = 1
  }
} else {
  for (const [path, text] of outdated) {
    writeFileSync(new URL(path, root), text)
    console.log(`wrote ${path}`)
  }
}
