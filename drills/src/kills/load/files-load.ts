/**
 * The folder: files of events that come and stay, some compressed; and one file that is the whole table, which is
 * written anew again and again. Files appear under their name when they are whole, as careful writers do it.
 */
import { type Clock, type Random, seededRandom } from '@millrace/base'
import { changeAt, changesWritten, type LogReader, type Value, valueToText } from '@millrace/core'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compareRows } from '../../witness/compare-rows.ts'
import { foldRows } from '../../witness/fold-rows.ts'
import type { Load, LoadVerdict } from './load.ts'

const EVENT_ROWS_MAX = 2000
const PRICE_ROWS = 3000
const PAUSE_MS = 250
const COLUMNS = ['id', 'body', 'amount'] as const
const PACK = [(text: string): Buffer => Buffer.from(text), gzipSync, zstdCompressSync] as const

export class FilesLoad implements Load {
  readonly source = 'inbox'
  readonly #folder: string
  readonly #random: Random
  readonly #clock: Clock
  readonly #events: string[] = []
  #prices: string[] = []
  #files = 0

  constructor({ project, seed, clock }: { project: string; seed: number; clock: Clock }) {
    this.#folder = join(project, 'inbox')
    this.#random = seededRandom(seed)
    this.#clock = clock
    mkdirSync(this.#folder, { recursive: true })
  }

  config(): object {
    const columns = { id: 'int64', body: 'text', amount: 'decimal(12,2)' }
    return {
      kind: 'files',
      from: 'inbox',
      pollMs: 200,
      settleMs: 50,
      streams: {
        events: { files: 'events-*.csv*', format: { type: 'csv', columns } },
        prices: { files: 'prices.csv', format: { type: 'csv', columns }, key: ['id'], rows: 'replace' },
      },
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#files += 1
      if (this.#files % 4 === 0) this.#writePrices()
      else this.#writeEvents()
      await this.#clock.sleep(PAUSE_MS, signal).catch(() => undefined)
    }
  }

  arrived(reader: LogReader): Promise<boolean> {
    const known = new Set(reader.streams().map(({ name }) => name))
    if (!known.has('inbox.events') || !known.has('inbox.prices')) return Promise.resolve(this.#files === 0)
    if (changesWritten(reader, 'inbox.events') < this.#events.length) return Promise.resolve(false)
    const { missing } = compareRows(this.#prices, priceRows(reader))
    return Promise.resolve(missing === 0)
  }

  judge(reader: LogReader): Promise<LoadVerdict> {
    const found = eventRows(reader)
    const events = compareRows(this.#events, found)
    const prices = compareRows(this.#prices, priceRows(reader))
    return Promise.resolve({
      lost: events.missing + prices.missing,
      duplicated: events.extra + prices.extra,
      compared: found.length + changesWritten(reader, 'inbox.prices'),
    })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #writeEvents(): void {
    const rows: string[] = []
    const count = 1 + this.#random.below(EVENT_ROWS_MAX)
    for (let row = 0; row < count; row += 1) rows.push(this.#row(this.#events.length + row))
    const pack = PACK[this.#files % PACK.length] ?? gzipSync
    this.#put(`events-${this.#files}.csv`, pack(fileOf(rows)))
    this.#events.push(...rows)
  }

  /** A third of the rows is gone or other than before. */
  #writePrices(): void {
    const rows: string[] = []
    for (let id = 0; id < PRICE_ROWS; id += 1) if (this.#random.below(10) > 0) rows.push(this.#row(id))
    this.#put('prices.csv', Buffer.from(fileOf(rows)))
    this.#prices = rows
  }

  #row(id: number): string {
    return `${id},body ${this.#random.below(5)},${this.#random.below(1000)}.50`
  }

  #put(name: string, bytes: Buffer): void {
    const part = join(this.#folder, `.${name}.part`)
    writeFileSync(part, bytes)
    renameSync(part, join(this.#folder, name))
  }
}

function fileOf(rows: readonly string[]): string {
  return `${COLUMNS.join()}\n${rows.join('\n')}\n`
}

function eventRows(reader: LogReader): string[] {
  const text = textOf(reader, 'inbox.events')
  const rows: string[] = []
  for (const stored of reader.read('inbox.events')) {
    const batch = stored.batch()
    for (let row = 0; row < batch.count; row += 1) rows.push(text(changeAt(batch, row).after))
  }
  return rows
}

function priceRows(reader: LogReader): string[] {
  return foldRows(reader, 'inbox.prices').map(textOf(reader, 'inbox.prices'))
}

/** As the row stands in its file. */
function textOf(reader: LogReader, stream: string): (cells: readonly (Value | undefined)[]) => string {
  const { columns } = reader.stream(stream).schema
  const places = COLUMNS.map((name) => columns.findIndex((column) => column.name === name))
  return (cells) =>
    places
      .map((at) => {
        const column = columns[at]
        const value = cells[at] ?? null
        return column === undefined || value === null ? '' : valueToText(column.type, value)
      })
      .join(',')
}
