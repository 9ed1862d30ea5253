/** Events that are no rows: names and borders of transactions, statements, files. Offsets are of the body. */
import { zstdDecompressSync } from 'node:zlib'
import { LengthEncoded } from '../wire/length-encoded.ts'
import { inflate } from './rows-event.ts'
import { MalformedError } from './malformed.ts'

export interface GroupStart {
  readonly gtid: string
  readonly timeMicros: number
  /** Known at once in MariaDB; null in MySQL, where the first statement tells. */
  readonly isStandalone: boolean | null
  /** The name of the transaction that this group only prepares, where MariaDB tells it at once. */
  readonly preparing: string | null
}

const STANDALONE = 1
const GROUP_COMMIT = 2
const PREPARED_XA = 64
/** The commit time takes 55 bits; the 56th says that the original one follows. */
const TIME_MASK = 0x7f_ff_ff_ff_ff_ff_ffn

export function readMariadbGtid(body: Buffer, { serverId, seconds }: { serverId: number; seconds: number }): GroupStart {
  const flags = body.readUInt8(12)
  return {
    gtid: `${body.readUInt32LE(8)}-${serverId}-${body.readBigUInt64LE(0)}`,
    timeMicros: seconds * 1_000_000,
    isStandalone: (flags & STANDALONE) !== 0,
    preparing: (flags & PREPARED_XA) === 0 ? null : readPreparing(body, (flags & GROUP_COMMIT) === 0 ? 13 : 21),
  }
}

/** Flags, the server's identifier, the number; then, since MySQL 8, the time of the commit in microseconds. */
export function readMysqlGtid(body: Buffer, seconds: number): GroupStart {
  const hex = body.toString('hex', 1, 17)
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  const timeMicros = body.length >= 50 ? Number(body.readBigUInt64LE(42) & TIME_MASK) : 0
  return {
    gtid: `${uuid}:${body.readBigUInt64LE(17)}`,
    timeMicros: timeMicros > 0 ? timeMicros : seconds * 1_000_000,
    isStandalone: null,
    preparing: null,
  }
}

export interface QueryEvent {
  readonly database: string
  readonly sql: string
  /** A value that does not fit was refused rather than changed. */
  readonly isStrict: boolean
}

const STATUS = { FLAGS: 0, SQL_MODE: 1 } as const
const FLAGS_BYTES = 4
/** STRICT_TRANS_TABLES and STRICT_ALL_TABLES. */
const STRICT = 0x60_00_00

export function readQuery(body: Buffer, isCompressed: boolean): QueryEvent {
  const databaseLength = body.readUInt8(8)
  const databaseStart = 13 + body.readUInt16LE(11)
  const sqlStart = databaseStart + databaseLength + 1
  if (sqlStart > body.length) throw new MalformedError('the statement begins beyond the event')
  const text = body.subarray(sqlStart)
  return {
    database: body.toString('utf8', databaseStart, databaseStart + databaseLength),
    sql: (isCompressed ? inflate(text) : text).toString('utf8'),
    isStrict: (readSqlMode(body.subarray(13, databaseStart)) & STRICT) !== 0,
  }
}

/** The lower half of the session's mode, which servers write first, or behind the flags; 0 where they do not. */
function readSqlMode(status: Buffer): number {
  const at = status[0] === STATUS.FLAGS ? 1 + FLAGS_BYTES : 0
  return status[at] === STATUS.SQL_MODE && status.length >= at + 9 ? status.readUInt32LE(at + 1) : 0
}

function readPreparing(body: Buffer, at: number): string {
  const [format, first, second] = [body.readInt32LE(at), body.readUInt8(at + 4), body.readUInt8(at + 5)]
  return xaName(body, { format, first, second, at: at + 6 })
}

/** Written as servers write it in the statement that ends the transaction. */
function xaName(body: Buffer, { format, first, second, at }: { format: number; first: number; second: number; at: number }): string {
  if (at + first + second > body.length) throw new MalformedError('the name ends beyond the event')
  return `X'${body.toString('hex', at, at + first)}',X'${body.toString('hex', at + first, at + first + second)}',${format}`
}

export function readXaName(body: Buffer): { name: string; isOnePhase: boolean } {
  const [format, first, second] = [body.readInt32LE(1), body.readUInt32LE(5), body.readUInt32LE(9)]
  return { name: xaName(body, { format, first, second, at: 13 }), isOnePhase: body.readUInt8(0) === 1 }
}

const PAYLOAD = { END: 0, COMPRESSION: 2, SIZE: 3 } as const
const ZSTD = 0
const UNCOMPRESSED = 255
/** A transaction that takes more than this in memory at once is refused. */
export const PAYLOAD_BYTES_MAX = 268_435_456

/** The events of a transaction that MySQL compressed as a whole; they have no checksums of their own. */
export function readPayload(body: Buffer): Buffer {
  const reader = new LengthEncoded()
  let compression = UNCOMPRESSED
  let size = 0
  for (;;) {
    const field = reader.read(body)
    if (field === PAYLOAD.END) break
    const length = reader.read(body)
    const next = reader.at + length
    if (field === PAYLOAD.COMPRESSION) compression = reader.read(body)
    else if (field === PAYLOAD.SIZE) size = reader.read(body)
    reader.at = next
  }
  const payload = body.subarray(reader.at)
  if (compression === UNCOMPRESSED) return payload
  if (compression !== ZSTD) throw new MalformedError(`a transaction is compressed in a way that is not known here (${compression})`)
  if (size > PAYLOAD_BYTES_MAX)
    throw new MalformedError(`a compressed transaction of ${size} bytes is larger than the ${PAYLOAD_BYTES_MAX} that are held at once`)
  return zstdDecompressSync(payload, { maxOutputLength: PAYLOAD_BYTES_MAX })
}
