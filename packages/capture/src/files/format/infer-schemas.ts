/** The types of a file's columns, guessed once from its beginning. Whoever asked fixes them. */
import { MillraceError } from '@millrace/base'
import type { CsvFormat, JsonLinesFormat, Type } from '@millrace/core'
import { TextCells } from './encoding/text-cells.ts'
import { encodingOf } from './encoding/encoding.ts'
import { dialectOf } from './csv/dialect.ts'
import { peekFields, readHeader } from './csv/header.ts'
import { uniqueNames } from './csv/column-plan.ts'
import { openPieces } from './csv/read-csv.ts'
import { MARK, Tokenizer } from './csv/tokenizer.ts'
import { JsonFault, type Member, readMembers } from './json/json-members.ts'
import { openJson } from './json/read-json-lines.ts'
import { ASCII_BREAKS, LineCutter } from './record-cutter.ts'
import { type Inference, RECORD_BYTES_MAX, SAMPLE_BYTES, type StreamedFormat } from './record-reader.ts'
import { declaredSchemas } from './schema-of-format.ts'
import { ColumnGuess, type GuessKind } from './infer/column-guess.ts'

export interface Sample {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly format: StreamedFormat
  /** For errors: what people call this file. */
  readonly name: string
  /** Default `SAMPLE_BYTES`. */
  readonly sampleBytes?: number
}

/** So many members of JSON objects are told apart; a file with more has names that are data. */
const COLUMNS_MAX = 2000

export async function inferSchemas(sample: Sample): Promise<Inference> {
  const { format, name } = sample
  switch (format.type) {
    case 'csv':
      return inferCsv(sample, format)
    case 'json-lines':
      return inferJsonLines(sample, format)
    case 'fixed-width':
      return { schemas: declaredSchemas(format, name) ?? [], records: 0, bytes: 0, whole: false, columns: [] }
  }
}

interface Seen {
  readonly records: number
  readonly bytes: number
  readonly whole: boolean
}

function inferenceOf(guesses: readonly (readonly [string, ColumnGuess])[], seen: Seen): Inference {
  const found = guesses.map(([name, guess]) => ({ name, ...guess.guess(seen.whole) }))
  const columns = found.map(({ name, type }): { name: string; type: Type; nullable: boolean } => ({ name, type, nullable: true }))
  return { schemas: [{ stream: null, schema: { columns, key: [] } }], ...seen, columns: found.map(({ column }) => column) }
}

async function inferCsv(sample: Sample, format: CsvFormat): Promise<Inference> {
  const { name } = sample
  const dialect = dialectOf(format, name)
  const sampleBytes = sample.sampleBytes ?? SAMPLE_BYTES
  const pieces = openPieces({ bytes: sample.bytes, name, partBytes: sampleBytes }, format, dialect)
  try {
    const header = await readHeader(pieces, format, { dialect, columns: [], name })
    const first = pieces.offset
    // Without any names, the first record tells how many columns there are.
    await pieces.fill(sampleBytes)
    const fields = header.fields.length > 0 ? header.fields : uniqueNames(peekFields(pieces, dialect).map(() => ''))
    const cut = new Tokenizer(dialect, Math.max(fields.length, 1), pieces.length)
    const to = Math.min(pieces.to, pieces.from + sampleBytes)
    const final = pieces.ended && to === pieces.to
    const stop = cut.cut(pieces.bytes, pieces.from, to, { final, limit: Infinity })
    const texts = new TextCells(dialect.encoding)
    texts.open(pieces.bytes, pieces.from, stop)
    const nulls = new Set(dialect.nullText)
    const options = { ...format, name, format: undefined }
    const guesses = fields.map((field, at): [string, ColumnGuess] => {
      const guess = new ColumnGuess(field, options)
      for (let row = 0; row < cut.rows; row += 1) addCell(guess, { cut, texts, nulls, cell: row * cut.width + at })
      return [field, guess]
    })
    return inferenceOf(guesses, { records: cut.records, bytes: stop - pieces.from + first, whole: final && stop === to })
  } finally {
    await pieces.close()
  }
}

interface CellPlace {
  readonly cut: Tokenizer
  readonly texts: TextCells
  readonly nulls: ReadonlySet<string>
  readonly cell: number
}

function addCell(guess: ColumnGuess, { cut, texts, nulls, cell }: CellPlace): void {
  const mark = cut.marked ? cut.marks[cell] : MARK.PLAIN
  if (mark === MARK.MISSING) return
  const text = texts.text(cut.starts[cell] as number, cut.ends[cell] as number)
  if (nulls.has(text) || nulls.has(text.trim())) return
  guess.add(text, 'cell')
}

const KIND: Readonly<Record<Exclude<Member['kind'], 'null'>, GuessKind>> = {
  string: 'string',
  number: 'number',
  true: 'boolean',
  false: 'boolean',
  nested: 'nested',
}

async function inferJsonLines(sample: Sample, format: JsonLinesFormat): Promise<Inference> {
  const { name } = sample
  const sampleBytes = sample.sampleBytes ?? SAMPLE_BYTES
  const encoding = encodingOf(format.encoding, name)
  const pieces = openJson({ bytes: sample.bytes, name, partBytes: sampleBytes }, format, encoding)
  try {
    await pieces.fill(sampleBytes)
    if (pieces.length >= 3 && pieces.bytes.readUIntBE(pieces.from, 3) === 0xefbbbf) pieces.take(pieces.from + 3)
    const { bytes, from, to, ended } = pieces
    const cut = new LineCutter(ASCII_BREAKS, format.recordBytesMax ?? RECORD_BYTES_MAX).cut(bytes, { from, to, final: ended })
    const texts = new TextCells(encoding)
    texts.open(bytes, from, cut.stop)
    const guesses = new Map<string, ColumnGuess>()
    for (const { start, end, problem } of cut.records) {
      if (problem !== null || start === end) continue
      for (const member of membersOf(texts.text(start, end))) {
        let guess = guesses.get(member.name)
        if (guess === undefined) {
          if (guesses.size === COLUMNS_MAX) throw tooMany(name)
          guess = new ColumnGuess(member.name, { name })
          guesses.set(member.name, guess)
        }
        if (member.kind !== 'null') guess.add(member.text, KIND[member.kind])
      }
    }
    return inferenceOf([...guesses], { records: cut.records.length, bytes: cut.stop, whole: ended && cut.stop === to })
  } finally {
    await pieces.close()
  }
}

/** What is no JSON will be parked, and says nothing about types. */
function membersOf(text: string): readonly Member[] {
  try {
    return readMembers(text)
  } catch (error) {
    if (error instanceof JsonFault) return []
    throw error
  }
}

function tooMany(name: string): MillraceError {
  const problem = `its objects have more than ${COLUMNS_MAX} different members: declare \`columns\``
  return new MillraceError('FILE_FORMAT_INVALID', { details: { name, problem } })
}
