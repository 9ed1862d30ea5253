/** Takes the header off an event and proves its checksum; leaves what is in it in fields, without an object per event. */
import { crc32 } from 'node:zlib'
import { MillraceError } from '@millrace/base'
import { CHECKSUM_BYTES, EVENT, HEADER_BYTES } from './event-type.ts'

const CRC32 = 1

export class EventReader {
  readonly #source: string
  /** Whether events carry a checksum; the format description of each file tells. */
  #isChecked: boolean
  buffer: Buffer = Buffer.alloc(0)
  type = 0
  /** When the event was made, in whole seconds since 1970. */
  seconds = 0
  serverId = 0
  /** Where the next event begins in its file; 0 in events that are in none. */
  nextPosition = 0
  /** The body, without checksum. */
  start = 0
  end = 0

  constructor(source: string, isChecked: boolean) {
    this.#source = source
    this.#isChecked = isChecked
  }

  /** Raises CAPTURE_BINLOG_DAMAGED. */
  read(buffer: Buffer, start: number, end: number): void {
    if (end - start < HEADER_BYTES || buffer.readUInt32LE(start + 9) !== end - start)
      throw this.#damaged('an event has another length than it tells')
    this.buffer = buffer
    this.seconds = buffer.readUInt32LE(start)
    this.type = buffer[start + 4] as number
    this.serverId = buffer.readUInt32LE(start + 5)
    this.nextPosition = buffer.readUInt32LE(start + 13)
    this.start = start + HEADER_BYTES
    this.end = end
    if (this.type === EVENT.FORMAT_DESCRIPTION)
      this.#isChecked = end - this.start > CHECKSUM_BYTES && buffer[end - CHECKSUM_BYTES - 1] === CRC32
    if (!this.#isChecked) return
    this.end = end - CHECKSUM_BYTES
    if (this.end < this.start || crc32(buffer.subarray(start, this.end)) !== buffer.readUInt32LE(this.end)) {
      throw this.#damaged('the checksum of an event does not match')
    }
  }

  /** An event within a compressed transaction: its own length, no checksum. */
  readInner(buffer: Buffer, start: number): number {
    const end = start + (start + HEADER_BYTES <= buffer.length ? buffer.readUInt32LE(start + 9) : 0)
    if (end <= start || end > buffer.length) throw this.#damaged('an event of a compressed transaction has no plausible length')
    this.buffer = buffer
    this.seconds = buffer.readUInt32LE(start)
    this.type = buffer[start + 4] as number
    this.start = start + HEADER_BYTES
    this.end = end
    return end
  }

  get body(): Buffer {
    return this.buffer.subarray(this.start, this.end)
  }

  #damaged(what: string): MillraceError {
    return new MillraceError('CAPTURE_BINLOG_DAMAGED', { details: { source: this.#source, what } })
  }
}
