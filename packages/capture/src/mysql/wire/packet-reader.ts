/**
 * Cuts the bytes of a connection into packets, without an object per packet: `next` moves over the packet
 * and leaves its borders in fields. A packet longer than 16 MB comes in pieces and is put together here.
 */
import { assert } from '@millrace/base'

/** max_allowed_packet allows no more than 1 GiB; an event adds a little. */
const PACKET_BYTES_MAX = 1_100_000_000
const HEADER_BYTES = 4
/** A piece of this length is followed by another one of the same packet. */
const PIECE_BYTES = 0xff_ff_ff

export class PacketReader {
  buffer: Buffer = Buffer.alloc(0)
  /** Where the packet's body lies in `buffer`. */
  start = 0
  end = 0
  /** The sequence number of the packet's last piece. */
  sequence = 0
  #next = 0
  /** Chunks that together do not yet hold one whole packet. */
  #held: Buffer[] = []
  #heldBytes = 0
  #neededBytes = 0
  /** What follows a packet that was put together. */
  #after: Buffer | null = null

  /** Takes the next bytes. All whole packets before must have been read, else they would be forgotten. */
  push(chunk: Buffer): void {
    if (this.#heldBytes === 0 && this.#next === this.buffer.length) return this.#set(chunk)
    if (this.#heldBytes === 0) this.#hold(this.buffer.subarray(this.#next))
    this.#hold(chunk)
    if (this.#heldBytes < this.#neededBytes) return this.#set(Buffer.alloc(0))
    const whole = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#set(whole)
  }

  /** Moves to the next whole packet; false where more bytes are needed. */
  next(): boolean {
    if (this.#heldBytes > 0) return false
    if (this.#after !== null) {
      this.#set(this.#after)
      this.#after = null
    }
    const at = this.#next
    const left = this.buffer.length - at
    if (left < HEADER_BYTES) return this.#need(HEADER_BYTES)
    const length = lengthAt(this.buffer, at)
    if (length === PIECE_BYTES) return this.#joined()
    if (left < length + HEADER_BYTES) return this.#need(length + HEADER_BYTES)
    this.sequence = this.buffer[at + 3] as number
    this.start = at + HEADER_BYTES
    this.end = this.start + length
    this.#next = this.end
    return true
  }

  #joined(): boolean {
    const pieces: Buffer[] = []
    let at = this.#next
    for (let total = 0; ;) {
      if (this.buffer.length - at < HEADER_BYTES) return this.#need(at - this.#next + HEADER_BYTES)
      const length = lengthAt(this.buffer, at)
      if (this.buffer.length - at < length + HEADER_BYTES) return this.#need(at - this.#next + length + HEADER_BYTES)
      this.sequence = this.buffer[at + 3] as number
      pieces.push(this.buffer.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length))
      at += HEADER_BYTES + length
      total += length
      assert(total <= PACKET_BYTES_MAX, 'a packet has a plausible length')
      if (length < PIECE_BYTES) break
    }
    this.#after = this.buffer.subarray(at)
    this.buffer = Buffer.concat(pieces)
    this.start = 0
    this.end = this.buffer.length
    this.#next = this.end
    return true
  }

  #need(bytes: number): boolean {
    this.#neededBytes = bytes
    return false
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
  }

  #set(buffer: Buffer): void {
    this.buffer = buffer
    this.#next = 0
  }
}

function lengthAt(buffer: Buffer, at: number): number {
  return (buffer[at] as number) | ((buffer[at + 1] as number) << 8) | ((buffer[at + 2] as number) << 16)
}
