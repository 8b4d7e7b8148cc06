import { isObject } from '../../api/is-object.ts'
import { TransientError } from '../../model/errors.ts'
import type { ApiClient } from './api-client.ts'
import { describeAction } from './api-path.ts'

/** A page of 500 Nodes is some 10 MB of JSON: with pages of 100 the process needs a third less memory, and hardly more time. */
const PAGE_SIZE = 100

export interface ListPage {
  readonly items: readonly unknown[]
  /** Where a watch goes on from; the same for every page. */
  readonly resourceVersion: string
}

type PathWith = (query: Readonly<Record<string, string>>) => string

/** The pages of a list, one after the other, so that a long list is never in memory as a whole. */
export async function* listPages(client: ApiClient, pathWith: PathWith, signal: AbortSignal): AsyncGenerator<ListPage> {
  let token = ''
  do {
    const path = pathWith({ limit: String(PAGE_SIZE), ...(token !== '' && { continue: token }) })
    const { next, ...page } = await readPage(client, path, signal)
    yield page
    token = next
  } while (token !== '')
}

/** The version that a list would have now. */
export async function readListVersion(client: ApiClient, pathWith: PathWith, signal: AbortSignal): Promise<string> {
  return (await readPage(client, pathWith({ limit: '1' }), signal)).resourceVersion
}

async function readPage(
  client: ApiClient,
  path: string,
  signal: AbortSignal,
): Promise<ListPage & { readonly next: string }> {
  const { json } = await client.request('GET', path, { signal })
  const metadata = isObject(json) && isObject(json['metadata']) ? json['metadata'] : {}
  const { resourceVersion, continue: next } = metadata
  const items = isObject(json) ? json['items'] : undefined
  if (typeof resourceVersion !== 'string') {
    throw new TransientError('ApiUnavailable', `cannot ${describeAction('GET', path)}: the answer is no list`)
  }
  // The items of an empty list may be null.
  return { items: Array.isArray(items) ? items : [], resourceVersion, next: typeof next === 'string' ? next : '' }
}
