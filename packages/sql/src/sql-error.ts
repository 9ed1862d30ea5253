import { MillraceError } from '@millrace/base'
import { byteOfKeyword, placeOfByte, sqlFrame } from './sql-place.ts'

/** A model as its author wrote it. */
export interface ModelSource {
  readonly name: string
  readonly sql: string
  /** Where it was read, for people; default `models/<name>.sql`. */
  readonly file?: string
}

export function fileOf(model: ModelSource): string {
  return model.file ?? `models/${model.name}.sql`
}

export interface SqlProblem {
  readonly code: 'SQL_PARSE' | 'SQL_BIND'
  readonly problem: string
  /** Offset in bytes of UTF-8; null where DuckDB tells none. */
  readonly byte: number | null
}

export function sqlError(model: ModelSource, { code, problem, byte }: SqlProblem): MillraceError {
  const details = { model: model.name, problem: problem.replace(/\.$/, ''), ...whereIs(model, byte) }
  return new MillraceError(code, { details, ...frameOf(model, byte) })
}

export interface UnsupportedConstruct {
  /** As a noun phrase: `the function stddev`, `LIMIT`. */
  readonly construct: string
  /** What to write instead: a full sentence. */
  readonly instead?: string
  readonly byte: number | null
}

/** Raised while a plan is read; `bindModels` turns it into the error with the model's file and frame. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
  readonly what: UnsupportedConstruct

  constructor(construct: string, byte: number | null, instead?: string) {
    super(construct)
    this.what = { construct, byte, ...(instead === undefined ? {} : { instead }) }
  }
}

/** Some nodes of a plan tell no place; the words that make them are found in the SQL itself. */
const KEYWORDS: readonly (readonly [construct: string, keyword: string])[] = [
  ['LIMIT', 'limit'],
  ['EXCEPT', 'except'],
  ['INTERSECT', 'intersect'],
  ['WITH RECURSIVE', 'recursive'],
  ['DISTINCT ON', 'distinct'],
  ['UNNEST', 'unnest'],
  ['FULL OUTER', 'full'],
  ['ASOF', 'asof'],
  ['POSITIONAL', 'positional'],
  ['PIVOT', 'pivot'],
  ['TABLESAMPLE', 'tablesample'],
  ['window function', 'over'],
  ['NOT IN', 'not in'],
  ['table function', 'from'],
]

function placeOfConstruct(model: ModelSource, construct: string): number | null {
  const known = KEYWORDS.find(([part]) => construct.includes(part))
  return known === undefined ? null : byteOfKeyword(model.sql, known[1])
}

export function unsupportedError(model: ModelSource, unsupported: UnsupportedConstruct): MillraceError {
  const { construct, instead } = unsupported
  const byte = unsupported.byte ?? placeOfConstruct(model, construct)
  const details = {
    model: model.name,
    construct,
    instead: instead ?? `Take ${construct} out of ${fileOf(model)} or express it otherwise.`,
    ...whereIs(model, byte),
  }
  return new MillraceError('SQL_UNSUPPORTED', { details, ...frameOf(model, byte) })
}

export function whereIs(model: ModelSource, byte: number | null): { file: string; line: number; column: number } {
  return { file: fileOf(model), ...placeOfByte(model.sql, byte ?? 0) }
}

function frameOf(model: ModelSource, byte: number | null): { frame?: string } {
  return byte === null ? {} : { frame: sqlFrame(model.sql, placeOfByte(model.sql, byte)) }
}
