import { name } from '../../translate/name.ts'
import type { QueryBody, SetOperation } from '../parse/syntax.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import { united, unitedRest } from './compare.ts'
import { indented } from './from-clause.ts'
import type { OutputColumn, Scope, TranslatedQuery } from './scope.ts'
import { jointFacts, needCanonical } from './text.ts'
import { atom, type Value } from './value.ts'

/** Both sides with the same types: where exact numbers meet, DuckDB would cut the longer one's digits in silence. */
export function setOperation(node: SetOperation, translated: (body: QueryBody) => TranslatedQuery, scope: Scope): TranslatedQuery {
  const { operator, isAll, at } = node
  const sides = [translated(node.left), translated(node.right)]
  const [left, right] = sides.map(({ columns }) => columns)
  if (left === undefined || right === undefined || left.length !== right.length)
    throw untranslatableAt(operator.toUpperCase(), 'its sides have different widths', at)
  const aliases = sides.map(() => name(scope.session.alias('side')))
  const valueOf = (column: OutputColumn | undefined, side: number): Value => ({
    ...atom('null', `${aliases[side]}.${name(column?.name ?? '')}`),
    ...column?.value,
  })
  const pairs = left.map((column, index) => united([valueOf(column, 0), valueOf(right[index], 1)], at))
  const columns = pairs.map((pair, index): OutputColumn => {
    const kind = pair.find((each) => each.kind !== 'null')?.kind ?? 'null'
    const rest = unitedRest(pair)
    const scale = rest.scale ?? 0
    const facts = kind === 'text' ? jointFacts(pair, at) : null
    const joint = { ...atom(kind, ''), ...rest, facts, digits: { least: scale, most: scale } }
    if (!isAll || operator !== 'union') {
      needCanonical(joint, operator.toUpperCase(), { session: scope.session, at })
      if (joint.unsettled !== 'never')
        throw untranslatableAt(
          operator.toUpperCase(),
          'quotients are told apart, with digits that depend on the server’s plan: round them',
          at,
        )
    }
    const { isUnsigned, isWide, fraction, unsettled, mayVanish } = joint
    const settled = unsettled === 'merged' ? 'pushed' : unsettled
    return {
      name: left[index]?.name ?? '',
      value: {
        kind,
        scale,
        isUnsigned,
        isWide: isWide && kind !== 'decimal',
        mayVanish,
        facts,
        fraction,
        digits: joint.digits,
        unsettled: settled,
      },
      unreadable: null,
      type: null,
    }
  })
  const [one, other] = sides.map(({ sql }, side) => {
    const list = pairs.map((pair, index) => `${pair[side]?.sql} AS ${name(columns[index]?.name ?? '')}`)
    return `SELECT ${list.join(', ')} FROM (\n${indented(sql)}\n) AS ${aliases[side]}`
  })
  return { sql: `${one}\n${operator.toUpperCase()}${isAll ? ' ALL' : ''}\n${other}`, columns }
}
