import { FLUX_REQUESTED_AT_ANNOTATION, REQUESTED_AT_ANNOTATION, type ObjectMeta } from '../api/kinds.ts'

const LONGEST = 256

/**
 * The request for a reconcile that a status has to echo: the annotation's value as it is. With both annotations there, the later of
 * the two; some programs put a word before the time.
 */
export function handledRequest({ annotations = {} }: Pick<ObjectMeta, 'annotations'>): string | undefined {
  const requests = [annotations[FLUX_REQUESTED_AT_ANNOTATION], annotations[REQUESTED_AT_ANNOTATION]]
  const latest = requests.filter((request) => request !== undefined).sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1))[0]
  return latest?.slice(0, LONGEST)
}

function timeOf(request: string): string {
  return request.replace(/^\D+/, '')
}
