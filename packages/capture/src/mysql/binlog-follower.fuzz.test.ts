import { MillraceError } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EVENT } from './binlog/event-type.ts'
import { isMalformed } from './binlog/malformed.ts'
import { readStatement } from './binlog/statement.ts'
import { readTableMap } from './binlog/table-map.ts'
import { jsonText } from './cell/json-binary.ts'
import { event, int, mariadbGtid, row, rowsEvent, tableMap } from './fixtures/binlog-events.ts'
import { openEventBench } from './fixtures/event-bench.ts'
import { IncompleteGroup } from './incomplete-group.ts'
import { PacketReader } from './wire/packet-reader.ts'

const TYPES = Object.values(EVENT)

/** What damaged bytes may raise: a code for an operator, never an assertion or a TypeError. */
function expectKnown(error: unknown): void {
  expect(error instanceof MillraceError || error instanceof IncompleteGroup, String(error)).toBe(true)
}

test('no bytes within an event of right checksum make anything but a coded error', async () => {
  const bodies = [mariadbGtid(1), tableMap('d', 'item'), rowsEvent([row(1n, 'abc', int(5, 4)), row(2n, null, null)])]
  const damage = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...TYPES), fc.nat(2), damage, fc.nat(60)), { minLength: 1, maxLength: 6 }),
      async (events) => {
        const bench = openEventBench('mariadb')
        await bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(1)))
        await bench.take(event(EVENT.TABLE_MAP, tableMap('d', 'item')))
        for (const [type, which, bytes, cut] of events) {
          const body = Buffer.from(bodies[which] as Buffer).subarray(0, -cut || undefined)
          for (const [at, value] of bytes) if (at < body.length) body[at] = value
          try {
            await bench.take(event(type, body))
          } catch (error) {
            expectKnown(error)
            return
          }
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('rows cut at any byte raise a coded error or are whole', async () => {
  const whole = rowsEvent([row(1n, 'a long enough name', int(5, 4))])
  for (let length = 8; length < whole.length; length += 1) {
    const bench = openEventBench('mariadb')
    await bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(1)))
    await bench.take(event(EVENT.TABLE_MAP, tableMap('d', 'item')))
    const cut = event(EVENT.WRITE_ROWS, whole.subarray(0, length))
    // Cut right behind its bitmaps, an event has no rows; anywhere else it is damaged.
    if (length === 12) await bench.take(cut)
    else await expect(async () => bench.take(cut)).rejects.toMatchObject({ code: 'CAPTURE_BINLOG_UNREADABLE' })
  }
})

test('packets come out the same however the bytes were cut', () => {
  const packet = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (packets, cuts) => {
      const bytes = Buffer.concat(packets.map((body, at) => Buffer.concat([int(body.length, 3), Buffer.from([at & 255]), body])))
      const reader = new PacketReader()
      const seen: Buffer[] = []
      for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
        const length = cuts[cut % cuts.length] as number
        reader.push(Buffer.from(bytes.subarray(at, at + length)))
        at += length
        while (reader.next()) seen.push(Buffer.from(reader.buffer.subarray(reader.start, reader.end)))
      }
      expect(seen.map((body) => body.toString('hex'))).toEqual(packets.map((body) => Buffer.from(body).toString('hex')))
    }),
  )
})

test('a packet of more than 16 MB is put together from its pieces', () => {
  const body = Buffer.alloc(0xff_ff_ff + 5, 7)
  const bytes = Buffer.concat([
    int(0xff_ff_ff, 3),
    Buffer.from([0]),
    body.subarray(0, 0xff_ff_ff),
    int(5, 3),
    Buffer.from([1]),
    body.subarray(0xff_ff_ff),
    int(1, 3),
    Buffer.from([2, 9]),
  ])
  const reader = new PacketReader()
  const seen: number[] = []
  for (let at = 0; at < bytes.length; at += 1_000_000) {
    reader.push(bytes.subarray(at, at + 1_000_000))
    while (reader.next()) seen.push(reader.end - reader.start)
  }
  expect(seen).toEqual([body.length, 1])
})

test('the shape of a table, JSON and statements are read or refused, whatever the bytes', () => {
  const isRange = (error: unknown): void => {
    expect(isMalformed(error), String(error)).toBe(true)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(100), fc.nat(255), (bytes, at, value) => {
      for (const read of [() => readTableMap(Buffer.from(bytes), 'mysql'), () => jsonText(Buffer.from(bytes))]) {
        try {
          read()
        } catch (error) {
          isRange(error)
        }
      }
      const map = Buffer.from(tableMap('d', 'item')).subarray(6)
      map[at % map.length] = value
      try {
        readTableMap(map, 'mariadb')
      } catch (error) {
        isRange(error)
      }
      expect(readStatement(Buffer.from(bytes).toString('latin1')).kind).toBeTypeOf('string')
    }),
    { numRuns: 3000 },
  )
})
