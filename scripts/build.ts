// Bundles the command into dist/.
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.ts'
import { replaceBuild } from './replace-build.ts'

await replaceBuild(fileURLToPath(new URL('../dist', import.meta.url)), async (folder) => void (await bundle(folder)))
