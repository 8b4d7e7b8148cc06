import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { frameMessage, FrameDecoder } from '../wire/stream-framing.ts'
import { listenTcp, TCP_LIMITS } from './tcp-listener.ts'
import type { Listener } from './udp-listener.ts'

const MESSAGES = 40
const question = new Uint8Array(12)
let listener: Listener
/** In which turn of the event loop each answer was made. */
let made: number[]
let turn: number
let next: NodeJS.Immediate

afterEach(async () => {
  clearImmediate(next)
  await listener.close()
})

async function listenWith(answersPerQuestion: number): Promise<void> {
  made = []
  turn = 0
  const beat = (): void => {
    turn += 1
    next = setImmediate(beat)
  }
  beat()
  listener = await listenTcp({ host: '127.0.0.1', port: 0 }, TCP_LIMITS, function* () {
    for (let count = 0; count < answersPerQuestion; count += 1) {
      made.push(turn)
      yield question
    }
  })
}

/** How many answers come to so many questions in one piece. */
function askAtOnce(questions: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const decoder = new FrameDecoder()
    let answers = 0
    const socket = connect(listener.port, '127.0.0.1')
    socket.on('data', (chunk) => (answers += [...decoder.push(chunk)].length))
    socket.on('error', reject)
    socket.on('close', () => resolve(answers))
    socket.end(Buffer.concat(Array.from({ length: questions }, () => frameMessage(question))))
  })
}

describe('a TCP connection lets everything else have its turn', () => {
  it.each([
    ['between the answers to many questions', MESSAGES, 1],
    ['between the messages of a transfer', 1, MESSAGES],
  ])('%s', async (_, questions, answersPerQuestion) => {
    await listenWith(answersPerQuestion)
    expect(await askAtOnce(questions)).toBe(MESSAGES)
    expect(new Set(made).size).toBe(MESSAGES)
  })

  it('however many of them there are', async () => {
    await listenWith(1)
    expect(await Promise.all([1, 2, 3].map(() => askAtOnce(MESSAGES)))).toEqual([MESSAGES, MESSAGES, MESSAGES])
    expect(new Set(made).size).toBe(3 * MESSAGES)
  })
})
