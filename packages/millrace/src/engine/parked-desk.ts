/** What was set aside, for people: read, mended, replayed or let go; in the running process or beside a stopped one. */
import { countParked, findParked, type KeptRecord, listParked, type ParkingLot } from '@millrace/capture'
import type { LogReader, LogWriter } from '@millrace/core'
import type { ParkedDetail, ParkedPage, ParkedReplayed, ParkedRequest, ParkedSummary, Row } from '@millrace/serve'

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
  return {
    counts: countParked(reader),
    records: records.map(summaryOf),
    cursor: records.length < limit ? null : (records.at(-1)?.id ?? null),
  }
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
