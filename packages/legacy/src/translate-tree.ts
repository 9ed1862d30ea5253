/** Translates every view of a catalog, each after those that it reads, and tells of each that cannot be. */
import { assert, MillraceError } from '@millrace/base'
import type { ImportedModel, ImportedTable, ImportedTree, Refusal } from './imported-tree.ts'
import { modelNames } from './model-names.ts'
import type { Catalog, CatalogColumn, CatalogRelation } from './postgres/read-catalog.ts'
import { isNode, parseNodeTree, type PgNode } from './postgres/node-tree.ts'
import { isArray, numericModifier, OID } from './postgres/type.ts'
import { name } from './translate/name.ts'
import { openSession } from './translate/open-session.ts'
import type { KnownRelation, OutputColumn, TranslatedQuery } from './translate/scope.ts'

export type PostgresModel = ImportedModel<OutputColumn, CatalogRelation>
type PostgresTable = ImportedTable<OutputColumn | null, CatalogRelation>
export type PostgresTree = ImportedTree<OutputColumn, CatalogRelation, OutputColumn | null>

export interface TranslateRequest {
  readonly catalog: Catalog
  /** The source whose streams the tables are. */
  readonly source: string
  /** Whose views to take; none: of every schema. */
  readonly schemas: readonly string[]
  /** Whether the tables are streams of a source; otherwise they are copied, with all their types. */
  readonly streamed?: boolean
}

export function translateTree({ catalog, source, schemas, streamed = false }: TranslateRequest): PostgresTree {
  const names = namesIn(catalog, source)
  const tables = new Map<number, PostgresTable>()
  const models = new Map<number, PostgresModel>()
  const modelOf = (oid: number): KnownRelation => {
    const relation = catalog.relations.get(oid)
    if (relation === undefined)
      throw new MillraceError('IMPORT_UNTRANSLATABLE', {
        details: { construct: `relation ${oid}`, reason: 'it belongs to the system, which a model cannot read' },
      })
    const named = names.get(oid) ?? relation.name
    const reference = named.split('.').map(name).join('.')
    const own = named.slice(named.lastIndexOf('.') + 1)
    if (relation.kind !== 'table') return { reference, name: own, columns: translated(relation).columns }
    const table = tables.get(oid) ?? { name: named, legacy: relation, columns: tableColumns(relation, streamed) }
    tables.set(oid, table)
    return { reference, name: own, columns: table.columns }
  }
  const translated = (relation: CatalogRelation): PostgresModel => {
    const known = models.get(relation.oid)
    if (known !== undefined) return known
    const model = translateView(relation, {
      catalog,
      name: names.get(relation.oid) ?? relation.name,
      modelOf,
      nameOf: (oid) => names.get(oid) ?? String(oid),
    })
    models.set(relation.oid, model)
    return model
  }
  for (const relation of catalog.relations.values()) {
    if (relation.kind !== 'table' && (schemas.length === 0 || schemas.includes(relation.schema))) translated(relation)
  }
  return { models: [...models.values()], tables: [...tables.values()] }
}

interface ViewRequest {
  readonly catalog: Catalog
  readonly name: string
  readonly modelOf: (oid: number) => KnownRelation
  readonly nameOf: (oid: number) => string
}

function translateView(legacy: CatalogRelation, { catalog, name: named, modelOf, nameOf }: ViewRequest): PostgresModel {
  const reads = new Set<string>()
  const notes = new Set<string>()
  const relation = (oid: number): KnownRelation => {
    reads.add(nameOf(oid))
    return modelOf(oid)
  }
  const session = openSession({ catalog, relation, note: (text) => notes.add(text) })
  const shared = { name: named, legacy }
  const columns = legacy.columns.filter((column) => column !== null)
  try {
    const query = withNames(session.query(queryOf(legacy), null), columns)
    return { ...shared, sql: query.sql, columns: query.columns, reads: [...reads], refusal: null, notes: [...notes] }
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'IMPORT_UNTRANSLATABLE') throw error
    return {
      ...shared,
      sql: null,
      columns: tableColumns(legacy).filter((column) => column !== null),
      reads: [...reads],
      refusal: refusalOf(error, legacy),
      notes: [],
    }
  }
}

function queryOf({ tree }: CatalogRelation): PgNode {
  const parsed = parseNodeTree(tree ?? '')
  const query = Array.isArray(parsed) ? parsed[0] : parsed
  assert(isNode(query), 'a view has a query')
  return query
}

/** A view's columns may have been renamed since its query was written. */
function withNames({ sql, columns }: TranslatedQuery, wanted: readonly CatalogColumn[]): TranslatedQuery {
  const named = columns.map((column, at) => ({ ...column, name: wanted[at]?.name ?? column.name }))
  const taken = new Set<string>()
  const unique = named.map((column, at) => {
    const isTaken = taken.has(column.name.toLowerCase())
    taken.add(column.name.toLowerCase())
    return isTaken ? { ...column, name: `${column.name}_${at + 1}` } : column
  })
  if (unique.every((column, at) => column.name === columns[at]?.name)) return { sql, columns }
  return { sql: `SELECT * FROM (\n${sql}\n) AS q(${unique.map((column) => name(column.name)).join(', ')})`, columns: unique }
}

/** What a stream of the log has no type for arrives as Postgres prints it. */
function isPrinted(type: number, typmod: number): boolean {
  if (type === OID.numeric) return (numericModifier(typmod)?.precision ?? 39) > 38
  return isArray(type) || type === OID.interval
}

function tableColumns(relation: CatalogRelation, streamed = false): (OutputColumn | null)[] {
  return relation.columns.map((column) => {
    if (column === null) return null
    const scale = numericModifier(column.typmod)?.scale ?? column.scale
    return {
      name: column.name,
      type: column.type,
      scale,
      isLoose: column.type === OID.numeric && column.typmod < 0,
      isPadded: column.type === OID.bpchar && relation.kind === 'table',
      isPrinted: streamed && isPrinted(column.type, column.typmod),
    }
  })
}

/** Tables of the schema `public` are streams of the source by their own name. */
function namesIn(catalog: Catalog, source: string): ReadonlyMap<number, string> {
  const named = modelNames(
    [...catalog.relations.values()].map(({ oid, schema, name: own, kind }) => {
      const key = String(oid)
      if (kind !== 'table') return { key, schema, name: own }
      return { key, schema: source, name: schema === 'public' ? own : `${schema}__${own}` }
    }),
  )
  return new Map([...named].map(([key, model]) => [Number(key), model]))
}

function refusalOf(error: MillraceError, { definition }: CatalogRelation): Refusal {
  const construct = String(error.details['construct'])
  const reason = String(error.details['reason'])
  const word = /[a-z_]\w{2,}|[^\w\s(),.…]{1,3}/i.exec(construct)?.[0] ?? construct
  const at = (definition ?? '').toLowerCase().indexOf(word.toLowerCase())
  if (at < 0) return { construct, reason, line: null, column: null }
  const before = (definition ?? '').slice(0, at).split('\n')
  return { construct, reason, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
