/**
 * What a SELECT means, as one text: DuckDB's bound plan without the places and aliases of the SQL. Names of
 * result columns are no aliases here: they are kept beside it.
 */

/** The largest 64-bit number stands for "none", and every place is one of these. */
const PLACE = /"query_location":\d+,?/g
/** An alias of an expression; that of a type (JSON is one) is part of the type. */
const ALIAS = /("type":"(?!\w*_TYPE_INFO")\w+",)"alias":"(?:[^"\\]|\\.)*",/g
/** Counters that grow with whatever was bound before, also with what was then left out. */
const COUNTER = /"(table_index|group_index|aggregate_index|groupings_index|window_index|unnest_index|mark_index|cte_index)":(\d+)/g
const CTE_NAME = /"ctename":"(?:[^"\\]|\\.)*"/g

export function canonicalPlan(planText: string): string {
  const numbers = new Map<string, number>()
  return planText
    .replaceAll(PLACE, '')
    .replaceAll(ALIAS, '$1')
    .replaceAll(CTE_NAME, '"ctename":""')
    .replaceAll(COUNTER, (_whole, field: string, number: string) => {
      const known = numbers.get(number) ?? numbers.size
      numbers.set(number, known)
      return `"${field}":${known}`
    })
}
