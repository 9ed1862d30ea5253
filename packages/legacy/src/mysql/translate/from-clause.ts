/** Tables, queries and joins of a FROM clause. */
import { name } from '../../translate/name.ts'
import type { Source } from '../parse/syntax.ts'
import { condition } from './compare.ts'
import type { Entry, Scope } from './scope.ts'

interface FromClause {
  readonly sql: string
  readonly entries: readonly Entry[]
}

/** `scope` is that of the query, whose own entries are not known yet. */
export function fromClause(source: Source, scope: Scope): FromClause {
  const { session, commonTables } = scope
  if (source.kind === 'derived') {
    const alias = session.alias(source.alias)
    const { sql, columns } = session.query(source.query, { ...scope, entries: [], grouping: null, items: [] })
    return {
      sql: `(\n${indented(sql)}\n) AS ${name(alias)}`,
      entries: [{ name: source.alias, schema: null, alias: name(alias), columns, keys: [] }],
    }
  }
  if (source.kind === 'join') return joinOf(source, scope)
  const { schema, table, at } = source
  const own = source.alias ?? table
  const alias = name(session.alias(own))
  const common = schema === null ? commonTables.get(table) : undefined
  if (common !== undefined)
    return { sql: `${common.alias} AS ${alias}`, entries: [{ name: own, schema: null, alias, columns: common.columns, keys: [] }] }
  const { reference, columns, keys } = session.relation(schema ?? '', table, at)
  return { sql: `${reference} AS ${alias}`, entries: [{ name: own, schema: source.alias === null ? schema : null, alias, columns, keys }] }
}

function joinOf(source: Source & { kind: 'join' }, scope: Scope): FromClause {
  const left = fromClause(source.left, scope)
  const right = fromClause(source.right, scope)
  const entries = [...left.entries, ...right.entries]
  const nested = source.right.kind === 'join' ? `(${right.sql})` : right.sql
  const { on } = source
  if (on === null) return { sql: `${left.sql}\n  CROSS JOIN ${nested}`, entries }
  const test = condition(scope.session.expression(on, { ...scope, entries, grouping: null }), on.at)
  return { sql: `${left.sql}\n  ${source.side === 'inner' ? '' : `${source.side.toUpperCase()} `}JOIN ${nested} ON ${test}`, entries }
}

export function indented(sql: string): string {
  return sql.replaceAll(/^/gm, '  ')
}
