import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Append, LogReader, Value } from '@millrace/core'
import type { Store } from '@millrace/store'
import { openSnapshot } from './snapshot.ts'
import { relationOf } from './relation.ts'
import { batchOf, type Cells, schemaOf, type TestChange, withStore } from './testing/test-store.ts'

/** More in a nightly run: `FUZZ_RUNS=2000`. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 25)
const SCHEMA = schemaOf({ id: { kind: 'int64' }, part: { kind: 'text' }, doc: { kind: 'text' }, rate: { kind: 'float64' } }, ['id', 'part'])
const BAG = schemaOf({ id: { kind: 'int64' }, doc: { kind: 'text' }, rate: { kind: 'float64' } })

/** What someone wants to do to the table; what cannot be done in its present state is left out. */
type Wish =
  | {
      readonly do: 'insert' | 'delete' | 'truncate'
      readonly id: number
      readonly value: string | null
      readonly rate: number
      readonly full: boolean
    }
  | {
      readonly do: 'update' | 'move'
      readonly id: number
      readonly to: number
      readonly value: string | null | undefined
      readonly rate: number | undefined
      readonly full: boolean
    }

const value = fc.constantFrom('x', 'y', '', null)
const rate = fc.constantFrom(0, -0, 1.5, Number.NaN, Infinity)
const id = fc.integer({ min: 0, max: 3 })
const wish: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('insert' as const), id, value, rate, full: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), id, value, rate, full: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), id, value, rate, full: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('update' as const, 'move' as const),
      id,
      to: id,
      value: fc.option(value, { nil: undefined }),
      rate: fc.option(rate, { nil: undefined }),
      full: fc.boolean(),
    }),
  },
)
const history = fc.array(fc.array(wish, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 })

interface Step {
  readonly change: TestChange
  readonly partition: number
}

/** The table as its owner sees it: plain rows in a map, changed one by one. */
class PlainTable {
  readonly rows = new Map<number, readonly Value[]>()

  apply(wished: Wish): TestChange | null {
    const row = this.rows.get(wished.id)
    switch (wished.do) {
      case 'insert':
        if (row !== undefined) return null
        this.rows.set(wished.id, [wished.id, part(wished.id), wished.value, wished.rate])
        return { operation: 'insert', after: this.rows.get(wished.id)! }
      case 'delete':
        if (row === undefined) return null
        this.rows.delete(wished.id)
        return { operation: 'delete', after: wished.full ? row : [row[0], row[1], undefined, undefined] }
      case 'truncate':
        this.rows.clear()
        return { operation: 'truncate', after: [undefined, undefined, undefined, undefined] }
      default:
        return row === undefined ? null : this.#update(row, wished)
    }
  }

  #update(row: readonly Value[], wished: Extract<Wish, { do: 'update' | 'move' }>): TestChange | null {
    const to = wished.do === 'move' ? wished.to : wished.id
    if (to !== wished.id && this.rows.has(to)) return null
    const after: Cells = [to, part(to), wished.value, wished.rate]
    this.rows.delete(wished.id)
    this.rows.set(
      to,
      after.map((cell, at) => (cell === undefined ? row[at]! : cell)),
    )
    const before = wished.full ? row : [row[0], row[1], undefined, undefined]
    return to === wished.id && !wished.full ? { operation: 'update', after } : { operation: 'update', after, before }
  }
}

/** The second half of the key: NULL for one of them, as the key of a grouped model may be. */
function part(at: number): string | null {
  return at === 3 ? null : `p${at % 2}`
}

async function foldedRows(reader: LogReader, stream: string, cut: number): Promise<string[]> {
  const snapshot = await openSnapshot({ reader, streams: [stream], cut })
  try {
    const found: string[] = []
    for await (const row of (await relationOf(snapshot.connection, stream)).rows()) found.push(shown(row))
    return found.sort()
  } finally {
    await snapshot.close()
  }
}

function shown(row: readonly Value[]): string {
  return row.map((cell) => (Object.is(cell, -0) ? '-0' : String(cell))).join('|')
}

/** Commits the steps of each list together and tells the cut after each. */
async function commitAll(store: Store, stream: string, commits: readonly (readonly Step[])[]): Promise<number[]> {
  const schema = stream.includes('bag') ? BAG : SCHEMA
  const cuts: number[] = []
  for (const [at, steps] of commits.entries()) {
    const appends: Append[] = steps.map(({ change, partition }, index) => ({
      stream,
      partition,
      batch: batchOf(schema, [change], { transaction: at + 1, index }),
    }))
    cuts.push((await store.commit({ appends })).cut)
  }
  return cuts
}

test('law 3: a keyed stream folds to the rows of its table at every cut, whatever was not told and however keys moved', async () => {
  await withStore(async (store, reader) => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 1, max: 3 }), async (wishes, partitions) => {
        const stream = `shop.t${(run += 1)}`
        await store.commit({ streams: [{ name: stream, kind: 'table', schema: SCHEMA, partitions }] })
        const table = new PlainTable()
        const states: string[][] = []
        const commits = wishes.map((wishesOfCommit) => {
          const steps = wishesOfCommit.flatMap((each, at) => {
            const change = table.apply(each)
            return change === null ? [] : [{ change, partition: (at + each.id) % partitions }]
          })
          states.push([...table.rows.values()].map(shown).sort())
          return steps
        })
        const cuts = await commitAll(store, stream, commits)
        const at = wishes.length > 2 ? [Math.floor(wishes.length / 2), wishes.length - 1] : [wishes.length - 1]
        for (const commit of at) expect(await foldedRows(reader, stream, cuts[commit]!)).toEqual(states[commit])
      }),
      { numRuns: RUNS },
    )
  })
})

test('law 3: a keyless stream folds to a multiset in which a whole row is its own identity', async () => {
  await withStore(async (store, reader) => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(history, async (wishes) => {
        const stream = `shop.bag${(run += 1)}`
        await store.commit({ streams: [{ name: stream, kind: 'table', schema: BAG, partitions: 1 }] })
        let rows: (readonly Value[])[] = []
        const steps: Step[] = []
        for (const each of wishes.flat()) {
          const fresh: readonly Value[] = [each.id, each.value ?? null, each.rate ?? 0]
          const at = rows.findIndex((row) => row[0] === each.id)
          if (each.do === 'truncate') {
            rows = []
            steps.push({ change: { operation: 'truncate', after: [undefined, undefined, undefined] }, partition: 0 })
          } else if (each.do === 'insert') {
            rows = [...rows, fresh]
            steps.push({ change: { operation: 'insert', after: fresh }, partition: 0 })
          } else if (at >= 0) {
            const old = rows[at]!
            rows = each.do === 'delete' ? rows.toSpliced(at, 1) : rows.with(at, fresh)
            // With the whole row as identity a source may leave out a cell that did not change: the row before tells it.
            const after =
              each.do === 'delete' ? old : fresh.map((cell, column) => (each.full && Object.is(cell, old[column]) ? undefined : cell))
            const change: TestChange = each.do === 'delete' ? { operation: 'delete', after } : { operation: 'update', after, before: old }
            steps.push({ change, partition: 0 })
          }
        }
        const cuts = await commitAll(store, stream, [steps])
        expect(await foldedRows(reader, stream, cuts[0]!)).toEqual(rows.map(shown).sort())
      }),
      { numRuns: RUNS },
    )
  })
})
