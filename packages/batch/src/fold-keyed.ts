/**
 * The relation that a keyed stream's changes add up to, as SQL over its change table.
 *
 * It is written apart from the live engine on purpose: a proof is worth something only because the two
 * sides have no code in common. The idea: every change **touches** a key. An insert or update leaves a
 * row there, a delete or an update that moves the row to another key leaves none. The last touch of a
 * key decides; a truncation forgets all touches before it.
 *
 * A touch is a `mark`: twice the change's sequence, plus one where it leaves a row. So the greatest mark
 * of a key tells both which change was last and whether a row is there.
 */
import { OPERATION } from '@millrace/core'
import { UNTOLD_BITS } from './change-table.ts'

export interface KeyedFold {
  /** A relation with the columns of a change table, in which `sequence` orders the changes. */
  readonly changes: string
  /** How many columns were loaded: `a0` to `a<count - 1>`. */
  readonly columnCount: number
  /** Which of them identify a row. */
  readonly key: readonly number[]
  /** Which of them some change did not tell. */
  readonly untold: readonly number[]
}

/** A `WITH` list and a `SELECT` of `a0…`: one row per living key. */
export function foldKeyed(fold: KeyedFold): string {
  const columns = Array.from({ length: fold.columnCount }, (_, at) => `a${at}`)
  const keyList = fold.key.map((at) => `k${at}`).join(', ')
  const steps = [
    `touch AS (${touches(fold)})`,
    `living AS (SELECT max(mark) // 2 AS sequence FROM touch GROUP BY ${keyList} HAVING max(mark) % 2 = 1)`,
  ]
  if (fold.untold.length === 0) {
    return `WITH ${steps.join(',\n')}\nSELECT ${columns.join(', ')} FROM ${fold.changes} SEMI JOIN living USING (sequence)`
  }
  steps.push(...segments(fold, keyList), ...fold.untold.flatMap((at) => told(fold, at)))
  const joins = fold.untold.map(
    (at) =>
      `LEFT JOIN told${at} ON told${at}.sequence = row.sequence LEFT JOIN ${fold.changes} AS from${at} ON from${at}.sequence = told${at}.at`,
  )
  const list = columns.map((name, at) =>
    fold.untold.includes(at) ? `CASE WHEN ${isUntold('row', at)} THEN from${at}.${name} ELSE row.${name} END AS ${name}` : `row.${name}`,
  )
  return `WITH RECURSIVE ${steps.join(',\n')}\nSELECT ${list.join(', ')} FROM ${fold.changes} AS row SEMI JOIN living ON living.sequence = row.sequence ${joins.join(' ')}`
}

/** Every touch after the last truncation: its key as `k…`, its mark, and whether a row arrived by it. */
function touches({ changes, key }: KeyedFold): string {
  const since = `sequence > (SELECT coalesce(max(sequence), -1) FROM ${changes} WHERE operation = ${OPERATION.TRUNCATE})`
  const at = (side: 'a' | 'b'): string => key.map((index) => `${side}${index} AS k${index}`).join(', ')
  const moved = `operation = ${OPERATION.UPDATE} AND told_before AND (${key.map((index) => `a${index} IS DISTINCT FROM b${index}`).join(' OR ')})`
  return `
    SELECT ${at('a')}, 2 * sequence + CASE WHEN operation = ${OPERATION.DELETE} THEN 0 ELSE 1 END AS mark,
      operation = ${OPERATION.INSERT} OR (${moved}) AS arrived
    FROM ${changes} WHERE ${since}
    UNION ALL
    SELECT ${at('b')}, 2 * sequence AS mark, false AS arrived
    FROM ${changes} WHERE ${since} AND ${moved}`
}

/**
 * For cells that a change did not tell. A row's stay at one key is a **segment**, named by the change
 * with which it arrived. A row that moved came from the segment at which its leaving touched the old key.
 */
function segments(fold: KeyedFold, keyList: string): string[] {
  const toldBy = fold.untold.map((at) => `max(CASE WHEN NOT ${isUntold('change', at)} THEN change.sequence END) AS told${at}`)
  return [
    `stay AS MATERIALIZED (SELECT mark, coalesce(max(CASE WHEN arrived THEN mark // 2 END) OVER seen, min(mark // 2) OVER seen) AS segment
      FROM touch WINDOW seen AS (PARTITION BY ${keyList} ORDER BY mark ROWS UNBOUNDED PRECEDING))`,
    `segment AS MATERIALIZED (SELECT stay.segment, ${toldBy.join(', ')} FROM stay JOIN ${fold.changes} AS change ON stay.mark = 2 * change.sequence + 1 GROUP BY stay.segment)`,
    `origin AS MATERIALIZED (SELECT leaving.mark // 2 AS segment, leaving.segment AS parent
      FROM stay AS leaving JOIN stay AS arriving ON arriving.mark = leaving.mark + 1 AND leaving.mark % 2 = 0)`,
  ]
}

/** `told3`: for each living row whose column 3 is untold, `at`, the change that told it last. */
function told({ changes }: KeyedFold, at: number): string[] {
  return [
    `climb${at} AS (
      SELECT living.sequence, stay.segment FROM living
        JOIN ${changes} AS change ON change.sequence = living.sequence AND ${isUntold('change', at)}
        JOIN stay ON stay.mark = 2 * living.sequence + 1
      UNION ALL
      SELECT climb${at}.sequence, origin.parent FROM climb${at}
        JOIN segment ON segment.segment = climb${at}.segment AND segment.told${at} IS NULL
        JOIN origin ON origin.segment = climb${at}.segment)`,
    `told${at} AS (SELECT climb${at}.sequence, segment.told${at} AS at FROM climb${at} JOIN segment ON segment.segment = climb${at}.segment WHERE segment.told${at} IS NOT NULL)`,
  ]
}

/** SQL for whether a change does not tell the column at this place. */
export function isUntold(relation: string, at: number): string {
  return `((${relation}.untold${Math.floor(at / UNTOLD_BITS)} >> ${at % UNTOLD_BITS}) & 1) = 1`
}
