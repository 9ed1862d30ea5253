/** What was set aside, for people: read, mended, replayed or let go; in the running process or beside a stopped one. */
import {
  acceptTable,
  countParked,
  findParked,
  type KeptRecord,
  listParked,
  type ParkedTable,
  parkedTables,
  type ParkingLot,
} from '@millrace/capture'
import type { LogReader, LogWriter } from '@millrace/core'
import type { ParkedDetail, ParkedPage, ParkedReplayed, ParkedRequest, ParkedSummary, ParkedTableState, Row } from '@millrace/serve'

export interface ParkedDeskOptions {
  readonly reader: LogReader
  readonly writer: LogWriter
  /** The lot that the source itself asks, where it runs: what is replayed is let through there at once. */
  readonly lotOf: (source: string) => ParkingLot
}

export class ParkedDesk {
  readonly #options: ParkedDeskOptions

  constructor(options: ParkedDeskOptions) {
    this.#options = options
  }

  page(request: ParkedRequest): ParkedPage {
    return parkedPage(this.#options.reader, request)
  }

  detail(id: string): ParkedDetail {
    return detailOf(findParked(this.#options.reader, id))
  }

  async fix(id: string, row: Row): Promise<ParkedDetail> {
    await this.#lot(id).fix(this.#options.writer, id, row)
    return this.detail(id)
  }

  replay(id: string): Promise<ParkedReplayed> {
    return this.#lot(id).replay(this.#options.writer, id)
  }

  async accept(stream: string): Promise<ParkedTableState> {
    const { reader, writer } = this.#options
    return tableState(await acceptTable({ reader, writer, source: sourceOf(stream), stream }))
  }

  async drop(id: string): Promise<ParkedDetail> {
    await this.#lot(id).drop(this.#options.writer, id)
    return this.detail(id)
  }

  #lot(id: string): ParkingLot {
    return this.#options.lotOf(findParked(this.#options.reader, id).source)
  }
}

export function parkedPage(reader: LogReader, { source, stream, status, after, limit }: ParkedRequest): ParkedPage {
  const records = listParked(reader, {
    status,
    limit,
    ...(source === null ? {} : { source }),
    ...(stream === null ? {} : { stream }),
    ...(after === null ? {} : { after: findParked(reader, after) }),
  })
  const sources = source === null ? reader.streams().map(({ name }) => sourceOf(name)) : [source]
  const tables = [...new Set(sources)].flatMap((each) => parkedTables(reader, each))
  return {
    counts: countParked(reader),
    tables: tables.map(tableState),
    records: records.map(summaryOf),
    cursor: records.length < limit ? null : (records.at(-1)?.id ?? null),
  }
}

function tableState({ source, stream, what, sinceMs, accepted }: ParkedTable): ParkedTableState {
  return { source, stream, what, sinceMs, accepted }
}

/** `shop.orders` is of the source `shop`. */
function sourceOf(stream: string): string {
  return stream.split('.')[0] ?? ''
}

export function summaryOf(record: KeptRecord): ParkedSummary {
  const { id, source, stream, operation, key, place, code, reason, status, parkedMs, settledMs } = record
  return { id, source, stream, operation, key, place, code, reason, status, parkedMs, settledMs }
}

export function detailOf(record: KeptRecord): ParkedDetail {
  return { ...summaryOf(record), row: record.row, before: record.before, raw: textOrHex(record.raw) }
}

function textOrHex(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // Control characters would move the cursor of whoever prints it.
    if (!/[^\P{Cc}\t\n]/u.test(text)) return text
  } catch {
    // Not text: told in hex.
  }
  return `\\x${Buffer.from(bytes).toString('hex')}`
}
