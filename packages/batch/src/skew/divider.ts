/** Of which column a salt is made: one that differs between the rows of one key. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Column, Schema } from '@millrace/core'
import { quoteIdentifier, valueSql } from '@millrace/sql'
import { guessDistinct, type KeyCounts, type RelationKey } from './count-tables.ts'

/** A column with fewer values within a key does not cut it into even parts. */
const VALUES_LEAST = 1000

/** One of the identity where it is not in the key; else the column of most values among the rows of the most frequent key. */
export async function dividerOf(
  connection: DuckDBConnection,
  { relation, schema }: Pick<RelationKey, 'relation'> & { readonly schema: Schema },
  { columns, keys: [hottest] }: KeyCounts,
): Promise<Column | null> {
  const by = new Set(columns.map(({ name }) => name))
  const identity = schema.key.map((at) => schema.columns[at] as Column).find(({ name }) => !by.has(name))
  if (identity !== undefined || hottest === undefined) return identity ?? null
  const others = schema.columns.filter(({ name }) => !by.has(name))
  const isKey = columns.map(({ name, type }, at) => `${quoteIdentifier(name)} IS NOT DISTINCT FROM ${valueSql(type, hottest[at] ?? null)}`)
  const guesses = await guessDistinct(connection, { relation: `(SELECT * FROM ${relation} WHERE ${isKey.join(' AND ')})`, columns: others })
  const most = Math.max(0, ...guesses)
  return most < VALUES_LEAST ? null : (others[guesses.indexOf(most)] ?? null)
}
