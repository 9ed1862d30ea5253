/** What an environment shows, as relations whose keys can be placed on shards. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Column } from '@millrace/core'
import { relationName } from '@millrace/sql/text'
import { typeOfDuckDB } from '../../duckdb-value.ts'
import type { RelationShape } from '../../skew/report.ts'
import type { CheckedGraph } from '../check/checked-graph.ts'
import { foldedName } from '../model/model.ts'

export interface PublishedRequest {
  readonly connection: DuckDBConnection
  readonly graph: CheckedGraph
  /** The columns that identify a row of a stream; of models their header says it. */
  readonly identityOf?: ((relation: string) => readonly string[]) | undefined
}

export class PublishedRelations {
  readonly #request: PublishedRequest
  readonly #shapes = new Map<string, Promise<RelationShape>>()

  constructor(request: PublishedRequest) {
    this.#request = request
  }

  /** Of a relation that can be read, by its folded name. A column whose type we do not have is left out. */
  shapeOf(name: string): Promise<RelationShape> {
    const known = this.#shapes.get(name) ?? this.#read(name)
    this.#shapes.set(name, known)
    return known
  }

  async #read(name: string): Promise<RelationShape> {
    const { connection, graph, identityOf } = this.#request
    const empty = await connection.runAndReadAll(`SELECT * FROM ${relationName(name)} LIMIT 0`)
    const columns = empty.columnNames().flatMap((column, at): Column[] => {
      const type = typeOfDuckDB(empty.columnType(at))
      return type === null ? [] : [{ name: column, type, nullable: true }]
    })
    const identity = graph.models.get(name)?.model.settings.key ?? identityOf?.(name) ?? []
    const key = identity.map((wanted) => columns.findIndex((column) => foldedName(column.name) === foldedName(wanted)))
    return { name, schema: { columns, key: key.includes(-1) ? [] : key } }
  }
}
