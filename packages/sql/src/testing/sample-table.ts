/** Rows that hold the edges of every type, and the means to compute an expression over them both ways. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { assert } from '@millrace/base'
import { layoutOf, type Schema, type Type, type Value } from '@millrace/core'
import { type BindResult, bindModels } from '../bind-models.ts'
import { compileProjection, type Projection } from '../compile/compile.ts'
import { EvaluationFailure } from '../compile/evaluation-failure.ts'
import { type Lane, laneFrom, laneValueAt } from '../compile/lane.ts'
import { createTables } from '../create-tables.ts'
import { readDuckdbValue } from '../duckdb-value.ts'
import { type Expression, rewrite } from '../expression/expression.ts'
import { valueSql } from '../print-sql.ts'

export interface SampleColumn {
  readonly name: string
  readonly type: Type
  readonly values: readonly Value[]
}

const day = 86_400_000_000
function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

const I64 = 9_223_372_036_854_775_807n

/** The same length for all, so that a row is one value of each; the tests also cross the columns. */
export const SAMPLE_COLUMNS: readonly SampleColumn[] = [
  { name: 'i8', type: { kind: 'int8' }, values: [0, 1, -1, 127, -128, null, 5, -7] },
  { name: 'i32', type: { kind: 'int32' }, values: [0, 1, -1, 2_147_483_647, -2_147_483_648, null, 10, 3] },
  { name: 'i64', type: { kind: 'int64' }, values: [0, 1, -1, I64, -I64 - 1n, null, 9_007_199_254_740_991, 9_007_199_254_740_993n] },
  { name: 'j64', type: { kind: 'int64' }, values: [2, 3, -2, 2, 1, 7, null, 1_000_003] },
  { name: 'huge', type: { kind: 'hugeint' }, values: [0, 1, -1, (1n << 126n) + 7n, -(1n << 126n), null, 123_456_789_012_345_678_901n, 5] },
  { name: 'u8', type: { kind: 'uint8' }, values: [0, 1, 255, 7, null, 200, 3, 2] },
  { name: 'd', type: { kind: 'decimal', width: 10, scale: 2 }, values: [0, 150, -150, 9_999_999_999, -9_999_999_999, null, 125, -5] },
  { name: 'e', type: { kind: 'decimal', width: 5, scale: 3 }, values: [0, 1500, -1500, 99_999, -99_999, null, 125, 500] },
  {
    name: 'w',
    type: { kind: 'decimal', width: 38, scale: 4 },
    values: [0, 15_000, -15_000, 10n ** 37n, -(10n ** 37n), null, 12_345_678_901_234_567_890n, -5],
  },
  { name: 'f', type: { kind: 'float64' }, values: [0, 1.5, -2.5, 1e300, Number.NaN, null, Infinity, 0.1] },
  { name: 'g', type: { kind: 'float64' }, values: [3, -0.5, 2.5, 1e-300, 1, 2, null, -Infinity] },
  { name: 'b', type: { kind: 'boolean' }, values: [true, false, null, true, false, null, true, false] },
  { name: 'c', type: { kind: 'boolean' }, values: [true, true, true, false, false, false, null, null] },
  { name: 's', type: { kind: 'text' }, values: ['', 'abc', ' Ab c ', 'héllo', '😀x', null, 'a%b_c', 'ZZZ'] },
  { name: 't', type: { kind: 'text' }, values: ['a', 'b', 'Ab', 'l', 'x', 'y', null, 'zzz'] },
  { name: 'dt', type: { kind: 'date' }, values: [0, 19_783, -1, 19_753, 11_016, null, -800_000, 20_088] },
  { name: 'du', type: { kind: 'date' }, values: [1, 19_000, 5, -400, 11_017, 7, null, 20_089] },
  {
    name: 'ts',
    type: { kind: 'timestamp' },
    values: [0, 1_704_067_200_500_000, -1, 19_753 * day + 86_399_999_999, -70_000_000_000_000_000n, null, 1, 951_782_400_000_000],
  },
  {
    name: 'tu',
    type: { kind: 'timestamp' },
    values: [1, 1_704_153_600_000_000, null, 19_753 * day, 1_000_000, 951_868_799_999_999, -62_135_596_800_000_000, 4_102_444_800_000_000],
  },
  {
    name: 'tz',
    type: { kind: 'timestamptz' },
    values: [0, 1_704_067_200_500_000, -1, 19_753 * day + 86_399_999_999, null, 951_782_400_000_000, 1, 1_711_846_800_000_000],
  },
  { name: 'tm', type: { kind: 'time' }, values: [0, 1, 86_399_999_999, 43_200_000_000, null, 3_723_500_000, 59_999_999, day] },
  {
    name: 'iv',
    type: { kind: 'interval' },
    values: ['00:00:00', '1 day', '-1 months', '1 year 2 months 3 days 04:05:06.789', null, '24:00:00', '30 days', '-00:00:00.000001'].map(
      (text) => (text === '-1 months' ? '-1 month' : text),
    ),
  },
  {
    name: 'n',
    type: { kind: 'enum', members: ['new', 'paid', 'Done', "o'k"] },
    values: ['new', 'paid', 'Done', "o'k", null, 'new', 'paid', 'new'],
  },
  {
    name: 'x',
    type: { kind: 'bytes' },
    values: [bytes(), bytes(0), bytes(255, 1), bytes(97, 98), null, bytes(92, 120), bytes(195, 169), bytes(1)],
  },
  {
    name: 'u',
    type: { kind: 'uuid' },
    values: [
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      'f47ac10b-58cc-4372-a567-0e02b2c3d479',
      null,
      '80000000-0000-0000-0000-000000000001',
      '7fffffff-ffff-ffff-ffff-ffffffffffff',
      '00000000-0000-0000-0000-000000000001',
      'f47ac10b-58cc-4372-a567-0e02b2c3d480',
    ],
  },
  {
    name: 'j',
    type: { kind: 'json' },
    values: ['{"a": 1, "b": [1, 2, {"c": "x"}]}', '[]', 'null', '"text"', null, '{"a":{"a":null}}', '[1.5,"é",true]', '12'],
  },
  {
    name: 'l',
    type: { kind: 'list', element: { kind: 'int64' } },
    values: ['[]', '[1,2,3]', '[null]', '[3,1,null,1]', null, '[-5,"9223372036854775807"]', '[7]', '[2,2]'],
  },
  {
    name: 'lt',
    type: { kind: 'list', element: { kind: 'text' } },
    values: ['["a","b"]', '[]', '[null,""]', '["q\'\\"\\\\, "]', null, '["NULL"]', '["b","a","é"]', '["a"]'],
  },
  {
    name: 'st',
    type: {
      kind: 'struct',
      fields: [
        { name: 'a', type: { kind: 'int32' } },
        { name: 'B c', type: { kind: 'decimal', width: 6, scale: 2 } },
        { name: 'd', type: { kind: 'list', element: { kind: 'date' } } },
      ],
    },
    values: [
      '{"a":1,"B c":"1.50","d":["2024-01-01"]}',
      '{"a":null,"B c":null,"d":null}',
      '{"a":-2147483648,"B c":"-9999.99","d":[null]}',
      null,
      '{"a":2,"B c":"0.00","d":[]}',
      '{"a":1,"B c":"1.50","d":["2024-01-01","0001-01-01"]}',
      '{"a":1,"B c":"1.49","d":["2024-01-01"]}',
      '{"a":3,"B c":"0.01","d":["1970-01-01"]}',
    ],
  },
  {
    name: 'mp',
    type: { kind: 'map', key: { kind: 'text' }, value: { kind: 'int32' } },
    values: [
      '[{"key":"a","value":1}]',
      '[]',
      '[{"key":"b","value":2},{"key":"a","value":null}]',
      null,
      '[{"key":"a","value":null},{"key":"b","value":2}]',
      '[{"key":"","value":-1},{"key":"é\\"\'{","value":2147483647}]',
      '[{"key":"a","value":1}]',
      '[{"key":"10","value":1},{"key":"9","value":2}]',
    ],
  },
  {
    name: 'mn',
    type: {
      kind: 'map',
      key: { kind: 'int64' },
      value: {
        kind: 'struct',
        fields: [
          { name: 'a', type: { kind: 'decimal', width: 6, scale: 2 } },
          { name: 'b', type: { kind: 'map', key: { kind: 'text' }, value: { kind: 'list', element: { kind: 'date' } } } },
        ],
      },
    },
    values: [
      '[{"key":1,"value":{"a":"1.50","b":[{"key":"x","value":["2024-01-01",null]}]}}]',
      '[{"key":"-9223372036854775808","value":null}]',
      '[]',
      null,
      '[{"key":2,"value":{"a":null,"b":null}},{"key":1,"value":{"a":"0.00","b":[]}}]',
      '[{"key":1,"value":null}]',
      '[{"key":3,"value":{"a":"-9999.99","b":[{"key":"","value":null}]}}]',
      '[{"key":1,"value":{"a":"1.50","b":[{"key":"x","value":[]},{"key":"y","value":[]}]}}]',
    ],
  },
  { name: 'r', type: { kind: 'float32' }, values: [0, 1.5, -0.25, Math.fround(0.1), null, Math.fround(3.4e38), Number.NaN, -0] },
]

export const SAMPLE_SCHEMA: Schema = {
  columns: SAMPLE_COLUMNS.map(({ name, type }) => ({ name, type, nullable: true })),
  key: [],
}

/** Every column's values shifted against the others', so that edges meet edges. */
export function sampleRows(): readonly (readonly Value[])[] {
  const rows: Value[][] = []
  for (let shift = 0; shift < 8; shift += 1) {
    for (let row = 0; row < 8; row += 1) {
      rows.push(SAMPLE_COLUMNS.map(({ values }, column) => values[(row + shift * ((column % 7) + 1)) % values.length] as Value))
    }
  }
  return rows
}

export type Outcome = { readonly value: Value } | { readonly failed: true }

export class SampleTable {
  readonly rows = sampleRows()
  readonly #connection: DuckDBConnection
  readonly #lanes: readonly Lane[]
  readonly #bound: BindResult

  private constructor(connection: DuckDBConnection, bound: BindResult) {
    this.#connection = connection
    this.#bound = bound
    this.#lanes = SAMPLE_COLUMNS.map(({ type }, at) =>
      laneFrom(
        layoutOf(type),
        this.rows.map((row) => row[at] as Value),
      ),
    )
  }

  /** Every expression that will be asked for is bound at once. */
  static async open(expressions: readonly string[]): Promise<SampleTable> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    await createTables(connection, [{ name: 'sample', schema: SAMPLE_SCHEMA }])
    const table = new SampleTable(connection, await bindExpressions(expressions))
    const rows = table.rows.map(
      (row) => `(${row.map((value, at) => valueSql((SAMPLE_COLUMNS[at] as SampleColumn).type, value)).join(', ')})`,
    )
    await connection.run(`INSERT INTO sample VALUES ${rows.join(', ')}`)
    return table
  }

  /** Row by row what DuckDB says; a row for which it raises has failed. */
  async byDuckdb(sql: string): Promise<readonly Outcome[]> {
    try {
      const result = await this.#connection.runAndReadAll(`SELECT ${sql} FROM sample ORDER BY rowid`)
      return result.getRows().map(([value]) => outcome(value))
    } catch {
      return await this.#within(sql, 0, this.rows.length)
    }
  }

  /** Row by row what the compiled expression says. Raises SQL_UNSUPPORTED where it is refused. */
  byKernel(sql: string): readonly Outcome[] {
    const expression = this.#expression(sql)
    const projection = compileProjection([expression])
    const together = this.#together(projection)
    if (together !== null) return together
    return this.rows.map((_, row) => {
      const lanes = this.#lanes.map((lane): Lane => laneFrom(lane.layout, [laneValueAt(lane, row)]))
      try {
        return { value: laneValueAt(projection(lanes, 1)[0] as Lane, 0) }
      } catch (error) {
        if (error instanceof EvaluationFailure) return { failed: true }
        throw error
      }
    })
  }

  /** Whether our own compiler has the code of all of it. */
  isNative(sql: string): boolean {
    let isNative = true
    rewrite(this.#expression(sql), (part) => {
      if (part.kind === 'foreign') isNative = false
      return part
    })
    return isNative
  }

  /** All rows as one batch; null where some row has no value. */
  #together(projection: Projection): readonly Outcome[] | null {
    try {
      const [lane] = projection(this.#lanes, this.rows.length)
      return this.rows.map((_, row) => ({ value: laneValueAt(lane as Lane, row) }))
    } catch (error) {
      if (error instanceof EvaluationFailure) return null
      throw error
    }
  }

  #expression(sql: string): Expression {
    const name = nameOf(sql)
    const error = this.#bound.errors.find(({ details }) => details['model'] === name)
    if (error !== undefined) throw error
    const plan = this.#bound.bound.find((model) => model.name === name)?.plan
    assert(plan?.kind === 'project' && plan.input.kind === 'scan', 'the probe is a projection of a scan')
    const places = plan.input.columns.map((column) => NAMES.indexOf(column ?? ''))
    const [result] = plan.expressions
    assert(result !== undefined, 'the probe has a result')
    return rewrite(result, (part) => (part.kind === 'column' ? { ...part, index: places[part.index] as number } : part))
  }

  close(): void {
    this.#connection.closeSync()
  }

  /** Rows among which one has no value are asked in halves, down to that one. TRY is not to be trusted: it crashes DuckDB 1.5.6. */
  async #within(sql: string, from: number, count: number): Promise<readonly Outcome[]> {
    try {
      const rows = `SELECT * FROM sample WHERE rowid >= ${from} AND rowid < ${from + count} ORDER BY rowid`
      const result = await this.#connection.runAndReadAll(`SELECT ${sql} FROM (${rows})`)
      return result.getRows().map(([value]) => outcome(value))
    } catch {
      if (count === 1) return [{ failed: true }]
      const half = count >> 1
      return [...(await this.#within(sql, from, half)), ...(await this.#within(sql, from + half, count - half))]
    }
  }
}

const NAMES = SAMPLE_COLUMNS.map(({ name }) => name)

/** Each over all columns of the sample, whatever it reads; the model's name tells the expression. */
async function bindExpressions(expressions: readonly string[]): Promise<BindResult> {
  const models = expressions.map((sql) => ({
    name: nameOf(sql),
    sql: `SELECT ${sql} AS result, ${NAMES.join(', ')} FROM sample`,
  }))
  return await bindModels({ models, streams: [{ name: 'sample', schema: SAMPLE_SCHEMA }] })
}

/** Letters of both cases and signs must stay apart in a name without a dot. */
function nameOf(sql: string): string {
  return `probe_${Buffer.from(sql).toString('hex')}`
}

function outcome(value: unknown): Outcome {
  const read = readDuckdbValue(value)
  assert(read !== undefined, 'the probe has a value of ours')
  return { value: read }
}
