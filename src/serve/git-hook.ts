// A Git host says that something was pushed. The answer is to look; nothing in the message is believed or even kept.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { methodNotAllowed, textAnswer, type Answer, type HttpRequest } from './answer.ts'

const LARGEST_BODY = 25 * 2 ** 20

export interface GitHook {
  readonly secret: string
  /** Looks at the repository soon. Must not throw. */
  readonly requestSync: () => void
}

/** GitHub, Gitea and Forgejo sign with the first; the second is for everyone else. */
const SIGNATURE_HEADERS = ['x-hub-signature-256', 'x-signature-256'] as const

export async function answerGitHook(request: HttpRequest, { secret, requestSync }: GitHook): Promise<Answer> {
  if (request.method !== 'POST') return methodNotAllowed('POST')
  // An empty secret is none: anybody could sign with it.
  const judged = secret === '' ? 'Refused' : await judge(request, secret)
  if (judged === 'TooLarge') return textAnswer(413, `the message is larger than ${LARGEST_BODY} bytes`)
  if (judged === 'Refused') {
    return textAnswer(
      401,
      'the signature (X-Hub-Signature-256, X-Signature-256) or token (X-Gitlab-Token) does not fit',
    )
  }
  requestSync()
  return textAnswer(202, 'the repository will be read')
}

async function judge({ headers, body }: HttpRequest, secret: string): Promise<'Genuine' | 'Refused' | 'TooLarge'> {
  const token = headers['x-gitlab-token']
  if (typeof token === 'string') return isEqual(digest(token), digest(secret)) ? 'Genuine' : 'Refused'
  const signature = SIGNATURE_HEADERS.map((name) => headers[name]).find((value) => typeof value === 'string')
  const claimed = /^(?:sha256=)?([0-9a-f]{64})$/i.exec(signature?.toString() ?? '')?.[1]
  if (claimed === undefined) return 'Refused'
  if (Number(headers['content-length'] ?? 0) > LARGEST_BODY) return 'TooLarge'
  const hmac = createHmac('sha256', secret)
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > LARGEST_BODY) return 'TooLarge'
    hmac.update(chunk)
  }
  return isEqual(hmac.digest(), Buffer.from(claimed, 'hex')) ? 'Genuine' : 'Refused'
}

/** Makes texts of any length comparable in constant time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function isEqual(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(a, b)
}
