/** Whole numbers of the protocol whose first byte tells their length. */
import { MalformedError } from '../binlog/malformed.ts'
export class LengthEncoded {
  /** Where the reading goes on. */
  at = 0

  /** Raises MalformedError, or RangeError of a buffer, beyond the buffer's end. */
  read(buffer: Buffer): number {
    const first = buffer.readUInt8(this.at)
    this.at += 1
    if (first < 0xfb) return first
    if (first === 0xfc) {
      this.at += 2
      return buffer.readUInt16LE(this.at - 2)
    }
    if (first === 0xfd) {
      this.at += 3
      return buffer.readUIntLE(this.at - 3, 3)
    }
    this.at += 8
    return Number(buffer.readBigUInt64LE(this.at - 8))
  }

  /** A text behind its length. */
  text(buffer: Buffer): string {
    const length = this.read(buffer)
    this.at += length
    if (this.at > buffer.length) throw new MalformedError('the text ends beyond the buffer')
    return buffer.toString('utf8', this.at - length, this.at)
  }
}
