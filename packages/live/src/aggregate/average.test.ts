import { DuckDBInstance } from '@duckdb/node-api'
import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { averageOf } from './average.ts'

describe('averageOf', () => {
  it.each([
    ['BIGINT', 0, true],
    ['INTEGER', 0, true],
    ['SMALLINT', 0, false],
    ['HUGEINT', 0, true],
    ['DECIMAL(18,3)', 3, true],
    ['DECIMAL(9,4)', 4, true],
    ['DECIMAL(4,2)', 2, false],
    ['DECIMAL(30,5)', 5, true],
  ] as const)('law 3: the mean of %s is the double that DuckDB gives', async (type, scale, isExtended) => {
    const random = seededRandom(7)
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const limit = {
      BIGINT: 62,
      INTEGER: 31,
      SMALLINT: 15,
      HUGEINT: 110,
      'DECIMAL(18,3)': 59,
      'DECIMAL(9,4)': 29,
      'DECIMAL(4,2)': 13,
      'DECIMAL(30,5)': 95,
    }[type]
    for (let trial = 0; trial < 60; trial += 1) {
      const count = trial < 20 ? 1 + random.below(20) : 500 + random.below(4000)
      const base = BigInt(Math.floor(random.next() * 2 ** 53)) << BigInt(Math.max(0, limit - 54))
      const first = (base % (1n << BigInt(limit))) * (random.below(2) === 0 ? 1n : -1n)
      const rest = BigInt(random.below(100) - 50)
      const written = (value: bigint): string =>
        scale === 0
          ? `${value}`
          : `${Number(value < 0n) === 1 ? '-' : ''}${(value < 0n ? -value : value) / 10n ** BigInt(scale)}.${String((value < 0n ? -value : value) % 10n ** BigInt(scale)).padStart(scale, '0')}`
      const result = await connection.runAndReadAll(
        `SELECT avg(x) FROM (SELECT '${written(first)}'::${type} AS x UNION ALL SELECT '${written(rest)}'::${type} FROM range(${count - 1}))`,
      )
      const sum = first + rest * BigInt(count - 1)
      const exact = sum >= -(2n ** 53n) && sum <= 2n ** 53n ? Number(sum) : sum
      expect(averageOf(exact, count, { scale, isExtended })).toBe(result.getRows()[0]?.[0])
    }
  })
})
