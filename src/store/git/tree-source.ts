// Where the tree of manifests comes from: a repository or a plain folder.

export interface TreeVersion {
  /** The folder to read. It stays as it is until the next fetch, unless it is a plain folder. */
  readonly root: string
  /** What comes before the names of its files, for people: the folder in the repository. */
  readonly prefix: string
  /** Absent for a plain folder. */
  readonly commit?: string
  /** Folders from the root on that the commit only refers to; empty text for the root itself. */
  readonly submodules?: readonly string[]
  /** Of a plain folder, when it had come to rest. */
  readonly fingerprint?: string
}

export interface TreeSource {
  /** Repository, ref and folder, for people, and to tell whether a data directory has been used with another one. */
  readonly description: string
  /** How often to fetch when nothing is heard. */
  readonly pollMs: number
  /** Brings the newest version here. Rejects with what a person can do about it; then nothing is known, and nothing has changed. */
  fetch(signal: AbortSignal): Promise<TreeVersion>
  /** Calls when there seems to be something newer. Returns what ends it. Sources far away call nobody. */
  watch(onChange: () => void): Promise<() => void>
  close(): Promise<void>
}
