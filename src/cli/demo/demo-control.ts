// How other terminals change a running demo: one line of JSON over a socket that only its owner may open, and one line back.
import { chmod } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Resolves with what to tell whoever asked; rejects with why it was not done. */
export type Obey = (request: unknown) => Promise<string>

const LONGEST_LINE = 4_096

export interface Control {
  close(): Promise<void>
}

export async function startControl(path: string, obey: Obey): Promise<Control> {
  const server: Server = createServer((socket) => {
    void readLine(socket).then(async (line) => {
      if (line !== undefined) socket.end(`${JSON.stringify(await answer(line, obey))}\n`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
  return { close: () => new Promise((resolve) => server.close(() => resolve())) }
}

type Reply = { readonly said: string } | { readonly refused: string }

async function answer(line: string, obey: Obey): Promise<Reply> {
  try {
    return { said: await obey(JSON.parse(line)) }
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) }
  }
}

/** Undefined when nobody is there to hear it. */
export async function askControl(path: string, request: unknown): Promise<Reply | undefined> {
  const socket = connect(path)
  socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`))
  const line = await readLine(socket)
  socket.destroy()
  return line === undefined ? undefined : (JSON.parse(line) as Reply) // The other end is the function above.
}

/** Undefined when the connection ends before a whole line has come. */
function readLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
      else if (text.length > LONGEST_LINE) socket.destroy()
    })
    socket.on('error', () => resolve(undefined))
    socket.on('close', () => resolve(undefined))
  })
}
