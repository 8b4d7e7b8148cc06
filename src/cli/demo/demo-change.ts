// What the command line of a demo says.

export interface DemoFlags {
  readonly portBase?: number
  readonly exitAfterReady?: true
}

export type DemoChange =
  | { readonly kind: 'wan'; readonly address: string }
  | { readonly kind: 'taint'; readonly node: string; readonly both: boolean }
  | { readonly kind: 'untaint'; readonly node: string }
  | { readonly kind: 'break' | 'heal' }
