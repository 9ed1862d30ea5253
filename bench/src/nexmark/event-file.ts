/** The one file of events that every engine reads: a line an event, its kind, then its values, with commas between. */
import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { BatchBuilder, type Batch, type Value } from '@millrace/core'
import { type GeneratorOptions, nexmarkEvents } from './generator.ts'
import { type Kind, KINDS, TABLES } from './tables.ts'

const LINES_AT_ONCE = 4096

export async function writeEvents(path: string, options: GeneratorOptions): Promise<void> {
  const file = createWriteStream(path)
  let lines: string[] = []
  for (const { kind, values } of nexmarkEvents(options)) {
    lines.push(`${kind},${values.join(',')}\n`)
    if (lines.length < LINES_AT_ONCE) continue
    if (!file.write(lines.join(''))) await once(file, 'drain')
    lines = []
  }
  file.end(lines.join(''))
  await finished(file)
}

/** As many events of the file as go into one commit, by kind. */
export type Portion = ReadonlyMap<Kind, readonly (readonly Value[])[]>

/** The rows of the kinds that are asked for; a portion counts all events, read or not. The side input comes first, by itself. */
export async function* readEvents(path: string, kinds: ReadonlySet<Kind>, portionEvents: number): AsyncGenerator<Portion> {
  let portion = new Map<Kind, Value[][]>()
  let events = 0
  let isSide = true
  for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 1 << 20 }) })) {
    const kind = kindOf(line)
    if (isSide && kind !== 'side_input') {
      isSide = false
      if (portion.size > 0) yield portion
      portion = new Map()
      events = 0
    }
    events += 1
    if (kinds.has(kind)) {
      const rows = portion.get(kind)
      const row = rowOf(line, kind)
      if (rows === undefined) portion.set(kind, [row])
      else rows.push(row)
    }
    if (!isSide && events === portionEvents) {
      yield portion
      portion = new Map()
      events = 0
    }
  }
  if (portion.size > 0) yield portion
}

export function batchOf(kind: Kind, rows: readonly (readonly Value[])[], transaction: number): Batch {
  const builder = new BatchBuilder(TABLES[kind].schema)
  for (const [index, row] of rows.entries()) builder.push('insert', { transaction, index, time: transaction * 1000 }, row)
  return builder.finish()
}

function kindOf(line: string): Kind {
  const letter = line[0]
  return KINDS.find((kind) => kind[0] === letter) as Kind
}

function rowOf(line: string, kind: Kind): Value[] {
  const cells = line.split(',')
  return TABLES[kind].schema.columns.map(({ type }, at) => (type.kind === 'text' ? (cells[at + 1] as string) : Number(cells[at + 1])))
}
