// What the exit code of every command means.

export const EXIT = {
  fine: 0,
  /** Findings, or something failed. */
  failure: 1,
  /** Something would change; only where `--detailed-exitcode` asks for it. */
  changes: 2,
  /** The command line itself was wrong: EX_USAGE. */
  usage: 64,
  /** Stopped by the user, as shells report it. */
  interrupted: 130,
} as const
