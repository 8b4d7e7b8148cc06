// Starts a server, prints its process id and never stops it: the harness test kills this program and looks at what remains.
import { startCoturn } from './coturn.ts'

const { pid } = await startCoturn()
console.log(pid)
