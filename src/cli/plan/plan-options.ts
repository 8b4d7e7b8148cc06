// What `stoa plan` was asked for.

export const PLAN_FORMATS = ['text', 'json', 'markdown'] as const
export type PlanFormat = (typeof PLAN_FORMATS)[number]

export interface PlanOptions {
  readonly from?: string
  readonly to?: string
  readonly live?: true
  readonly data?: string
  /** In seconds. */
  readonly timeout: string
  readonly output: PlanFormat
  readonly detailedExitcode?: true
  readonly defaultNamespace: string
}
