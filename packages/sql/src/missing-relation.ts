import { nearest } from '@millrace/base'

/** DuckDB also knows its own catalogue's names, which nobody means, and leaves out the schema. */
export function missingRelation(name: string, known: readonly string[]): string {
  const last = (text: string): string => text.toLowerCase().split('.').at(-1) ?? ''
  const near = nearest(last(name), known.map(last))
  const meant = known.filter((each) => last(each) === near)
  const suggestion = near === undefined ? '' : `; did you mean ${[...new Set(meant)].slice(0, 3).join(' or ')}?`
  return `there is no stream or model ${name}${suggestion}`
}
