/** The second thread: reads the stretches that it is sent, in their order. */
import { assert } from '@millrace/base'
import { parentPort } from 'node:worker_threads'
import { carriedPiece } from './carried-piece.ts'
import { PieceReader } from './piece-reader.ts'
import type { ThreadOrder } from './second-reader.ts'

assert(parentPort !== null, 'this is a thread')
const port = parentPort
const readers = new Map<number, PieceReader>()

port.on('message', (order: ThreadOrder) => {
  if (order.kind === 'open') return readers.set(order.reader, new PieceReader(order.order))
  if (order.kind === 'close') return readers.delete(order.reader)
  const reader = readers.get(order.reader)
  assert(reader !== undefined, 'a reader is opened before it is sent anything')
  const bytes = Buffer.from(order.bytes.buffer, order.bytes.byteOffset, order.bytes.byteLength)
  const { carried, memory } = carriedPiece(reader.read(bytes, { from: 0, to: order.length, final: false }))
  return port.postMessage(carried, memory)
})
