/**
 * Binds the models of a graph, each after what it reads and some at once, and finds all errors in one run. Of
 * a model whose text and inputs are as they were at the last check, that check is still true. Whatever is bound
 * first, the answer has one order.
 */
import { assert, MillraceError } from '@millrace/base'
import { missingRelation, sqlError, type SqlProblem } from '@millrace/sql/text'
import { foldedName, type GraphModel, HISTORY_COLUMNS } from '../model/model.ts'
import { orderProblem } from './order-problem.ts'
import { type BindAnswer, BINDS_AT_ONCE, type BindingSession, openBindingSession } from './binding-session.ts'
import { bindingOrder } from './binding-order.ts'
import { inOrder } from './in-order.ts'
import type { CacheEntry } from './check-cache.ts'
import {
  type CheckedGraph,
  type CheckedModel,
  type GraphColumn,
  type GraphRelation,
  hashOf,
  type HeldModel,
  signatureOf,
} from './checked-graph.ts'
import { keptColumnsError } from './kept-columns.ts'
import { mentionsOf } from './mentions.ts'

export interface CheckRequest {
  readonly models: readonly GraphModel[]
  readonly relations: readonly GraphRelation[]
  /** What the last check found; it is brought up to date in place. */
  readonly cache: Map<string, CacheEntry>
  /** Names of models of other engines that are not sound: whoever reads them is held back. */
  readonly unsound?: ReadonlySet<string>
}

type Entry = Omit<CacheEntry, 'columns' | 'signatures'> & { readonly columns: readonly GraphColumn[] | null }

const SUGGESTIONS_MAX = 100

export async function checkGraph(request: CheckRequest): Promise<CheckedGraph> {
  const check = new GraphCheck(request)
  try {
    await check.run()
    return await check.result()
  } finally {
    await check.close()
  }
}

class GraphCheck {
  readonly #models = new Map<string, GraphModel>()
  readonly #relations: ReadonlyMap<string, GraphRelation>
  readonly #cache: Map<string, CacheEntry>
  readonly #errors: MillraceError[] = []
  /** Models that are wrong by themselves. */
  readonly #refused = new Map<string, MillraceError>()
  readonly #held = new Map<string, HeldModel>()
  readonly #sound = new Map<string, Entry>()
  readonly #broken = new Set<string>()
  /** Relations and models whose table is in the session, or is being made there. */
  readonly #defined = new Map<string, Promise<void>>()
  /** Columns of models that were bound anew, where a reader wants to know whether they are as before. */
  readonly #asked = new Map<string, Promise<readonly GraphColumn[]>>()
  /** Which relation a model waits for. */
  readonly #waits = new Map<string, string>()
  #session: Promise<BindingSession> | null = null
  #bound = 0
  #suggested = 0

  constructor({ models, relations, cache, unsound = new Set() }: CheckRequest) {
    this.#relations = new Map(relations.map((relation) => [foldedName(relation.name), relation]))
    this.#cache = cache
    for (const name of unsound) this.#broken.add(name)
    for (const model of models) this.#admit(model)
  }

  async run(): Promise<void> {
    const reads = new Map([...this.#models].map(([name, model]) => [name, this.#hints(name, model)]))
    const order = bindingOrder(reads)
    const work = async (name: string): Promise<void> => {
      await this.#settle(name, reads)
      for (let next = this.#released(); next !== null; next = this.#released()) await this.#settle(next, reads)
    }
    await inOrder({ order, readsOf: reads, atOnce: BINDS_AT_ONCE, work })
    this.#errors.push(...order.flatMap((name) => this.#refused.get(name) ?? []))
    this.#tellOfCircles(order.filter((name) => this.#waits.has(name)))
  }

  async result(): Promise<CheckedGraph> {
    const asks = [...this.#sound.values()].some((entry) => entry.columns === null)
    const columns = asks ? await (await this.#open()).columns() : new Map<string, readonly GraphColumn[]>()
    const models = new Map<string, CheckedModel>()
    for (const name of this.#soundInOrder()) {
      const entry = this.#sound.get(name) as Entry
      const known = entry.columns ?? columns.get(name)
      assert(known !== undefined, 'a bound model has columns')
      const model = this.#models.get(name) as GraphModel
      const inputs = entry.inputs.map((input) => models.get(input)?.fingerprint ?? this.#fingerprintOfRelation(input))
      const meaning = entry.columns === null ? meaningOf(model, entry.meaning, known) : entry.meaning
      models.set(name, {
        model,
        inputs: entry.inputs,
        columns: known,
        meaning,
        fingerprint: hashOf(meaning, ...inputs),
        lineage: entry.lineage,
        asked: entry.asked,
      })
    }
    this.#remember(models)
    const held = new Map([...this.#models.keys()].flatMap((name) => entryOf(this.#held, name)))
    return { models, relations: this.#relations, held, errors: this.#errors, bound: this.#bound }
  }

  async close(): Promise<void> {
    const session = await this.#session
    session?.close()
  }

  #soundInOrder(): string[] {
    return bindingOrder(
      new Map([...this.#models.keys()].flatMap((name) => entryOf(this.#sound, name)).map(([name, { inputs }]) => [name, inputs])),
    )
  }

  #admit(model: GraphModel): void {
    const name = foldedName(model.name)
    const other = this.#models.get(name)?.file ?? this.#relations.get(name)?.name
    if (other === undefined) this.#models.set(name, model)
    else this.#errors.push(new MillraceError('MODEL_NAME_TAKEN', { details: { model: model.name, file: model.file, other } }))
  }

  #hints(name: string, model: GraphModel): Iterable<string> {
    const cached = this.#cache.get(name)
    if (cached !== undefined && cached.text === textOf(model)) return cached.inputs
    const isRelation = (folded: string): boolean => folded !== name && (this.#models.has(folded) || this.#relations.has(folded))
    return mentionsOf(model.sql, isRelation)
  }

  async #settle(name: string, reads: ReadonlyMap<string, Iterable<string>>): Promise<void> {
    const model = this.#models.get(name) as GraphModel
    const { disabled } = model.settings
    const order = orderProblem(model)
    if (disabled !== null) this.#held.set(name, { model, reason: disabled })
    else if (order !== null) this.#refuse(name, sqlError(model, order))
    else if (!(await this.#reuse(name, model))) await this.#bind(name, model, reads.get(name) ?? [])
  }

  async #reuse(name: string, model: GraphModel): Promise<boolean> {
    const cached = this.#cache.get(name)
    if (cached === undefined || cached.text !== textOf(model)) return false
    for (const [at, input] of cached.inputs.entries()) {
      const columns = await this.#columnsOf(input)
      if (columns === null || signatureOf(columns) !== cached.signatures[at]) return false
    }
    this.#sound.set(name, cached)
    return true
  }

  /** Null where the relation is not sound, or not yet. */
  async #columnsOf(name: string): Promise<readonly GraphColumn[] | null> {
    const known = this.#relations.get(name)?.columns ?? this.#sound.get(name)?.columns
    if (known !== undefined && known !== null) return known
    if (!this.#sound.has(name)) return null
    const asked = this.#asked.get(name) ?? this.#open().then((session) => session.columnsOf(name))
    this.#asked.set(name, asked)
    return asked
  }

  async #bind(name: string, model: GraphModel, hints: Iterable<string>): Promise<void> {
    const session = await this.#open()
    for (const hint of hints) await this.#define(hint)
    const tried = new Set<string>()
    for (;;) {
      const answer = await session.bind({ name: model.name, sql: model.sql, wantsTable: !isFree(model) })
      this.#bound += 1
      if (answer.kind === 'bound') {
        const problem = await this.#keptColumns(session, model)
        return problem === null ? this.#keep(name, model, answer) : this.#refuse(name, problem)
      }
      if (answer.kind === 'wrong') return this.#refuse(name, sqlError(model, answer.problem))
      const { relation } = answer
      // It may have become known while this was bound; from here to the end nothing else happens.
      const isNew = !tried.has(relation) && ((await this.#define(relation)) || this.#sound.has(relation))
      if (!isNew) return this.#await(name, model, answer)
      tried.add(relation)
    }
  }

  async #keptColumns(session: BindingSession, model: GraphModel): Promise<MillraceError | null> {
    if (isFree(model)) return null
    const { materialize } = model.settings
    const problem = keptColumnsError(model, await session.columnsOf(model.name))
    if (problem === null && materialize === 'snapshot') await session.widen(model.name, HISTORY_COLUMNS)
    return problem
  }

  #await(name: string, model: GraphModel, { relation, problem }: Extract<BindAnswer, { kind: 'missing' }>): void {
    if (this.#held.has(relation) || this.#broken.has(relation)) this.#hold(name, relation)
    else if (this.#models.has(relation) && !this.#sound.has(relation)) this.#waits.set(name, relation)
    else this.#refuse(name, sqlError(model, this.#missing(relation, problem)))
  }

  /** Each suggestion looks at all names: of very many errors only the first have one. */
  #missing(relation: string, problem: SqlProblem): SqlProblem {
    this.#suggested += 1
    const known = this.#suggested > SUGGESTIONS_MAX ? [] : [...this.#models.values(), ...this.#relations.values()].map((each) => each.name)
    return { ...problem, problem: missingRelation(relation, known) }
  }

  /** Sees to it that the table of a relation is in the session; false where the relation is not known, or not yet. */
  async #define(relation: string): Promise<boolean> {
    const columns = this.#relations.get(relation)?.columns ?? this.#sound.get(relation)?.columns
    if (!this.#defined.has(relation) && columns !== undefined && columns !== null) {
      const name = this.#relations.get(relation)?.name ?? (this.#models.get(relation) as GraphModel).name
      this.#defined.set(
        relation,
        this.#open().then((session) => session.define({ name, columns })),
      )
    }
    await this.#defined.get(relation)
    return this.#defined.has(relation)
  }

  #keep(name: string, model: GraphModel, answer: Extract<BindAnswer, { kind: 'bound' }>): void {
    const inputs = [...answer.reads].map(foldedName)
    const { lineage, columns, asked } = answer
    if (columns === null) this.#defined.set(name, Promise.resolve())
    const meaning = columns === null ? answer.meaning : meaningOf(model, answer.meaning, columns)
    this.#sound.set(name, { text: textOf(model), inputs, columns, meaning, lineage, asked })
  }

  #refuse(name: string, error: MillraceError): void {
    this.#broken.add(name)
    this.#refused.set(name, error)
  }

  #hold(name: string, relation: string): void {
    const model = this.#models.get(name) as GraphModel
    const because = this.#held.has(relation) ? 'is not run' : 'is not valid'
    this.#held.set(name, { model, reason: `it reads ${relation}, which ${because}` })
  }

  /** A model whose wait has ended. */
  #released(): string | null {
    for (const [name, relation] of this.#waits) {
      if (!this.#sound.has(relation) && !this.#held.has(relation) && !this.#broken.has(relation)) continue
      this.#waits.delete(name)
      if (this.#sound.has(relation)) return name
      this.#hold(name, relation)
    }
    return null
  }

  /** What still waits stands in a circle, or behind one. */
  #tellOfCircles(waiting: readonly string[]): void {
    for (const start of waiting) {
      const path: string[] = []
      for (let at: string | undefined = start; at !== undefined && !this.#broken.has(at) && !path.includes(at); at = this.#waits.get(at))
        path.push(at)
      const again = this.#waits.get(path.at(-1) ?? '')
      if (again === undefined || !path.includes(again)) continue
      const circle = startingWithLeast(path.slice(path.indexOf(again)))
      const first = this.#models.get(circle[0] as string) as GraphModel
      const names = [...circle, circle[0] as string].map((name) => (this.#models.get(name) as GraphModel).name)
      this.#errors.push(new MillraceError('MODEL_CYCLE', { details: { circle: names.join(' → '), file: first.file } }))
      for (const name of circle) this.#broken.add(name)
    }
    for (const [name, relation] of this.#waits) if (!this.#broken.has(name)) this.#hold(name, relation)
  }

  #fingerprintOfRelation(name: string): string {
    const relation = this.#relations.get(name)
    return hashOf(name, relation === undefined ? '' : signatureOf(relation.columns))
  }

  #remember(models: ReadonlyMap<string, CheckedModel>): void {
    for (const name of this.#cache.keys()) if (!this.#models.has(name)) this.#cache.delete(name)
    for (const [name, { model, inputs, ...found }] of models) {
      const known = this.#cache.get(name)
      if (known !== undefined && known === this.#sound.get(name)) continue
      const signatures = inputs.map((input) => signatureOf(models.get(input)?.columns ?? this.#relations.get(input)?.columns ?? []))
      const { columns, meaning, lineage, asked } = found
      this.#cache.set(name, { text: textOf(model), inputs, signatures, columns, meaning, lineage, asked })
    }
  }

  #open(): Promise<BindingSession> {
    this.#session ??= openBindingSession()
    return this.#session
  }
}

function entryOf<Value>(map: ReadonlyMap<string, Value>, name: string): [string, Value][] {
  const value = map.get(name)
  return value === undefined ? [] : [[name, value]]
}

/** The same circle is told in the same way, wherever it was entered. */
function startingWithLeast(circle: readonly string[]): string[] {
  const least = circle.indexOf([...circle].sort()[0] as string)
  return [...circle.slice(least), ...circle.slice(0, least)]
}

/** Whether it does not matter to its settings which columns it has. */
function isFree({ settings: { key, interval, partitionBy, clusterBy } }: GraphModel): boolean {
  return interval === null && [key, partitionBy, clusterBy].every((columns) => columns.length === 0)
}

const TEXTS = new WeakMap<GraphModel, string>()

function textOf(model: GraphModel): string {
  const known = TEXTS.get(model)
  if (known !== undefined) return known
  const text = hashOf(model.sql, JSON.stringify(model.settings))
  TEXTS.set(model, text)
  return text
}

function meaningOf({ settings }: GraphModel, select: string, columns: readonly GraphColumn[]): string {
  const { materialize, key, interval } = settings
  return hashOf(select, JSON.stringify([materialize, key, interval]), ...columns.flatMap(({ name, type }) => [name, type]))
}
