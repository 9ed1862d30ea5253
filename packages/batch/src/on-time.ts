/**
 * A stream's changes without those that were late, as SQL over its change table. What is late is defined in core
 * (`Watermark`); this is written apart from the live engine, so that a proof compares two readings of one definition.
 */
import { OPERATION, type Watermark } from '@millrace/core'

const MICROS = 1_000_000

export interface OnTime {
  readonly watermark: Watermark
  /** The place of its column among those that were loaded: `a…` after, `b…` before. */
  readonly column: number
  readonly columnCount: number
  readonly isKeyed: boolean
}

/** The changes tell their `cut`. */
export function onTime(changes: string, { watermark, column, columnCount, isKeyed }: OnTime): string {
  const [after, before] = [`a${column}`, `b${column}`]
  const lateness = `to_microseconds(CAST(${Math.round(watermark.latenessSeconds * MICROS)} AS BIGINT))`
  return `
    WITH told AS (${changes}),
    cuts AS (
      SELECT cut, max(${after}) FILTER (isfinite(${after})) AS newest, bool_or(operation = ${OPERATION.TRUNCATE}) AS truncates
      FROM told GROUP BY cut),
    eras AS (SELECT *, count(*) FILTER (truncates) OVER (ORDER BY cut) AS era FROM cuts),
    marks AS (
      SELECT cut, max(newest) OVER (PARTITION BY era ORDER BY cut ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - ${lateness} AS mark
      FROM eras),
    judged AS (
      SELECT told.*, coalesce(${after} < mark, false) AS comes_late, told_before AND coalesce(${before} < mark, false) AS goes_late
      FROM told JOIN marks USING (cut))
    ${isKeyed ? 'SELECT * FROM judged WHERE NOT comes_late AND NOT goes_late' : halves(columnCount)}`
}

/** Of an update that is late by half, the other half. */
function halves(columnCount: number): string {
  const { INSERT, UPDATE, DELETE } = OPERATION
  const rows = Array.from(
    { length: columnCount },
    (_, at) => `CASE WHEN operation = ${UPDATE} AND comes_late THEN b${at} ELSE a${at} END AS a${at}`,
  )
  const operation = `CASE WHEN operation <> ${UPDATE} THEN operation WHEN comes_late THEN ${DELETE} WHEN goes_late THEN ${INSERT} ELSE operation END AS operation`
  return `SELECT * REPLACE (${[operation, ...rows].join(', ')}) FROM judged WHERE NOT (comes_late AND (goes_late OR operation <> ${UPDATE}))`
}
