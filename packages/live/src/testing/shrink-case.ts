/** Makes a case that fails as small as it can be while it still fails: fewer steps, changes and columns, a simpler query. */
import type { StreamDefinition } from '@millrace/core'
import type { CaseQuery, LiveCase, LiveStep } from './live-case.ts'
import type { SqlShrinker } from './shrink-sql.ts'
import type { RowChange } from './shop-log.ts'
import { TableRows } from './table-rows.ts'

export interface ShrinkOptions {
  readonly fails: (candidate: LiveCase) => Promise<boolean>
  readonly sql: SqlShrinker
  /** At most so many candidates are tried. */
  readonly triesMax: number
}

export async function shrinkCase(failing: LiveCase, options: ShrinkOptions): Promise<LiveCase> {
  const search = new Search(failing, options)
  await search.firstOf(aloneQueries(search.best))
  for (let before = ''; before !== search.mark && !search.isSpent;) {
    before = search.mark
    await search.firstOf(laterStarts(search.best))
    await search.lists(
      (given) => given.steps,
      (given, steps) => ({ ...given, steps }),
    )
    await shrinkTransactions(search)
    await shrinkQueries(search, options.sql)
    for (const calm of calmer(search.best)) await search.try(calm)
    for (let at = search.best.tables.length - 1; at >= 0; at -= 1) await search.firstOf(smallerTables(search.best, at))
  }
  return search.best
}

class Search {
  best: LiveCase
  readonly #options: ShrinkOptions
  #tries = 0
  #steps = 0

  constructor(best: LiveCase, options: ShrinkOptions) {
    this.best = best
    this.#options = options
  }

  /** Changes with every success. */
  get mark(): string {
    return String(this.#steps)
  }

  get isSpent(): boolean {
    return this.#tries >= this.#options.triesMax
  }

  async try(candidate: LiveCase): Promise<boolean> {
    if (this.isSpent) return false
    this.#tries += 1
    const whole = withoutNonsense(candidate)
    if (whole.steps.length === 0 || whole.queries.length === 0 || !(await this.#options.fails(whole))) return false
    this.best = whole
    this.#steps += 1
    return true
  }

  async firstOf(candidates: Iterable<LiveCase>): Promise<boolean> {
    for (const candidate of candidates) if (await this.try(candidate)) return true
    return false
  }

  /** Leaves out of a list what is not needed: halves first, then quarters, at last each by itself. */
  async lists<Item>(get: (given: LiveCase) => readonly Item[], put: (given: LiveCase, items: readonly Item[]) => LiveCase): Promise<void> {
    for (let size = Math.ceil(get(this.best).length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = get(this.best).length - size; at > -size; at -= size) {
        const items = get(this.best)
        await this.try(put(this.best, items.toSpliced(Math.max(at, 0), at < 0 ? size + at : size)))
      }
    }
  }
}

function* aloneQueries(given: LiveCase): Generator<LiveCase> {
  for (const query of given.queries) yield { ...given, queries: [query] }
  for (const query of given.queries) {
    const read = given.queries.filter(({ name }) => query.sql.includes(name))
    if (read.length > 0) yield { ...given, queries: [...read, query] }
  }
}

/** The rows of a later step at once, instead of all that led to them. */
function* laterStarts({ steps, ...rest }: LiveCase): Generator<LiveCase> {
  for (let from = steps.length - 1; from > 0; from -= 1) {
    const tables = new TableRows(rest.tables)
    for (const change of steps.slice(0, from).flatMap(({ transactions }) => transactions.flat())) tables.apply(change)
    const inserts = rest.tables.flatMap(({ name }) =>
      tables.rows(name).map((row): RowChange => ({ stream: name, operation: 'insert', row })),
    )
    if (inserts.length > 0) yield { ...rest, steps: [{ transactions: [inserts], runner: 'goes on' }, ...steps.slice(from)] }
  }
}

async function shrinkTransactions(search: Search): Promise<void> {
  for (let at = search.best.steps.length - 1; at >= 0; at -= 1) {
    await search.lists((given) => given.steps[at]?.transactions ?? [], putTransactions(at))
    const count = search.best.steps[at]?.transactions.length ?? 0
    for (let which = count - 1; which >= 0; which -= 1) {
      await search.lists(
        (given) => given.steps[at]?.transactions[which] ?? [],
        (given, changes) => putTransactions(at)(given, (given.steps[at]?.transactions ?? []).with(which, changes)),
      )
    }
  }
}

function putTransactions(at: number): (given: LiveCase, transactions: LiveStep['transactions']) => LiveCase {
  return (given, transactions) => {
    const step = given.steps[at]
    return step === undefined ? given : { ...given, steps: given.steps.with(at, { ...step, transactions }) }
  }
}

async function shrinkQueries(search: Search, sql: SqlShrinker): Promise<void> {
  for (const at of search.best.queries.keys()) {
    const query = search.best.queries[at] as CaseQuery
    const printed = { ...query, sql: await sql.printed(query.sql) }
    if (!(await search.try({ ...search.best, queries: search.best.queries.with(at, printed) }))) continue
    for (let found = true; found && !search.isSpent;) {
      const { best } = search
      const candidates = await sql.simpler((best.queries[at] as CaseQuery).sql)
      found = await search.firstOf(candidates.map((text) => ({ ...best, queries: best.queries.with(at, { ...query, sql: text }) })))
    }
  }
}

/** Without restarts and kills, one by one. */
function calmer(given: LiveCase): readonly LiveCase[] {
  const calm = { ...given, steps: given.steps.map((step): LiveStep => ({ ...step, runner: 'goes on' })) }
  return given.steps.some(({ runner }) => runner !== 'goes on') ? [calm] : []
}

/** Without the table, or without one of its columns. */
function* smallerTables(given: LiveCase, at: number): Generator<LiveCase> {
  const table = given.tables[at] as StreamDefinition
  const without = (change: RowChange): boolean => change.stream !== table.name
  yield { ...withChanges(given, (changes) => changes.filter(without)), tables: given.tables.toSpliced(at, 1) }
  for (let column = table.schema.columns.length - 1; column > 0; column -= 1) {
    if (table.schema.key.includes(column)) continue
    const schema = { ...table.schema, columns: table.schema.columns.toSpliced(column, 1) }
    const cut = (change: RowChange): RowChange => {
      if (without(change)) return change
      const { before, ...rest } = change
      return { ...rest, row: change.row.toSpliced(column, 1), ...(before === undefined ? {} : { before: before.toSpliced(column, 1) }) }
    }
    yield { ...withChanges(given, (changes) => changes.map(cut)), tables: given.tables.with(at, { ...table, schema }) }
  }
}

type ChangeList = readonly RowChange[]

function withChanges(given: LiveCase, change: (changes: ChangeList) => ChangeList): LiveCase {
  return { ...given, steps: given.steps.map((step) => ({ ...step, transactions: step.transactions.map(change) })) }
}

/** Leaves out changes of rows that are not there (any more), and what is empty then. */
function withoutNonsense(given: LiveCase): LiveCase {
  const tables = new TableRows(given.tables)
  const possible = withChanges(given, (changes) => changes.filter((change) => tables.apply(change)))
  const steps = possible.steps
    .map((step) => ({ ...step, transactions: step.transactions.filter((changes) => changes.length > 0) }))
    .filter(({ transactions, runner }) => transactions.length > 0 || runner === 'restarts')
  return { ...possible, steps }
}
