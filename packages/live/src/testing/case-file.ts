/**
 * A case as a file that a person reads: `testing/corpus/live/*.json`. Values are written as JSON has them;
 * what JSON lacks is an object of one field: `{"whole": "…"}` beyond 2^53, `{"hex": "…"}`, `{"float": "NaN"}`,
 * and `{"untold": true}` for a cell that the source did not tell.
 */
import type { Schema, Type, Value, Watermark } from '@millrace/core'
import type { StateMemoryOptions } from '../spill/state-memory.ts'
import type { Fate, LiveCase } from './live-case.ts'
import type { RowChange } from './shop-log.ts'

interface TableJson {
  readonly columns: Readonly<Record<string, Type>>
  readonly key: readonly string[]
  readonly watermark?: Watermark
}

/** `["insert", "shop.orders", [1, "a"]]`, and for an update the row before behind it. */
type ChangeJson = readonly [operation: RowChange['operation'], table: string, row?: readonly unknown[], before?: readonly unknown[]]

export interface CaseJson {
  /** What once went wrong here. */
  readonly about: string
  readonly tables: Readonly<Record<string, TableJson>>
  readonly queries: Readonly<Record<string, string>>
  readonly memory?: StateMemoryOptions
  readonly steps: readonly { readonly runner?: Fate; readonly transactions: readonly (readonly ChangeJson[])[] }[]
}

export function caseToJson(given: LiveCase, about: string): CaseJson {
  const tables = given.tables.map(({ name, schema, watermark }): [string, TableJson] => [
    name,
    {
      columns: Object.fromEntries(schema.columns.map((column) => [column.name, column.type])),
      key: schema.key.map((at) => schema.columns[at]?.name ?? ''),
      ...(watermark === undefined ? {} : { watermark }),
    },
  ])
  const steps = given.steps.map(({ runner, transactions }) => ({
    ...(runner === 'goes on' ? {} : { runner }),
    transactions: transactions.map((changes) => changes.map(changeToJson)),
  }))
  return {
    about,
    tables: Object.fromEntries(tables),
    queries: Object.fromEntries(given.queries.map(({ name, sql }) => [name, sql])),
    ...(given.memory === undefined ? {} : { memory: given.memory }),
    steps,
  }
}

export function caseFromJson(json: CaseJson): LiveCase {
  const tables = Object.entries(json.tables).map(([name, { columns, key, watermark }]) => ({
    name,
    kind: 'table' as const,
    partitions: 1,
    schema: schemaOf(columns, key),
    ...(watermark === undefined ? {} : { watermark }),
  }))
  const widths = new Map(tables.map(({ name, schema }) => [name, schema.columns.length]))
  return {
    tables,
    queries: Object.entries(json.queries).map(([name, sql]) => ({ name, sql })),
    ...(json.memory === undefined ? {} : { memory: json.memory }),
    steps: json.steps.map(({ runner = 'goes on', transactions }) => ({
      runner,
      transactions: transactions.map((changes) => changes.map((change) => changeFromJson(change, widths))),
    })),
  }
}

/** One line a change, so that a diff shows what differs. */
export function printCase(json: CaseJson): string {
  const lines: string[] = []
  const text = JSON.stringify(
    json,
    (_key, value: unknown) => {
      const isLeaf = Array.isArray(value) ? typeof value[0] === 'string' : typeof value === 'object' && value !== null && 'kind' in value
      return isLeaf ? `\u0001${lines.push(JSON.stringify(value).replaceAll(',', ', ').replaceAll('":', '": ')) - 1}\u0001` : value
    },
    2,
  )
  return `${text.replaceAll(/"\\u0001(\d+)\\u0001"/g, (_match, at: string) => lines[Number(at)] as string)}\n`
}

function schemaOf(columns: TableJson['columns'], key: readonly string[]): Schema {
  const names = Object.keys(columns)
  return {
    columns: names.map((name) => ({ name, type: columns[name] as Type, nullable: !key.includes(name) })),
    key: key.map((name) => names.indexOf(name)),
  }
}

function changeToJson({ stream, operation, row, before }: RowChange): ChangeJson {
  if (operation === 'truncate') return [operation, stream]
  const told = row.map(cellToJson)
  return before === undefined ? [operation, stream, told] : [operation, stream, told, before.map(cellToJson)]
}

function changeFromJson([operation, stream, row, before]: ChangeJson, widths: ReadonlyMap<string, number>): RowChange {
  const told = row?.map(cellFromJson) ?? Array.from({ length: widths.get(stream) ?? 0 }, () => undefined)
  return { stream, operation, row: told, ...(before === undefined ? {} : { before: before.map(cellFromJson) }) }
}

function cellToJson(value: Value | undefined): unknown {
  if (value === undefined) return { untold: true }
  if (typeof value === 'bigint') return { whole: String(value) }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { float: Object.is(value, -0) ? '-0' : String(value) }
  return value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value
}

function cellFromJson(cell: unknown): Value | undefined {
  if (typeof cell !== 'object' || cell === null) return cell as Value
  const { whole, float, hex } = cell as Readonly<Record<string, string | undefined>>
  if (whole !== undefined) return BigInt(whole)
  if (float !== undefined) return Number(float)
  return hex === undefined ? undefined : Uint8Array.from(Buffer.from(hex, 'hex'))
}
