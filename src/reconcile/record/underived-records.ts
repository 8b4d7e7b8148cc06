// Records of which nobody knows what they want: not derived yet, or not to be read.
import type { StoreReader } from '../../store/store.ts'
import { refText } from '../object-keys.ts'
import type { RecordBook } from './record-book.ts'

type RecordList = Pick<StoreReader, 'list'>

/** Those that had something at the provider when they last said so. */
export function countUnderived(store: RecordList, book: Pick<RecordBook, 'get'>, provider: string): number {
  return [...store.list('DynamicDNSRecord')].filter(({ metadata, status }) => {
    const isDerived = book.get(refText(metadata))?.derivation !== undefined
    return !isDerived && status?.zones?.some((zone) => zone.provider === provider) === true
  }).length
}

/** A record that is there and cannot be read says nothing of what it wants; what is marked for it is not nobody's. */
export function isUnread(store: RecordList, uid: string): boolean {
  return [...store.list('DynamicDNSRecord')].some(
    ({ metadata, resource }) => resource === undefined && metadata.uid === uid,
  )
}
