/** What this package's tests share: a real store in a folder of its own, and streams told as rows. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Append,
  type Batch,
  BatchBuilder,
  type Column,
  type LogReader,
  type OperationName,
  type Schema,
  type Type,
  type Value,
} from '@millrace/core'
import { openStore, type Store } from '@millrace/store'

export async function withStore<Result>(use: (store: Store, reader: LogReader) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const store = await openStore(join(folder, 'store.db'))
  try {
    return await use(store, store.reader())
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}

export type Cells = readonly (Value | undefined)[]

/** One change: `undefined` is a cell that the source did not tell. */
export interface TestChange {
  readonly operation: OperationName
  readonly after: Cells
  readonly before?: Cells
}

export interface BatchOptions {
  readonly transaction?: number
  /** The index of the first change; those that follow count on. */
  readonly index?: number
}

export function batchOf(schema: Schema, changes: readonly TestChange[], { transaction = 1, index = 0 }: BatchOptions = {}): Batch {
  const builder = new BatchBuilder(schema)
  for (const [at, { operation, after, before }] of changes.entries()) {
    builder.push(operation, { transaction, index: index + at, time: 1_700_000_000_000_000 }, after, before)
  }
  return builder.finish()
}

export function schemaOf(columns: Readonly<Record<string, Type>>, key: readonly string[] = []): Schema {
  const list: Column[] = Object.entries(columns).map(([name, type]) => ({ name, type, nullable: !key.includes(name) }))
  return { columns: list, key: key.map((name) => list.findIndex((column) => column.name === name)) }
}

export function appendOf(stream: string, batch: Batch, partition = 0): Append {
  return { stream, partition, batch }
}

/** Creates a table's stream and commits its changes, one commit for each list. Returns the last cut. */
export async function writeStream(
  store: Store,
  { name, schema }: { name: string; schema: Schema },
  ...commits: readonly (readonly TestChange[])[]
): Promise<number> {
  let { cut } = await store.commit({ streams: [{ name, kind: 'table', schema, partitions: 1 }] })
  for (const [at, changes] of commits.entries()) {
    cut = (await store.commit({ appends: [appendOf(name, batchOf(schema, changes, { transaction: at + 1 }))] })).cut
  }
  return cut
}
