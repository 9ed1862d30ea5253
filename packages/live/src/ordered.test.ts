/** What order decides, by small examples; ordered.fuzz.test.ts compares it with DuckDB at random. */
import type { StreamDefinition, Type, Value } from '@millrace/core'
import { describe, expect, it } from 'vitest'
import { Oracle } from './testing/oracle.ts'
import { textOf } from './testing/published-relation.ts'
import { bound } from './testing/shop.ts'
import { relationChange, UnitRelation } from './testing/unit-relation.ts'

const COLUMNS: Readonly<Record<string, Type>> = {
  id: { kind: 'int64' },
  team: { kind: 'text' },
  score: { kind: 'int32' },
  price: { kind: 'decimal', width: 8, scale: 2 },
  day: { kind: 'date' },
  moment: { kind: 'timestamp' },
}

const GAMES: StreamDefinition = {
  name: 'games',
  kind: 'table',
  partitions: 1,
  schema: { columns: Object.entries(COLUMNS).map(([name, type]) => ({ name, type, nullable: true })), key: [] },
}

const HOUR = 3_600_000_000

type Game = readonly [
  id: number,
  team: string | null,
  score: number | null,
  price?: number | null,
  day?: number | null,
  hour?: number | null,
]

function rowOf([id, team, score, price = null, day = null, hour = null]: Game): readonly Value[] {
  return [id, team, score, price, day, hour === null ? null : hour * HOUR]
}

/** A model over the table of games, and what it tells after each change. */
class Live {
  readonly #relation: UnitRelation

  private constructor(relation: UnitRelation) {
    this.#relation = relation
  }

  static async of(sql: string): Promise<Live> {
    const [model] = await bound({ model: sql }, [GAMES])
    if (model === undefined) throw new Error('the model is bound')
    return new Live(new UnitRelation(model))
  }

  /** How many rows it told. */
  change({ come = [], go = [] }: { come?: readonly Game[]; go?: readonly Game[] }): number {
    const rows = [...go.map((row) => ({ row: rowOf(row), weight: -1 })), ...come.map((row) => ({ row: rowOf(row), weight: 1 }))]
    return this.#relation.step(new Map([[GAMES.name, relationChange(GAMES.schema, rows)]]))
  }

  get rows(): readonly (readonly Value[])[] {
    return this.#relation.texts().map((text) => JSON.parse(text) as readonly Value[])
  }

  get texts(): readonly string[] {
    return this.#relation.texts()
  }

  get stateRows(): number {
    return this.#relation.stateRows
  }
}

/** What is told of games that come one after the other, and what DuckDB says of them. */
async function compared(sql: string, games: readonly Game[]): Promise<{ live: unknown; duckdb: unknown }> {
  const live = await Live.of(sql)
  for (const game of games) live.change({ come: [game] })
  const oracle = new Oracle()
  await oracle.begin([GAMES])
  await oracle.setRows(GAMES.name, games.map(rowOf))
  const answer = await oracle.answer(sql)
  oracle.close()
  return { live: live.texts, duckdb: answer.kind === 'rows' ? answer.rows.map(textOf).sort() : answer.problem }
}

describe('LIMIT', () => {
  it('tells only what moves into the first rows and out of them', async () => {
    const live = await Live.of('SELECT id FROM games ORDER BY score DESC LIMIT 2')
    live.change({ come: Array.from({ length: 100 }, (_, id): Game => [id, null, id]) })
    expect(live.rows).toEqual([[98], [99]])
    expect(live.change({ come: [[200, null, 50]] })).toBe(0)
    expect(live.change({ come: [[201, null, 1000]] })).toBe(2)
    expect(live.rows).toEqual([[201], [99]])
    expect(live.change({ go: [[201, null, 1000]] })).toBe(2)
    expect(live.rows).toEqual([[98], [99]])
  })

  it('puts rows that tie in the order of their columns, whenever they came', async () => {
    const live = await Live.of('SELECT id, team FROM games ORDER BY score LIMIT 2')
    live.change({ come: [[3, 'c', 1]] })
    live.change({ come: [[2, 'b', 1]] })
    live.change({ come: [[1, 'z', 1]] })
    expect(live.rows).toEqual([
      [1, 'z'],
      [2, 'b'],
    ])
    const all = await Live.of('SELECT id FROM games LIMIT 2')
    all.change({ come: [[9, null, 1]] })
    all.change({ come: [[5, null, 1]] })
    all.change({ come: [[7, null, 1]] })
    expect(all.rows).toEqual([[5], [7]])
  })

  it.each([
    ['score', [[1], [3]]],
    ['score DESC', [[2], [3]]],
    ['score NULLS FIRST', [[1], [4]]],
    ['score DESC NULLS FIRST', [[2], [4]]],
    ['score DESC NULLS LAST', [[2], [3]]],
  ] as const)('by %s stands as the order says of NULLs', async (order, rows) => {
    const live = await Live.of(`SELECT id FROM games ORDER BY ${order} LIMIT 2`)
    live.change({
      come: [
        [1, null, 1],
        [2, null, 3],
        [4, null, null],
      ],
    })
    live.change({ come: [[3, null, 2]], go: [] })
    expect(live.rows).toEqual(rows)
  })

  it('counts the copies of a row one by one', async () => {
    const live = await Live.of('SELECT score FROM games ORDER BY score LIMIT 3 OFFSET 1')
    live.change({
      come: [
        [1, null, 1],
        [2, null, 1],
        [3, null, 1],
        [4, null, 2],
        [5, null, 3],
      ],
    })
    expect(live.rows).toEqual([[1], [1], [2]])
    expect(live.change({ go: [[2, null, 1]] })).toBe(2)
    expect(live.rows).toEqual([[1], [2], [3]])
  })

  it('by an order within a subquery is of that order', async () => {
    const live = await Live.of('SELECT id + 1 AS next FROM (SELECT id, score FROM games ORDER BY score DESC) LIMIT 1')
    live.change({
      come: [
        [1, null, 5],
        [2, null, 7],
        [3, null, 6],
      ],
    })
    expect(live.rows).toEqual([[3]])
  })

  it('of nothing is nothing', async () => {
    const live = await Live.of('SELECT id FROM games ORDER BY id LIMIT 0')
    expect(live.change({ come: [[1, null, 1]] })).toBe(0)
  })
})

describe('the first rows of each partition', () => {
  it('cost what moves among them, however large the partition', async () => {
    const live = await Live.of('SELECT id FROM games QUALIFY row_number() OVER (PARTITION BY team ORDER BY score DESC) <= 2')
    live.change({ come: Array.from({ length: 1000 }, (_, id): Game => [id, id % 2 === 0 ? 'even' : 'odd', id]) })
    expect(live.rows).toEqual([[996], [997], [998], [999]])
    expect(live.change({ come: [[2000, 'even', 0]] })).toBe(0)
    expect(live.change({ come: [[2001, 'odd', 5000]] })).toBe(2)
  })

  it('with their numbers tell those again that move', async () => {
    const live = await Live.of('SELECT id, n FROM (SELECT id, rank() OVER (PARTITION BY team ORDER BY score) AS n FROM games) WHERE n < 3')
    live.change({
      come: [
        [1, 'a', 10],
        [2, 'a', 20],
        [3, 'a', 20],
        [4, 'a', 30],
      ],
    })
    expect(live.rows).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
    ])
    live.change({ come: [[5, 'a', 10]] })
    expect(live.rows).toEqual([
      [1, 1],
      [5, 1],
    ])
    live.change({
      go: [
        [1, 'a', 10],
        [5, 'a', 10],
      ],
    })
    expect(live.rows).toEqual([
      [2, 1],
      [3, 1],
    ])
  })

  it('are gone with the partition, and come with it', async () => {
    const live = await Live.of('SELECT DISTINCT ON (team) team, id FROM games ORDER BY team, score')
    live.change({
      come: [
        [1, 'a', 1],
        [2, 'a', 2],
        [3, 'b', 1],
      ],
    })
    live.change({
      go: [
        [1, 'a', 1],
        [2, 'a', 2],
      ],
    })
    expect(live.rows).toEqual([['b', 3]])
    expect(live.stateRows).toBe(1)
    live.change({ come: [[4, 'a', 4]] })
    expect(live.rows).toEqual([
      ['a', 4],
      ['b', 3],
    ])
  })
})

describe('a window', () => {
  it('looks again only at rows whose frame can reach a change', async () => {
    const live = await Live.of('SELECT id, sum(score) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM games')
    live.change({ come: Array.from({ length: 1000 }, (_, id): Game => [id * 2, null, 1]) })
    // The row itself, and the two behind it, each away and back with another sum.
    expect(live.change({ come: [[1001, null, 5]] })).toBe(5)
    const running = await Live.of('SELECT id, sum(score) OVER (ORDER BY id) AS s FROM games')
    running.change({ come: Array.from({ length: 1000 }, (_, id): Game => [id, null, 1]) })
    expect(running.change({ come: [[1000, null, 5]] })).toBe(1)
    expect(running.change({ go: [[998, null, 1]] })).toBe(5)
  })

  it('is gone with its partition, and remembers nothing of it', async () => {
    const live = await Live.of(
      'SELECT id, sum(score) OVER (PARTITION BY team) AS s, count(*) OVER (PARTITION BY team ORDER BY id) AS n FROM games',
    )
    live.change({
      come: [
        [1, 'a', 5],
        [2, 'a', 6],
        [3, 'b', 7],
      ],
    })
    live.change({
      go: [
        [1, 'a', 5],
        [2, 'a', 6],
      ],
    })
    expect(live.rows).toEqual([[3, 7, 1]])
    live.change({
      come: [
        [4, 'a', 1],
        [5, 'c', 2],
      ],
    })
    expect(live.rows).toEqual([
      [3, 7, 1],
      [4, 1, 1],
      [5, 2, 1],
    ])
  })

  it('takes a row that comes and goes at once for nothing', async () => {
    const live = await Live.of('SELECT id, row_number() OVER (ORDER BY score) AS n, sum(score) OVER (ORDER BY score) AS s FROM games')
    live.change({
      come: [
        [1, null, 1],
        [3, null, 3],
      ],
    })
    expect(live.change({ come: [[2, null, 2]], go: [[2, null, 2]] })).toBe(0)
    expect(live.change({ come: [[1, null, 1]], go: [[1, null, 1]] })).toBe(0)
  })

  it('has no value over an empty frame, and counts none', async () => {
    const live = await Live.of(
      'SELECT id, sum(score) OVER w AS s, count(*) OVER w AS n, first_value(id) OVER w AS f FROM games WINDOW w AS (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING)',
    )
    live.change({
      come: [
        [1, null, 5],
        [2, null, 6],
        [3, null, 7],
      ],
    })
    expect(live.rows).toEqual([
      [1, null, 0, null],
      [2, null, 0, null],
      [3, 5, 1, 1],
    ])
  })

  const GAMES_OF_DAYS: readonly Game[] = [
    [1, 'a', 1, 150, 19_700, 0],
    [2, 'a', 2, 250, 19_701, 30],
    [3, 'a', 3, 260, 19_701, 26],
    [4, 'b', null, null, null, null],
    [5, 'b', 5, 900, 19_760, 24 * 31],
    [6, 'a', 6, -100, 19_731, 24 * 40],
    [7, 'a', null, null, null, null],
  ]

  it.each([
    'price RANGE BETWEEN 1 PRECEDING AND 1.1 FOLLOWING',
    'price DESC RANGE BETWEEN 1.5 PRECEDING AND CURRENT ROW',
    'price NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING',
    'day RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING',
    'day RANGE BETWEEN INTERVAL 1 MONTH PRECEDING AND CURRENT ROW',
    'moment RANGE BETWEEN INTERVAL 4 HOURS PRECEDING AND CURRENT ROW',
    'moment RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND INTERVAL 1 MONTH FOLLOWING EXCLUDE CURRENT ROW',
    'moment DESC NULLS FIRST RANGE BETWEEN INTERVAL 30 HOURS PRECEDING AND CURRENT ROW',
    'score RANGE BETWEEN 1 FOLLOWING AND 3 FOLLOWING EXCLUDE TIES',
  ])('ORDER BY %s has the frames that DuckDB gives it', async (order) => {
    const { live, duckdb } = await compared(
      `SELECT id, sum(id) OVER (ORDER BY ${order}) AS s, count(*) OVER (PARTITION BY team ORDER BY ${order}) AS n FROM games`,
      GAMES_OF_DAYS,
    )
    expect(live).toEqual(duckdb)
  })

  it.each([
    'median(score)',
    'quantile_cont(price, 0.25)',
    'quantile_disc(day, 0.75)',
    'mode(team)',
    'bool_and(score > 1)',
    'bit_xor(score)',
    'first(score)',
    'last(score)',
    'any_value(score)',
    'arg_max(team, score)',
    'regr_count(id, score)',
    'max(moment) FILTER (WHERE score > 1)',
    'arg_max(team, id, 2)',
    'arg_min(day, id, 3)',
    'max(score, 2)',
    'max(team, 2)',
    'list(score)',
    'list(moment) FILTER (WHERE score > 1)',
    'list({t: team, s: score})',
    "string_agg(team, ' & ')",
    'list(DISTINCT score ORDER BY score DESC)',
    'string_agg(team ORDER BY score, id)',
    'first(team ORDER BY score DESC, id)',
    'last_value(day ORDER BY score, id)',
    'any_value(day ORDER BY score, id) FILTER (WHERE score > 1)',
    'any_value(team) FILTER (WHERE score > 1)',
  ])('takes %s of a frame as DuckDB does', async (call) => {
    const { live, duckdb } = await compared(
      `SELECT id, ${call} OVER (ORDER BY id) AS a, ${call} OVER (PARTITION BY team ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS b FROM games`,
      GAMES_OF_DAYS,
    )
    expect(live).toEqual(duckdb)
  })

  it('lists what stands in parts of a frame, without what is excluded', async () => {
    const { live, duckdb } = await compared(
      `SELECT id, list(id) OVER (ORDER BY day, id ROWS BETWEEN 2 PRECEDING AND 3 FOLLOWING EXCLUDE CURRENT ROW) AS a,
       string_agg(team) OVER (PARTITION BY score ORDER BY id DESC GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS b,
       list(DISTINCT id ORDER BY id) OVER (PARTITION BY team) AS c, list(id) OVER (ORDER BY day RANGE INTERVAL 1 DAY PRECEDING EXCLUDE GROUP) AS d
       FROM games`,
      GAMES_OF_DAYS,
    )
    expect(live).toEqual(duckdb)
  })

  it('lists a row without those that tie with it', async () => {
    const live = await Live.of(
      'SELECT id, list(id) OVER (ORDER BY score ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE TIES) AS s FROM games',
    )
    live.change({ come: [1, 2, 2, 3].map((score, at): Game => [at + 1, null, score]) })
    expect(live.rows).toEqual(
      expect.arrayContaining([
        [1, '[1,2,3,4]'],
        [2, '[2,4]'],
        [3, '[3,4]'],
        [4, '[4]'],
      ]),
    )
  })

  it('lists DISTINCT values in their own order, which no cut of the changes alters', async () => {
    const sql = 'SELECT id, list(DISTINCT score) OVER (ORDER BY id) AS s FROM games'
    const [once, twice] = [await Live.of(sql), await Live.of(sql)]
    const games: readonly Game[] = [
      [1, null, 3],
      [2, null, 1],
      [3, null, 3],
    ]
    once.change({ come: games })
    for (const game of games.toReversed()) twice.change({ come: [game] })
    expect(once.rows).toEqual(twice.rows)
    expect(once.rows.map(([, list]) => list)).toEqual(['[3]', '[1,3]', '[1,3]'])
  })

  it('of a negative range has no answer', async () => {
    const live = await Live.of('SELECT sum(id) OVER (ORDER BY score RANGE BETWEEN -1 PRECEDING AND CURRENT ROW) AS s FROM games')
    expect(() => live.change({ come: [[1, null, 1]] })).toThrow('the offset of a window frame is negative')
  })

  it('passes over NULLs where it is told to', async () => {
    const { live, duckdb } = await compared(
      `SELECT id, lag(score IGNORE NULLS) OVER w AS a, lead(score, 2, -1 IGNORE NULLS) OVER w AS b, last_value(score IGNORE NULLS) OVER w AS c,
       nth_value(score, 2 IGNORE NULLS) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW) AS d
       FROM games WINDOW w AS (ORDER BY id)`,
      GAMES_OF_DAYS,
    )
    expect(live).toEqual(duckdb)
  })
})

describe('ASOF JOIN', () => {
  const sql = `SELECT l.id, r.id AS latest FROM (SELECT * FROM games WHERE team = 'l') l
    ASOF LEFT JOIN (SELECT * FROM games WHERE team = 'r') r ON l.price = r.price AND l.score >= r.score`

  it('looks again only at the rows between a partner that came or went and the next', async () => {
    const live = await Live.of(sql)
    live.change({ come: Array.from({ length: 100 }, (_, id): Game => [id, 'l', id, 1]) })
    live.change({
      come: [
        [1000, 'r', 10, 1],
        [2000, 'r', 20, 1],
      ],
    })
    expect(live.change({ come: [[1500, 'r', 17, 1]] })).toBe(6)
    expect(live.rows.filter(([, latest]) => latest === 1500)).toEqual([
      [17, 1500],
      [18, 1500],
      [19, 1500],
    ])
    expect(live.change({ come: [[3000, 'r', 17, 2]] })).toBe(0)
    expect(live.change({ go: [[2000, 'r', 20, 1]] })).toBe(160)
    expect(live.rows.filter(([, latest]) => latest === null)).toHaveLength(10)
  })

  it('takes of several partners with one value that which stands nearest in the order of their columns', async () => {
    const live = await Live.of(sql)
    live.change({
      come: [
        [1, 'l', 5, 1],
        [9, 'r', 5, 1],
        [8, 'r', 5, 1],
      ],
    })
    expect(live.rows).toEqual([[1, 9]])
  })

  it('finds nothing for a NULL', async () => {
    const live = await Live.of(sql)
    live.change({
      come: [
        [1, 'l', null, 1],
        [2, 'l', 5, null],
        [3, 'r', null, 1],
        [4, 'r', 5, null],
      ],
    })
    expect(live.rows).toEqual([
      [1, null],
      [2, null],
    ])
  })
})

describe('EXCEPT ALL and INTERSECT ALL', () => {
  it('count how often each side has a row', async () => {
    const except = await Live.of("SELECT score FROM games WHERE team = 'a' EXCEPT ALL SELECT score FROM games WHERE team = 'b'")
    const both = await Live.of("SELECT score FROM games WHERE team = 'a' INTERSECT ALL SELECT score FROM games WHERE team = 'b'")
    for (const live of [except, both])
      live.change({
        come: [
          [1, 'a', 5],
          [2, 'a', 5],
          [3, 'a', null],
          [4, 'b', 5],
          [5, 'b', null],
          [6, 'b', null],
        ],
      })
    expect(except.rows).toEqual([[5]])
    expect(both.rows).toEqual([[5], [null]])
    for (const live of [except, both])
      live.change({
        go: [
          [4, 'b', 5],
          [6, 'b', null],
        ],
      })
    expect(except.rows).toEqual([[5], [5]])
    expect(both.rows).toEqual([[null]])
  })
})
