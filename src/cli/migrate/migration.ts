// What a migration comes to: manifests, what a person should know about them, and what could not be translated.
import type { KindName } from '../../api/kinds.ts'

/** Where something stands: a file as the caller wrote it, or the environment. */
export interface Place {
  readonly file: string
  readonly line?: number
}

export interface Manifest {
  readonly kind: KindName
  readonly namespace: string
  readonly name: string
  readonly spec: Readonly<Record<string, unknown>>
  /** What it was made from: a finding about it points there. */
  readonly place: Place
  /** Lines above it. */
  readonly comment?: readonly string[]
}

export interface Problem {
  readonly place: Place
  /** What is wrong, and what to do. */
  readonly message: string
}

/** Gathers on the way, so that one run tells everything there is to mend. */
export class Migration {
  readonly manifests: Manifest[] = []
  readonly notes: string[] = []
  readonly problems: Problem[] = []
  /** Lines above all manifests. */
  readonly header: string[] = []

  add(manifest: Manifest): void {
    this.manifests.push(manifest)
  }

  note(text: string, place?: Place): void {
    this.notes.push(place === undefined ? text : `${formatPlace(place)}: ${text}`)
  }

  refuse(place: Place, message: string): void {
    this.problems.push({ place, message })
  }
}

export function formatPlace({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`
}
