/** One log file that is being read: what is durable of it (`row`), and where reading is. */
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { readAt } from './log-bytes.ts'
import { HEAD_BYTES, type LogFileRow } from './log-table.ts'
import { type CutterOptions, type LogRecord, RecordCutter } from './record-cutter.ts'

export type CutterLimits = Pick<CutterOptions, 'recordBytesMax' | 'start'>

export class LogTail {
  row: LogFileRow
  cutter: RecordCutter
  /** Held while the file is followed: so that what is written after a rename, or a deletion, is read. */
  file: FileHandle | null = null
  /** As it was seen last. */
  size = 0
  seen = ''
  /** Records that end here or before were there before the first start, and are passed over. */
  passUntil = 0
  lastGrowthMs: number
  /** Since when no pattern names it: it was rotated, or deleted. */
  missingSinceMs: number | null = null
  #head: Uint8Array = new Uint8Array(0)

  constructor(row: LogFileRow, limits: CutterLimits, nowMs: number) {
    this.row = row
    this.cutter = new RecordCutter({ ...limits, at: row.position, sum: row.sum })
    this.lastGrowthMs = nowMs
  }

  get isLive(): boolean {
    return this.file !== null
  }

  async open(path: string): Promise<void> {
    await this.close()
    this.file = await open(path, 'r')
  }

  async close(): Promise<void> {
    const { file } = this
    this.file = null
    await file?.close()
  }

  /** The next bytes; empty at the end of what is there. */
  async read(bytesMax: number): Promise<Uint8Array> {
    if (this.file === null) return new Uint8Array(0)
    const { readAt: position } = this.cutter
    const piece = await readAt(this.file, position, bytesMax)
    this.keepHead(piece)
    if (this.#head.length < Math.min(HEAD_BYTES, position)) this.#head = await readAt(this.file, 0, HEAD_BYTES)
    return piece
  }

  /** What stands at `cutter.readAt`, about to be pushed. */
  keepHead(piece: Uint8Array): void {
    const { readAt: position } = this.cutter
    if (position !== this.#head.length || position >= HEAD_BYTES) return
    this.#head = Buffer.concat([this.#head, piece.subarray(0, HEAD_BYTES - position)])
  }

  /** The record is in the log, or parked, with the next commit. */
  took({ end, sum }: LogRecord): void {
    const head_sum = this.row.position >= HEAD_BYTES ? this.row.head_sum : crc32(this.#head.subarray(0, Math.min(HEAD_BYTES, end)))
    this.row = { ...this.row, position: end, sum, head_sum }
  }
}
