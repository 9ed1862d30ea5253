import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@millrace/base'
import { type Batch, BatchBuilder, type OperationName, type Schema, type SourceCopy, type Value } from '@millrace/core'
import { openStore, type Store } from '@millrace/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CopyProof, proveCopy } from './prove-copy.ts'

const SCHEMA: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'amount', type: { kind: 'decimal', width: 10, scale: 2 }, nullable: true },
  ],
  key: [0],
}
const STREAM = 'shop.orders'

let folder: string
let store: Store

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-prove-'))
  store = await openStore(join(folder, 'store.db'))
  await store.commit({ streams: [{ name: STREAM, kind: 'table', schema: SCHEMA, partitions: 1 }] })
})

afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

type Told = readonly [number, OperationName, ...(Value | undefined)[]]

function batchOf(changes: readonly Told[], schema: Schema = SCHEMA): Batch {
  const builder = new BatchBuilder(schema)
  for (const [index, [transaction, operation, ...row]] of changes.entries()) builder.push(operation, { transaction, index, time: 0 }, row)
  return builder.finish()
}

async function write(...changes: Told[]): Promise<void> {
  await store.commit({ appends: [{ stream: STREAM, partition: 0, batch: batchOf(changes) }] })
}

function copyOf(position: number, rows: readonly (readonly Value[])[], more: Partial<SourceCopy> = {}): SourceCopy {
  return {
    position,
    place: `0/${position}`,
    schema: SCHEMA,
    isReached: () => true,
    close: () => Promise.resolve(),
    async *rows() {
      for (const row of rows) yield batchOf([[0, 'insert', ...row]], more.schema)
    },
    ...more,
  }
}

async function prove(copy: SourceCopy, waitMsMax = 60_000): Promise<CopyProof> {
  const reader = store.reader()
  try {
    return await proveCopy({ reader, stream: STREAM, copy, clock: systemClock, waitMsMax })
  } finally {
    reader.close()
  }
}

test('a copy is proven at the position of the source, whatever came after it, also within one batch', async () => {
  await write([10, 'insert', 1, 100], [10, 'insert', 2, 200], [20, 'update', 1, 150], [30, 'delete', 2, undefined], [30, 'insert', 3, 300])
  await write([40, 'truncate', undefined, undefined])
  expect(
    await prove(
      copyOf(30, [
        [2, 200],
        [1, 150],
      ]),
    ),
  ).toMatchObject({ verdict: 'equal', rows: { log: 2, source: 2 }, place: '0/30' })
  expect(
    await prove(
      copyOf(20, [
        [2, 200],
        [1, 100],
      ]),
    ),
  ).toMatchObject({ verdict: 'equal' })
  expect(
    await prove(
      copyOf(31, [
        [1, 150],
        [3, 300],
      ]),
    ),
  ).toMatchObject({ verdict: 'equal' })
  expect(await prove(copyOf(41, []))).toMatchObject({ verdict: 'equal', rows: { log: 0, source: 0 } })
})

test('a change that was replayed late counts at its own place', async () => {
  await write([10, 'insert', 1, 100], [30, 'insert', 3, 300])
  await write([20, 'insert', 2, 200])
  expect(
    await prove(
      copyOf(25, [
        [1, 100],
        [2, 200],
      ]),
    ),
  ).toMatchObject({ verdict: 'equal' })
})

test('a row that was lost, one too many and a value that was miscarried are each named', async () => {
  await write([10, 'insert', 1, 100], [10, 'insert', 2, 200], [10, 'insert', 4, 400])
  expect(
    await prove(
      copyOf(11, [
        [1, 101],
        [3, 300],
        [4, 400],
      ]),
    ),
  ).toMatchObject({
    verdict: 'different',
    differentRows: 3,
    missing: 1,
    extra: 1,
    changed: 1,
    changedColumns: [{ name: 'amount', rows: 1 }],
    differences: [
      { kind: 'changed', key: { id: 1 }, log: { id: 1, amount: '1.00' }, source: { id: 1, amount: '1.01' }, columns: ['amount'] },
      { kind: 'extra', key: { id: 2 } },
      { kind: 'missing', key: { id: 3 }, log: null, source: { id: 3, amount: '3.00' } },
    ],
  })
})

test('a column that the copy lacks, or has with another type, is a difference of every row', async () => {
  await write([10, 'insert', 1, 100])
  const schema: Schema = { ...SCHEMA, columns: [...SCHEMA.columns, { name: 'note', type: { kind: 'text' }, nullable: true }] }
  expect(await prove(copyOf(11, [[1, 100, 'x']], { schema }))).toMatchObject({
    verdict: 'different',
    differentRows: 1,
    columnsDiffering: [{ name: 'note', log: null, source: 'VARCHAR' }],
  })
})

test('the log is waited for, and not for ever', async () => {
  await write([10, 'insert', 1, 100])
  let looks = 0
  const late = copyOf(11, [[1, 100]], { isReached: () => (looks += 1) > 3 })
  expect(await prove(late)).toMatchObject({ verdict: 'equal' })
  await expect(prove(copyOf(11, [], { isReached: () => false }), 50)).rejects.toMatchObject({
    code: 'PROOF_COPY_BEHIND',
    details: { stream: STREAM },
  })
})
