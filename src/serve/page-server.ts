// The page server: a status page for people, the plain WAN address for scripts, and the door for Git hosts.
import { methodNotAllowed, textAnswer, type Answer, type HttpRequest } from './answer.ts'
import { answerGitHook, type GitHook } from './git-hook.ts'
import { createHostGuard } from './host-guard.ts'
import { startHttpServer, type HttpServerOptions, type RunningHttpServer } from './http-server.ts'
import type { PageView } from './page-view.ts'
import { PAGE_HEADERS, renderPage } from './render-page.ts'

const FOREIGN_NAME =
  'this page is answered for localhost and addresses only; to reach it under a name, give that in pageHosts (--page-hosts, STOA_PAGE_HOSTS)'

export interface PagePort {
  view(): PageView
  /** The WAN address once it is known and published; undefined before. */
  publishedAddress(): string | undefined
}

export interface PageServerOptions extends HttpServerOptions {
  /** Names under which the page is reached, through a reverse proxy for instance. */
  readonly names?: readonly string[] | undefined
}

/** Without a hook, `/hooks/git` is not there: an unsigned message must not make us work. */
export function startPageServer(
  options: PageServerOptions,
  port: PagePort,
  hook: GitHook | undefined,
): Promise<RunningHttpServer> {
  const isTrusted = createHostGuard({ host: options.host, names: options.names })
  return startHttpServer(options, (request) => {
    const { headers, url } = request
    // A message that is signed may come under any name.
    if (url.pathname === '/hooks/git' && hook !== undefined) return answerGitHook(request, hook)
    return isTrusted(headers.host) ? answerRead(request, port) : textAnswer(403, FOREIGN_NAME)
  })
}

function answerRead({ method, url }: HttpRequest, port: PagePort): Answer {
  const read = method === 'GET' || method === 'HEAD'
  switch (url.pathname) {
    case '/':
      return read
        ? { status: 200, headers: PAGE_HEADERS, body: renderPage(port.view()) }
        : methodNotAllowed('GET, HEAD')
    case '/raw':
      return read ? answerAddress(port.publishedAddress()) : methodNotAllowed('GET, HEAD')
    case '/hooks/git':
      return textAnswer(404, 'no webhook secret is configured')
    default:
      return textAnswer(404, 'there are / and /raw')
  }
}

function answerAddress(address: string | undefined): Answer {
  if (address !== undefined) return textAnswer(200, address)
  return textAnswer(503, 'the WAN address is not known and published yet', { 'retry-after': '5' })
}
