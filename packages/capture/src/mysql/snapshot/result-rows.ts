/** The rows of one SELECT, straight from the socket: borders of cells, no object per row or value. */
import { sourceError } from '../source-error.ts'
import type { SourceAddress } from '../connect.ts'
import { LengthEncoded } from '../wire/length-encoded.ts'
import { PacketReader } from '../wire/packet-reader.ts'
import type { RawConnection } from '../wire/raw-connection.ts'
import { PACKET, readServerError } from '../wire/server-packet.ts'

const NULL_CELL = 0xfb
/** An EOF packet is shorter; a row that begins with the same byte is far longer. */
const END_BYTES_MAX = 9

export interface RowCells {
  buffer: Buffer
  /** Where each cell begins; -1 for NULL. */
  readonly starts: Float64Array
  readonly ends: Float64Array
}

export class ResultRows {
  readonly #raw: RawConnection
  readonly #address: SourceAddress
  readonly #packets = new PacketReader()
  readonly #lengths = new LengthEncoded()

  constructor(raw: RawConnection, address: SourceAddress) {
    this.#raw = raw
    this.#address = address
  }

  /** Runs a SELECT and calls `each` for every row; where it returns a promise, reading waits. Yields how many rows there were. */
  async select(sql: string, columns: number, each: (cells: RowCells, bytes: number) => Promise<void> | null): Promise<number> {
    const packets = this.#packets
    const cells: RowCells = { buffer: packets.buffer, starts: new Float64Array(columns), ends: new Float64Array(columns) }
    this.#raw.query(sql)
    // The count of columns, one packet each, and an end; then rows and an end.
    let before = columns + 2
    let rows = 0
    for (;;) {
      while (packets.next()) {
        const first = packets.buffer[packets.start]
        if (first === PACKET.ERROR)
          throw sourceError(readServerError(packets.buffer, packets.start, packets.end), this.#address, 'connected')
        if (before > 0) {
          before -= 1
          continue
        }
        if (first === PACKET.END && packets.end - packets.start < END_BYTES_MAX) return rows
        this.#locate(cells)
        rows += 1
        const wait = each(cells, packets.end - packets.start)
        if (wait !== null) await wait
      }
      const chunk = await this.#raw.read()
      if (chunk === null) await this.#raw.lost()
      else packets.push(chunk)
    }
  }

  #locate(cells: RowCells): void {
    const { buffer, start } = this.#packets
    const { starts, ends } = cells
    const lengths = this.#lengths
    cells.buffer = buffer
    let at = start
    for (let column = 0; column < starts.length; column += 1) {
      const first = buffer[at] as number
      if (first === NULL_CELL) {
        starts[column] = -1
        at += 1
        continue
      }
      let length = first
      if (first < NULL_CELL) at += 1
      else {
        lengths.at = at
        length = lengths.read(buffer)
        at = lengths.at
      }
      starts[column] = at
      at += length
      ends[column] = at
    }
  }
}
