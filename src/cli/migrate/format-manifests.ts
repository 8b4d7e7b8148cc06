// Manifests as YAML for people: comments above, fields in the order they were given.
import { stringify } from 'yaml'
import { API_VERSION } from '../../api/kinds.ts'
import type { Manifest } from './migration.ts'

export function formatManifests(manifests: readonly Manifest[]): string {
  return manifests.map(formatManifest).join('')
}

/** As YAML 1.1, which is what kubectl reads: a name such as `on` needs quotes there. */
export function formatManifest({ kind, namespace, name, spec, comment = [] }: Manifest): string {
  const value = { apiVersion: API_VERSION, kind, metadata: { name, namespace }, spec }
  return `---\n${formatComment(comment)}${stringify(value, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false })}`
}

export function formatComment(lines: readonly string[]): string {
  return lines.map((line) => (line === '' ? '#\n' : `# ${line}\n`)).join('')
}
