/** Translates every view of a MySQL or MariaDB catalog, each after those that it reads, and tells of each that cannot be. */
import { MillraceError } from '@millrace/base'
import type { ImportedModel, ImportedTable, ImportedTree, Refusal } from '../imported-tree.ts'
import { modelNames } from '../model-names.ts'
import { name } from '../translate/name.ts'
import { type CatalogRelation, type MysqlCatalog, relationKey } from './catalog/catalog.ts'
import { parseView } from './parse/parse-query.ts'
import { asDeclared, declaredColumns, duckdbType, modelColumn, tableColumn } from './translate/column-type.ts'
import { translateExpression } from './translate/expression.ts'
import { indented } from './translate/from-clause.ts'
import { translateQuery } from './translate/query.ts'
import type { KnownRelation, OutputColumn, Scope, Session, TranslatedQuery } from './translate/scope.ts'
import { atom } from './translate/value.ts'
import { untranslatableAt } from './untranslatable-at.ts'

export interface TranslateRequest {
  readonly catalog: MysqlCatalog
  /** The database of the url, whose tables are streams of `source`. */
  readonly database: string
  readonly source: string
  readonly schemas: readonly string[]
  readonly streamed?: boolean
}

interface Known {
  readonly model: ImportedModel
  readonly columns: readonly OutputColumn[]
}

export function translateMysqlTree(request: TranslateRequest): ImportedTree {
  return new TreeTranslator(request).tree()
}

class TreeTranslator {
  readonly #request: TranslateRequest
  readonly #names: ReadonlyMap<string, string>
  readonly #tables = new Map<string, ImportedTable>()
  readonly #models = new Map<string, Known>()

  constructor(request: TranslateRequest) {
    const { catalog, database, source } = request
    this.#request = request
    const own = (schema: string): string => (schema === database ? source : schema)
    this.#names = modelNames(
      [...catalog.relations].map(([key, { schema, name: relation, kind }]) => ({
        key,
        schema: kind === 'table' ? own(schema) : schema,
        name: relation,
      })),
    )
  }

  tree(): ImportedTree {
    const { catalog, schemas } = this.#request
    for (const relation of catalog.relations.values())
      if (relation.kind === 'view' && (schemas.length === 0 || schemas.includes(relation.schema))) this.#view(relation)
    return { models: [...this.#models.values()].map(({ model }) => model), tables: [...this.#tables.values()] }
  }

  #view(legacy: CatalogRelation): Known {
    const key = relationKey(legacy.schema, legacy.name)
    const found = this.#models.get(key)
    if (found !== undefined) return found
    const known = this.#translate(legacy, this.#names.get(key) ?? key)
    this.#models.set(key, known)
    return known
  }

  #translate(legacy: CatalogRelation, named: string): Known {
    const reads = new Set<string>()
    const notes = new Set<string>()
    const shared = {
      name: named,
      legacy,
      columns: legacy.columns.map((column) => ({ name: column.name, type: duckdbType(column) ?? 'VARCHAR' })),
    }
    try {
      const session = this.#session(legacy, { reads, notes })
      const { sql, columns } = declared(translated(legacy, session), legacy)
      return { model: { ...shared, sql, reads: [...reads], refusal: null, notes: [...notes] }, columns }
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'IMPORT_UNTRANSLATABLE') throw error
      return {
        model: { ...shared, sql: null, reads: [...reads], refusal: refusalOf(error, legacy), notes: [] },
        columns: declaredColumns(legacy),
      }
    }
  }

  #session(legacy: CatalogRelation, { reads, notes }: { readonly reads: Set<string>; readonly notes: Set<string> }): Session {
    const taken = new Set<string>(['q'])
    const fresh = (outer: Scope | null): Scope => ({
      session,
      outer,
      entries: [],
      commonTables: outer?.commonTables ?? new Map(),
      items: [],
      grouping: null,
    })
    const session: Session = {
      catalog: this.#request.catalog,
      collation: legacy.collation,
      relation: (schema, table, at) => {
        const relation = this.#request.catalog.relations.get(relationKey(schema, table))
        if (relation === undefined) throw untranslatableAt(`${schema}.${table}`, 'it belongs to the system, or the user may not see it', at)
        reads.add(this.#names.get(relationKey(schema, table)) ?? table)
        return this.#known(relation)
      },
      alias: (wanted) => {
        let found = wanted
        for (let number = 2; taken.has(found.toLowerCase()); number++) found = `${wanted}_${number}`
        taken.add(found.toLowerCase())
        return found
      },
      note: (text) => notes.add(text),
      expression: translateExpression,
      query: (query, outer) => translateQuery(query, fresh(outer)),
    }
    return session
  }

  #known(relation: CatalogRelation): KnownRelation {
    const key = relationKey(relation.schema, relation.name)
    const named = this.#names.get(key) ?? relation.name
    const reference = named.split('.').map(name).join('.')
    if (relation.kind === 'view') return { reference, columns: this.#view(relation).columns, keys: [] }
    const { catalog, streamed: isStreamed = false } = this.#request
    const columns = relation.columns.map((column) => tableColumn(column, { isUtc: catalog.isUtc, isStreamed }))
    this.#tables.set(key, {
      name: named,
      legacy: relation,
      columns: columns.map((column) => ({ name: column.name, type: column.type ?? 'VARCHAR' })),
    })
    return { reference, columns, keys: relation.keys }
  }
}

function translated({ definition }: CatalogRelation, session: Session): TranslatedQuery {
  if (definition === null || definition === '')
    throw untranslatableAt('its text', 'this user may not read it: GRANT SHOW VIEW, SELECT ON the database to the user', 0)
  return session.query(parseView(definition), null)
}

/** The names and types that the server gives to the view's columns. */
function declared({ sql, columns }: TranslatedQuery, legacy: CatalogRelation): TranslatedQuery {
  if (columns.length !== legacy.columns.length) throw untranslatableAt('*', 'the server says another number of columns than the text', 0)
  const made = legacy.columns.map((column, at) => {
    const inner = columns[at] as OutputColumn
    const given = { ...atom('null', `q.${name(inner.name)}`), ...inner.value }
    const { sql: value, facts } = asDeclared(given, column, 0)
    const own = value === given.sql && inner.name === column.name ? value : `${value} AS ${name(column.name)}`
    return { sql: own, column: modelColumn(column, inner, facts) }
  })
  return {
    sql: `SELECT ${made.map((each) => each.sql).join(',\n  ')}\nFROM (\n${indented(sql)}\n) AS q`,
    columns: made.map(({ column }) => column),
  }
}

function refusalOf(error: MillraceError, { definition }: CatalogRelation): Refusal {
  const { construct, reason, at } = error.details
  const before = (definition ?? '').slice(0, Number(at)).split('\n')
  return { construct: String(construct), reason: String(reason), line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
