import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DELEGATED } from '../testing/delegated-expressions.ts'
import { DELEGATED_LISTS } from '../testing/delegated-lists.ts'
import { NATIVE } from '../testing/expressions.ts'
import { REFUSED } from '../testing/refused-expressions.ts'
import { SampleTable } from '../testing/sample-table.ts'
import { lowerText, upperText } from './letter-case.ts'
import { compareText } from './order.ts'
import { DuckDBInstance } from '@duckdb/node-api'

describe('expressions', () => {
  let table: SampleTable
  beforeAll(async () => {
    table = await SampleTable.open([...NATIVE, ...DELEGATED, ...DELEGATED_LISTS, ...REFUSED])
  })
  afterAll(() => table.close())

  it.each(NATIVE)('law 3: %s has the value that DuckDB gives it, for every edge of its types', async (sql) => {
    expect(table.isNative(sql)).toBe(true)
    expect(table.byKernel(sql)).toEqual(await table.byDuckdb(sql))
  })

  it.each([...DELEGATED, ...DELEGATED_LISTS])('law 3: %s, which DuckDB itself computes, has the value that it gives', async (sql) => {
    expect(table.byKernel(sql)).toEqual(await table.byDuckdb(sql))
  })

  it.each(REFUSED)('%s is refused by name, with what to write instead', (sql) => {
    expect(() => table.byKernel(sql)).toThrow(expect.objectContaining({ code: 'SQL_UNSUPPORTED' }))
  })
})

describe('letters', () => {
  it('law 3: every code point has the upper and lower case that DuckDB gives it', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const result = await connection.runAndReadAll(
      'SELECT i::INTEGER, upper(chr(i::INTEGER)), lower(chr(i::INTEGER)) FROM range(1, 200000) t(i) WHERE i NOT BETWEEN 55296 AND 57343 AND i <> 65279',
    )
    const wrong = result.getRows().filter(([code, upper, lower]) => {
      const letter = String.fromCodePoint(code as number)
      return upperText(letter) !== upper || lowerText(letter) !== lower
    })
    expect(wrong).toEqual([])
  })

  it('texts are ordered by code point, not by units of UTF-16', () => {
    expect(compareText('\u{1f600}', '\uffff')).toBeGreaterThan(0)
    expect(compareText('a', 'ab')).toBeLessThan(0)
    expect(compareText('é', 'z')).toBeGreaterThan(0)
  })
})
