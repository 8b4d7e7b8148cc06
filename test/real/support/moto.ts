// moto emulates Amazon's services in one process: `pip install "moto[server,route53]"`.
import { findFreePort } from './ports.ts'
import { findOnPath, startServer, type RunningServer } from './process.ts'

export interface Moto extends RunningServer {
  readonly url: string
}

export async function startMoto(): Promise<Moto> {
  const command = findOnPath('moto_server')
  if (command === undefined) throw new Error('moto_server is not on the PATH')
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}/`
  const isReady = async (): Promise<boolean> => (await fetch(new URL('moto-api/', url))).ok
  const args = ['-H', '127.0.0.1', '-p', String(port)]
  const server = await startServer({ name: 'moto', command, args, isReady })
  return { ...server, url }
}
