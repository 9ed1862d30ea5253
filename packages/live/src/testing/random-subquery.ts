/**
 * Subqueries whose mark is read as a value: TRUE, FALSE and NULL then lead to different rows, where a bare
 * `WHERE x NOT IN (…)` cannot tell FALSE from NULL.
 */
import { pick, type Random } from '@millrace/base'

interface MarkedRelation {
  readonly sql: string
}

/** Over `id` and `ref`, which every table has. */
export function randomMarkQuery(random: Random, relations: readonly MarkedRelation[]): string {
  const outer = pick(random, relations).sql
  const asked = (): string => randomMark(random, pick(random, relations).sql)
  const selected = random.below(2) === 0 ? 't.id, t.ref' : `t.id, ${asked()} AS mark`
  return `SELECT ${selected} FROM ${outer} t${random.below(4) === 0 ? '' : ` WHERE ${askedAsValue(random, asked)}`}`
}

function askedAsValue(random: Random, mark: () => string): string {
  return pick(random, [
    () => mark(),
    () => `(${mark()}) IS NULL`,
    () => `(${mark()}) IS NOT TRUE`,
    () => `NOT (${mark()})`,
    () => `(${mark()} OR t.id > ${random.below(4)})`,
    () => `coalesce(${mark()}, ${pick(random, ['true', 't.id = 1'])})`,
    () => `CASE WHEN ${mark()} THEN t.id < 3 ELSE t.id > 1 END`,
    () => `(${mark()}) IS DISTINCT FROM (${mark()})`,
  ])()
}

/** The tables are small: without a condition on its rows nearly every subquery would hold a NULL. */
function randomMark(random: Random, inner: string): string {
  const column = (): string => pick(random, ['id', 'ref'])
  const where = pick(random, [
    '',
    ' WHERE s.ref IS NOT NULL',
    ` WHERE s.id < ${1 + random.below(6)}`,
    ' WHERE s.id = t.id',
    ' WHERE s.id > t.id',
    ' WHERE s.ref = t.id OR s.ref IS NULL',
  ])
  const rows = `(SELECT s.${column()} FROM ${inner} s${where})`
  return pick(random, [
    `t.${column()} IN ${rows}`,
    `t.ref IN ${rows}`,
    `t.ref NOT IN ${rows}`,
    `t.${column()} ${pick(random, ['=', '<>', '<', '>='])} ${pick(random, ['ANY', 'ALL'])} ${rows}`,
    `EXISTS ${rows}`,
  ])
}
