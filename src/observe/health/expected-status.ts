/** `200-299,301`, as the schema has checked it. */
export function isExpectedStatus(status: number, expected: string): boolean {
  return expected.split(',').some((part) => {
    const [from = '', to = from] = part.split('-')
    return status >= Number(from) && status <= Number(to)
  })
}
