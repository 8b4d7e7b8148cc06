import type { TsigKey } from '../../wire/tsig-key.ts'

/** Who may copy a zone of the built-in name server, and is told of its changes. */
export interface ZoneSecondary {
  readonly host: string
  readonly port: number
  /** Undefined: known by its address alone. */
  readonly key: TsigKey | undefined
}
