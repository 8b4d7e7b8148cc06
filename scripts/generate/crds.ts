// Reads the CRDs, the single source of the resources' shape.
import { readFileSync, readdirSync } from 'node:fs'
import { parse } from 'yaml'
import type { KindDefinition, PrinterColumn, Schema } from '../../src/api/schema.ts'
import type { KindName } from '../../src/api/kinds.ts'

interface Crd {
  readonly spec: {
    readonly names: Omit<KindDefinition, 'printerColumns' | 'schema'>
    readonly versions: readonly {
      readonly additionalPrinterColumns: readonly PrinterColumn[]
      readonly schema: { readonly openAPIV3Schema: Schema }
    }[]
  }
}

/** The kinds in alphabetical order. */
export function readKindDefinitions(folder: URL): readonly KindDefinition[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith('dns.stoa.dev_'))
    .sort()
    .map((file) => toDefinition(parse(readFileSync(new URL(file, folder), 'utf8')) as Crd, file))
}

function toDefinition({ spec }: Crd, file: string): KindDefinition {
  const [version, ...more] = spec.versions
  if (version === undefined || more.length > 0) throw new Error(`crds/${file}: expected exactly one version`)
  const { kind, plural, singular, shortNames } = spec.names
  return {
    ...{ kind, plural, singular, shortNames },
    printerColumns: version.additionalPrinterColumns,
    schema: readBlockDefaults(version.schema.openAPIV3Schema),
  }
}

const TOLD_DEFAULT = / Default: (.+)\.$/s

/** Those that a CRD tells of at the end of a description. */
function readBlockDefaults(schema: Schema): Schema {
  const { description = '', properties, items } = schema
  const told = schema.default === undefined ? TOLD_DEFAULT.exec(description)?.[1] : undefined
  return {
    ...schema,
    ...(told !== undefined && {
      description: description.replace(TOLD_DEFAULT, ''),
      blockDefault: JSON.parse(told) as unknown,
    }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, readBlockDefaults(child)])),
    }),
    ...(items !== undefined && { items: readBlockDefaults(items) }),
  }
}

const FILE_NAMES: Readonly<Record<KindName, string>> = {
  DynamicDNSRecord: 'dynamic-dns-record',
  NodePool: 'node-pool',
  WANAddress: 'wan-address',
  DNSProvider: 'dns-provider',
}

export function fileNameOf(kind: KindName): string {
  return FILE_NAMES[kind]
}
