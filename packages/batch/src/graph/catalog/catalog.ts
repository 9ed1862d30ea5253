/** The graph's memory: see `schema.ts`. A version row exists only once its files are whole and synced. */
import { assert, type Clock, MillraceError, systemClock } from '@millrace/base'
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { asGraphFolderError, inGraphFolder } from './graph-folder-error.ts'
import { IntervalMemory } from './interval-memory.ts'
import { ForecastMemory } from './run-forecast.ts'
import { ScheduleMemory } from '../schedule/schedule-memory.ts'
import { CATALOG_SCHEMA } from './schema.ts'
import { StepMemory } from './step-record.ts'
import { type TableMemory, tableMemory } from './table-memory.ts'
import type { BegunRun, Publication, RunRecord, Version, VersionDraft, VersionHistory } from './version.ts'

type Row = Record<string, string | number | bigint | null | Uint8Array>

/** How long a statement waits for another process's commit. */
const BUSY_WAIT_MS = 10_000

export class GraphCatalog {
  readonly intervals: IntervalMemory
  readonly steps: StepMemory
  readonly forecasts: ForecastMemory
  readonly schedules: ScheduleMemory
  readonly folder: string
  readonly #database: DatabaseSync
  /** Prepared once: a run of thousands of models asks it for each. */
  readonly #addVersion: StatementSync
  readonly #clock: Clock

  constructor(path: string, clock: Clock = systemClock) {
    this.#database = opened(path)
    this.#clock = clock
    this.folder = dirname(path)
    this.#addVersion = this.#database.prepare(
      `INSERT INTO versions (model, key, fingerprint, kind, content, columns, rows, bytes, seconds, memory, created_ms, run)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id, created_ms`,
    )
    this.intervals = new IntervalMemory(this.#database)
    this.steps = new StepMemory(this.#database)
    this.forecasts = new ForecastMemory(this.#database)
    this.schedules = new ScheduleMemory(this.#database)
  }

  tables(engine: string): TableMemory {
    return tableMemory(this.#database, engine)
  }

  /** Of this catalogue alone, for as long as it is there. */
  identity(): string {
    const insert = 'INSERT INTO identity (id) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM identity)'
    this.#database.prepare(insert).run(randomBytes(6).toString('hex'))
    return String(this.#database.prepare('SELECT id FROM identity').get()?.['id'])
  }

  beginRun(run: BegunRun): number {
    const insert = 'INSERT INTO runs (environment, started_ms, status, cut, streams, planned, resumes) VALUES (?, ?, ?, ?, ?, ?, ?)'
    const values = [
      run.environment,
      run.startedMs ?? this.#clock.nowMs(),
      'running',
      run.cut,
      JSON.stringify(run.streams),
      run.planned,
      run.resumes,
    ]
    return Number(this.#database.prepare(insert).run(...values).lastInsertRowid)
  }

  endRun(run: number, status: RunRecord['status']): void {
    this.#database.prepare('UPDATE runs SET status = ?, ended_ms = ? WHERE id = ?').run(status, this.#clock.nowMs(), run)
  }

  run(id: number): RunRecord | null {
    const row = this.#database.prepare('SELECT * FROM runs WHERE id = ?').get(id)
    return row === undefined ? null : runOf(row)
  }

  runs(limit: number, environment: string | null = null): RunRecord[] {
    const where = environment === null ? '' : 'WHERE environment = ?'
    const parameters = environment === null ? [limit] : [environment, limit]
    const rows = this.#database.prepare(`SELECT * FROM runs ${where} ORDER BY id DESC LIMIT ?`).all(...parameters)
    return rows.map(runOf)
  }

  /** The version as it is known from now on: another run may have been first with one of the same key. */
  addVersion(run: number, draft: VersionDraft): Version {
    const { model, key } = draft
    const values = [model, key, draft.fingerprint, draft.content.kind, JSON.stringify(draft.content), JSON.stringify(draft.columns)]
    const figures = [draft.rows, draft.bytes, draft.seconds, draft.memory, this.#clock.nowMs(), run]
    const row = this.#addVersion.get(...values, ...figures)
    if (row !== undefined) return { ...draft, id: Number(row['id']), createdMs: Number(row['created_ms']), run }
    const found = this.version(model, key)
    assert(found !== null, 'a version that was added is there')
    return found
  }

  /** When the run began, or the killed one that it goes on with. */
  beganMs(run: number): number {
    const sql = `WITH RECURSIVE chain AS (SELECT * FROM runs WHERE id = ? UNION SELECT runs.* FROM chain JOIN runs ON runs.id = chain.resumes)
      SELECT min(started_ms) AS began_ms FROM chain`
    return Number(this.#database.prepare(sql).get(run)?.['began_ms'])
  }

  addFailure(run: number, model: string, problem: string): void {
    this.#database.prepare('INSERT OR REPLACE INTO failures (run, model, problem) VALUES (?, ?, ?)').run(run, model, problem)
  }

  failures(run: number): { model: string; problem: string }[] {
    const rows = this.#database.prepare('SELECT model, problem FROM failures WHERE run = ? ORDER BY model').all(run)
    return rows.map((row) => ({ model: String(row['model']), problem: String(row['problem']) }))
  }

  /** The tables on an engine that versions name. */
  tablesOn(engine: string): Set<string> {
    const contents = this.#database.prepare("SELECT content FROM versions WHERE kind = 'server'").all()
    const all = contents.map((row) => JSON.parse(String(row['content'])) as Version['content'])
    return new Set(all.flatMap((content) => (content.kind === 'server' && content.engine === engine ? (content.table ?? []) : [])))
  }

  /** The file into which the rows of a version on a server were brought; null where they were not. */
  carried(model: string, key: string): string | null {
    return this.intervals.find(model, carriedKey(key))?.files[0] ?? null
  }

  addCarried(made: { model: string; key: string; file: string; rows: number; bytes: number }, nowMs: number): void {
    const { model, key, file, ...figures } = made
    this.intervals.add(model, { key: carriedKey(key), files: [file], ...figures }, nowMs)
  }

  isOver(run: number): boolean {
    return this.#database.prepare('SELECT status FROM runs WHERE id = ?').get(run)?.['status'] !== 'running'
  }

  /** What a publication shows, by folded name. */
  shownBy(publication: number): Map<string, Version> {
    const sql = 'SELECT versions.* FROM published JOIN versions ON versions.id = published.version WHERE publication = ?'
    return new Map(
      this.#database
        .prepare(sql)
        .all(publication)
        .map(versionOf)
        .map((version) => [version.model, version]),
    )
  }

  version(model: string, key: string): Version | null {
    const row = this.#database.prepare('SELECT * FROM versions WHERE model = ? AND key = ?').get(model, key)
    return row === undefined ? null : versionOf(row)
  }

  versionsOf(model: string): Version[] {
    return this.#database.prepare('SELECT * FROM versions WHERE model = ? ORDER BY id DESC').all(model).map(versionOf)
  }

  /** Finds versions by model and key, however many are kept of each. */
  history(): VersionHistory {
    const find = this.#database.prepare('SELECT * FROM versions WHERE model = ? AND key = ?')
    // What follows a base is '+' or '#'; both come before a comma.
    const newest = this.#database.prepare('SELECT * FROM versions WHERE model = ? AND key >= ? AND key < ? ORDER BY id DESC LIMIT 1')
    return {
      find: (model, key) => {
        const row = find.get(model, key)
        return row === undefined ? null : versionOf(row)
      },
      newest: (model, base) => {
        const row = newest.get(model, base, `${base},`)
        return row === undefined ? null : versionOf(row)
      },
      spent: (model) => {
        const spent = this.steps.spent(model)
        if (spent.length > 0) return spent
        const [last] = this.versionsOf(model)
        return last === undefined ? [] : [{ seconds: last.seconds, rowsRead: 0, rows: last.rows }]
      },
    }
  }

  /** What an environment shows, by folded name; nothing where there is no such environment. */
  published(environment: string): Map<string, Version> {
    const rows = this.#database
      .prepare(
        `SELECT versions.* FROM environments JOIN published USING (publication) JOIN versions ON versions.id = published.version
         WHERE environments.name = ?`,
      )
      .all(environment)
    return new Map(rows.map(versionOf).map((version) => [version.model, version]))
  }

  /** The engines on which lies what an environment shows. */
  enginesShown(environment: string): Set<string> {
    const rows = this.#database
      .prepare(
        `SELECT DISTINCT versions.content ->> 'engine' AS engine FROM environments JOIN published USING (publication)
         JOIN versions ON versions.id = published.version WHERE environments.name = ? AND versions.kind = 'server'`,
      )
      .all(environment)
    return new Set(rows.map(({ engine }) => String(engine)))
  }

  /** As `published`, of each only what it means. */
  publishedMeanings(environment: string): Map<string, string> {
    const rows = this.#database
      .prepare(
        `SELECT versions.model, versions.fingerprint FROM environments JOIN published USING (publication) JOIN versions ON versions.id = published.version
         WHERE environments.name = ?`,
      )
      .all(environment)
    return new Map(rows.map(({ model, fingerprint }) => [String(model), String(fingerprint)]))
  }

  environments(): { name: string; publication: number; models: number }[] {
    const sql = `SELECT name, environments.publication, count(model) AS models FROM environments LEFT JOIN published USING (publication)
      GROUP BY name, environments.publication ORDER BY name`
    const rows = this.#database.prepare(sql).all()
    return rows.map((row) => ({ name: String(row['name']), publication: Number(row['publication']), models: Number(row['models']) }))
  }

  publications(environment: string, limit: number): Publication[] {
    const rows = this.#database.prepare('SELECT * FROM publications WHERE environment = ? ORDER BY id DESC LIMIT ?').all(environment, limit)
    return rows.map(({ id, at_ms, run, previous }) => ({
      id: Number(id),
      atMs: Number(at_ms),
      run: Number(run),
      previous: previous === null ? null : Number(previous),
    }))
  }

  current(environment: string): number | null {
    const row = this.#database.prepare('SELECT publication FROM environments WHERE name = ?').get(environment)
    return row === undefined ? null : Number(row['publication'])
  }

  /** Shows these versions, and no others, in one commit that is on disk when this returns. Raises VERSION_FORGOTTEN. */
  publish(environment: string, run: number, versions: Iterable<Version>): number {
    return this.#durably(() => {
      const insert = 'INSERT INTO publications (environment, at_ms, run, previous) VALUES (?, ?, ?, ?)'
      const values = [environment, this.#clock.nowMs(), run, this.current(environment)]
      const publication = Number(this.#database.prepare(insert).run(...values).lastInsertRowid)
      const add = this.#database.prepare('INSERT INTO published (publication, model, version) SELECT ?, ?, id FROM versions WHERE id = ?')
      for (const { model, id } of versions)
        if (add.run(publication, model, id).changes === 0) throw new MillraceError('VERSION_FORGOTTEN', { details: { model } })
      this.#show(environment, publication)
      this.endRun(run, 'published')
      return publication
    })
  }

  /** Lets an environment show a publication of its own again. */
  show(environment: string, publication: number): void {
    this.#durably(() => this.#show(environment, publication))
  }

  /** Publishes in an environment what a publication of another shows, and tells its number here: from it there is a way back. */
  promote(environment: string, publication: number): number {
    return this.#durably(() => {
      const insert = 'INSERT INTO publications (environment, at_ms, run, previous) SELECT ?, ?, run, ? FROM publications WHERE id = ?'
      const values = [environment, this.#clock.nowMs(), this.current(environment), publication]
      const promoted = Number(this.#database.prepare(insert).run(...values).lastInsertRowid)
      const copy = 'INSERT INTO published (publication, model, version) SELECT ?, model, version FROM published WHERE publication = ?'
      this.#database.prepare(copy).run(promoted, publication)
      this.#show(environment, promoted)
      return promoted
    })
  }

  /** Whether both publications are of the same versions. */
  isSame(one: number, other: number): boolean {
    const versions = 'SELECT model, version FROM published WHERE publication = ?'
    const apart = `SELECT 1 FROM (${versions} EXCEPT ${versions}) UNION ALL SELECT 1 FROM (${versions} EXCEPT ${versions}) LIMIT 1`
    return this.#database.prepare(apart).get(one, other, other, one) === undefined
  }

  /** Forgets old publications of each environment, and the versions that nothing names; tells whose files can go. */
  forget(keep: { readonly publications: number; readonly madeBeforeMs: number }): string[] {
    return this.#durably(() => {
      this.#database
        .prepare(
          `DELETE FROM publications WHERE id NOT IN (SELECT publication FROM environments) AND id IN
             (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY environment ORDER BY id DESC) AS age FROM publications) WHERE age > ?)`,
        )
        .run(keep.publications)
      this.#database.exec('DELETE FROM published WHERE publication NOT IN (SELECT id FROM publications)')
      const rows = this.#database
        .prepare('DELETE FROM versions WHERE created_ms < ? AND id NOT IN (SELECT version FROM published) RETURNING content')
        .all(keep.madeBeforeMs)
      const gone = rows.flatMap((row) => filesOf(row))
      gone.push(...this.intervals.forget(this.#filesOfVersions(), keep.madeBeforeMs))
      const named = this.namedFiles()
      return gone.filter((file) => !named.has(file))
    })
  }

  /** Files that are whole; of any other nobody knows. */
  namedFiles(): Set<string> {
    return new Set([...this.#filesOfVersions(), ...this.intervals.files()])
  }

  close(): void {
    this.#database.close()
  }

  #filesOfVersions(): Set<string> {
    const contents = this.#database.prepare('SELECT content FROM versions').all()
    return new Set([...contents.flatMap(filesOf), ...this.#filesCarried()])
  }

  /** Into which rows of versions on servers were brought: they stay as long as these. */
  #filesCarried(): string[] {
    const rows = this.#database.prepare("SELECT model, key FROM versions WHERE kind = 'server'").all()
    return rows.flatMap(({ model, key }) => this.carried(String(model), String(key)) ?? [])
  }

  #show(environment: string, publication: number): void {
    this.#database.prepare('INSERT OR REPLACE INTO environments (name, publication) VALUES (?, ?)').run(environment, publication)
  }

  #durably<Result>(work: () => Result): Result {
    this.#database.exec('PRAGMA synchronous = FULL')
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      // Where the disk is full it has been rolled back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw asGraphFolderError(error, this.folder)
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL')
    }
  }
}

function opened(path: string): DatabaseSync {
  return inGraphFolder(dirname(path), () => {
    mkdirSync(dirname(path), { recursive: true })
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA busy_timeout = ${BUSY_WAIT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${CATALOG_SCHEMA}`)
    return database
  })
}

/** Rows that were carried are remembered beside intervals: files that a version does not name by itself. */
function carriedKey(key: string): string {
  return `carried ${key}`
}

/** Columns that were read lately, by their text: many versions have the same ones. */
const COLUMNS = new Map<string, Version['columns']>()
const COLUMNS_LIMIT = 10_000

function columnsOf(text: string): Version['columns'] {
  const known = COLUMNS.get(text)
  if (known !== undefined) return known
  if (COLUMNS.size >= COLUMNS_LIMIT) COLUMNS.clear()
  const columns = JSON.parse(text) as Version['columns']
  COLUMNS.set(text, columns)
  return columns
}

function versionOf(row: Row): Version {
  return {
    id: Number(row['id']),
    model: String(row['model']),
    key: String(row['key']),
    fingerprint: String(row['fingerprint']),
    content: JSON.parse(String(row['content'])) as Version['content'],
    columns: columnsOf(String(row['columns'])),
    rows: Number(row['rows']),
    bytes: Number(row['bytes']),
    seconds: Number(row['seconds']),
    memory: Number(row['memory']),
    createdMs: Number(row['created_ms']),
    run: Number(row['run']),
  }
}

function filesOf(row: Row): readonly string[] {
  const content = JSON.parse(String(row['content'])) as Version['content']
  return content.kind === 'files' ? content.files : []
}

function runOf(row: Row): RunRecord {
  return {
    id: Number(row['id']),
    environment: String(row['environment']),
    startedMs: Number(row['started_ms']),
    endedMs: row['ended_ms'] === null ? null : Number(row['ended_ms']),
    status: String(row['status']) as RunRecord['status'],
    cut: Number(row['cut']),
    streams: JSON.parse(String(row['streams'])) as RunRecord['streams'],
    planned: Number(row['planned']),
    resumes: row['resumes'] === null ? null : Number(row['resumes']),
  }
}
