import type { Column, Schema } from '@millrace/core'
import { compareSchemas } from '@millrace/schema'
import { expect, test } from 'vitest'
import { TypeDescriber } from '../catalog/describe-types.ts'
import { openSelection } from '../columns/selection.ts'
import type { Relation, RelationColumn } from '../pgoutput/relation.ts'
import { followedSchema, mergedSchema, relationShape } from './relation-shape.ts'

const INT8 = 20
const TEXT = 25
/** A domain over int8 that has been dropped since. */
const GONE = 99_999

const BEFORE: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'size', type: { kind: 'int64' }, nullable: true },
    { name: 'note', type: { kind: 'text' }, nullable: true },
  ],
  key: [0],
}

async function followed(columns: readonly (readonly [string, number, boolean?])[], identity: Relation['identity'] = 'd'): Promise<Schema> {
  const told = columns.map(([name, typeOid, key = false]): RelationColumn => ({ name, typeOid, typeModifier: -1, key }))
  const relation: Relation = { oid: 1, schemaName: 'public', tableName: 'orders', identity, columns: told }
  const describer = new TypeDescriber((_, parameters) =>
    Promise.resolve(
      ((parameters ?? [])[0] as number[]).flatMap((oid, at) =>
        oid === GONE ? [] : [{ at: at + 1, base_oid: oid, base_modifier: -1, source_type: 'x' }],
      ) as never,
    ),
  )
  const { of } = await openSelection('shop', { kind: 'postgres', url: 'postgres://', columns: { orders: { exclude: ['secret'] } } })
  return followedSchema(BEFORE, await relationShape(relation, of(relation), describer))
}

const names = ({ columns }: Schema): string[] => columns.map(({ name }: Column) => name)

test('columns keep their order and what came stands behind them, wherever the source has it', async () => {
  const schema = await followed([
    ['note', TEXT],
    ['more', TEXT],
    ['id', INT8, true],
    ['size', INT8],
  ])
  expect(names(schema)).toEqual(['id', 'size', 'note', 'more'])
  expect(compareSchemas(BEFORE, schema).verdict).toBe('compatible')
  expect(schema.columns[0]?.nullable).toBe(false)
})

test('a column that is not captured is no part of the shape, and one that is gone is missed', async () => {
  const schema = await followed([
    ['id', INT8, true],
    ['secret', TEXT],
    ['note', TEXT],
  ])
  expect(names(schema)).toEqual(['id', 'note'])
  expect(compareSchemas(BEFORE, schema).verdict).toBe('incompatible')
})

test('a type that was dropped since is what it was: the present is not trusted for the past', async () => {
  const schema = await followed([
    ['id', INT8, true],
    ['size', GONE],
    ['note', TEXT],
    ['more', GONE],
  ])
  expect(compareSchemas(BEFORE, schema).verdict).toBe('same')
})

test('another key is told by the relation, and a FULL identity tells none', async () => {
  const columns = [
    ['id', INT8],
    ['size', INT8, true],
    ['note', TEXT],
  ] as const
  expect((await followed(columns)).key).toEqual([1])
  expect((await followed(columns, 'f')).key).toEqual([0])
})

test('a promise of no nulls is not made anew for rows that were written without it', () => {
  const strict = { ...BEFORE, columns: BEFORE.columns.map((column) => ({ ...column, nullable: false })) }
  expect(mergedSchema(BEFORE, strict).columns.map(({ nullable }) => nullable)).toEqual([false, true, true])
  expect(compareSchemas(BEFORE, mergedSchema(BEFORE, strict)).verdict).toBe('same')
})
