/** Why what is published stays as it is. */
export interface Hold {
  readonly reason: string
  readonly message: string
}
