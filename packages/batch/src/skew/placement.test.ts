import type { Type } from '@millrace/core'
import { expect, test } from 'vitest'
import { hashBytes, hashWord, NO_SEED } from './lookup3.ts'
import { murmur2 } from './murmur2.ts'
import { murmur3Bytes, murmur3Long, murmur3Word, SPARK_SEED } from './murmur3.ts'
import { type Key, placementOf, type ShardEngine } from './placement.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('each hash is the one of its engine, for values that the engine itself was asked about', () => {
  expect(['21', 'foobar', 'a-little-bit-long-string', 'abc'].map((text) => murmur2(bytes(text)))).toEqual([
    -973_932_308, -790_332_482, -985_981_536, 479_470_107,
  ])
  expect([
    murmur3Word(1, SPARK_SEED),
    murmur3Word(0, SPARK_SEED),
    murmur3Bytes(bytes('a'), SPARK_SEED),
    murmur3Long(1n, SPARK_SEED),
  ]).toEqual([-559_580_957, 933_211_791, 1_485_273_170, -1_712_319_331])
  expect([hashBytes(bytes('abc'), NO_SEED).low | 0, hashWord(1, NO_SEED).low | 0]).toEqual([-785_388_649, -1_905_060_026])
})

const INT: Type = { kind: 'int64' }
const TEXT: Type = { kind: 'text' }

function shardsOf(engine: ShardEngine, types: readonly Type[], keys: readonly Key[], shards = 8): number[] | null {
  const placement = placementOf({ engine, columns: types.map((type) => ({ type })), shards })
  return placement === null ? null : keys.map((key) => placement.shardOf(key))
}

test.each(['postgres', 'citus', 'redshift', 'spark', 'kafka'] as const)(
  '%s spreads many keys evenly, and never beyond its shards',
  (engine) => {
    const keys = Array.from({ length: 20_000 }, (_, at): Key => [at - 10_000])
    const loads = Array.from({ length: 7 }, () => 0)
    for (const shard of shardsOf(engine, [INT], keys, 7) ?? []) loads[shard] = (loads[shard] ?? Number.NaN) + 1
    expect(loads).toHaveLength(7)
    for (const load of loads) expect(Math.abs(load / (20_000 / 7) - 1)).toBeLessThan(0.1)
  },
)

test('an engine that lays rows by one column takes no key of two, and none takes a list', () => {
  const key: Key[] = [[1, 'a']]
  expect(shardsOf('citus', [INT, TEXT], key)).toBeNull()
  expect(shardsOf('redshift', [INT, TEXT], key)).toBeNull()
  expect(shardsOf('postgres', [INT, TEXT], key)).not.toBeNull()
  expect(shardsOf('postgres', [{ kind: 'list', element: INT }], [['[1]']])).toBeNull()
  expect(shardsOf('postgres', [{ kind: 'enum', members: ['a'] }], [['a']])).toBeNull()
})

test('equal numbers lie together in Postgres whether they are held in 32 or in 64 bits', () => {
  const keys: Key[] = [[-5], [0], [7], [2_147_483_647]]
  expect(shardsOf('postgres', [{ kind: 'int32' }], keys)).toEqual(shardsOf('postgres', [INT], keys))
})
