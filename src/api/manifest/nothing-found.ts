import { API_GROUP } from '../kinds.ts'

/** Nothing to look at is mostly a wrong path, and must not pass for a clean result. */
export const NOTHING_FOUND = `no object of ${API_GROUP} found: check the path; Kustomize and Helm sources need to be rendered first`
