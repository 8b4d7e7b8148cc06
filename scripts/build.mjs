// Bundles the command into dist/stoa.js: one file that starts fast and needs no node_modules.
import { build } from 'esbuild'
import { chmod, rm } from 'node:fs/promises'

const root = new URL('..', import.meta.url)
await rm(new URL('dist', root), { recursive: true, force: true })
await build({
  absWorkingDir: root.pathname,
  entryPoints: { stoa: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifySyntax: true,
  sourcemap: 'linked',
  legalComments: 'none',
  logLevel: 'warning',
  banner: {
    // CommonJS dependencies inside an ES module bundle still call require() for Node's own modules.
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
})
await chmod(new URL('dist/stoa.js', root), 0o755)
