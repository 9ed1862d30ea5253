/**
 * Looks at the rows of one table, in one pass: what its texts are made of, and whether its dates are dates.
 * Equality and order by a collation of MySQL are the same as ours for some texts and not for others.
 */
import { quoteMysqlName } from '@millrace/capture'
import type { CatalogColumn, CatalogRelation, TextFacts } from './catalog.ts'
import { collationOf } from './collation.ts'
import type { Ask } from './read-catalog.ts'

const TEXT = /^(char|varchar|tinytext|text|mediumtext|longtext|enum)$/
const DATES = /^(date|datetime|timestamp)$/

export async function measureColumns({ schema, name, columns }: CatalogRelation, ask: Ask): Promise<readonly CatalogColumn[]> {
  const questions = columns.flatMap((column, at) => questionsOf(column, at))
  if (questions.length === 0) return columns
  const [row] = await ask(`SELECT ${questions.join(', ')} FROM ${quoteMysqlName(schema)}.${quoteMysqlName(name)}`)
  const holds = (question: string): boolean => Number(row?.[question] ?? 0) === 1
  return columns.map((column, at) => {
    if (DATES.test(column.dataType)) return { ...column, hasNoDates: holds(`z${at}`) }
    if (!TEXT.test(column.dataType) || column.collation === null) return column
    const facts: TextFacts = {
      collation: collationOf(column.collation),
      isAscii: !holds(`f${at}`),
      isLower: !holds(`u${at}`),
      isUpper: !holds(`l${at}`),
      mayBePadded: holds(`p${at}`),
      hasBlanks: holds(`b${at}`),
      isCanonical: holds(`c${at}`),
      sources: [`${schema}.${name}.${column.name}`],
    }
    return { ...column, facts }
  })
}

function questionsOf({ name, dataType, collation }: CatalogColumn, at: number): string[] {
  const column = quoteMysqlName(name)
  const bytes = (value: string): string => `CAST(${value} AS BINARY)`
  if (DATES.test(dataType))
    return [
      `COALESCE(MAX(${column} IS NOT NULL AND (MONTH(${column}) = 0 OR DAYOFMONTH(${column}) = 0 OR LAST_DAY(${column}) IS NULL)), 0) AS z${at}`,
    ]
  if (!TEXT.test(dataType) || collation === null) return []
  return [
    `COALESCE(MAX(${column} REGEXP '[^ -~]'), 0) AS f${at}`,
    `COALESCE(MAX(${bytes(column)} <> ${bytes(`LOWER(${column})`)}), 0) AS u${at}`,
    `COALESCE(MAX(${bytes(column)} <> ${bytes(`UPPER(${column})`)}), 0) AS l${at}`,
    `COALESCE(MAX(${column} LIKE '% '), 0) AS p${at}`,
    `COALESCE(MAX(${column} LIKE '% %'), 0) AS b${at}`,
    `COUNT(DISTINCT ${column}) = COUNT(DISTINCT ${bytes(column)}) AS c${at}`,
  ]
}
