/** Whole numbers that no double holds, of the few slots that have one. */
import { type Lane } from '@millrace/sql'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'

/** What V8 takes for an entry of a Map and its bigint of a few words. */
const ENTRY_BYTES = 96

export function wideBytes(numbers: ReadonlyMap<number, bigint>): number {
  return numbers.size * ENTRY_BYTES
}

/** As text: a sum of doubles has thousands of bits. */
export function putWide(writer: LaneWriter, numbers: ReadonlyMap<number, bigint>, slots: Int32Array): void {
  const found = numbers.size === 0 ? [] : [...slots.keys()].filter((at) => numbers.has(slots[at] as number))
  const places: Lane = { layout: 'integer', values: Float64Array.from(found), nulls: null }
  const texts = found.map((at) => (numbers.get(slots[at] as number) as bigint).toString(16))
  writer.put(found.length, [places, { layout: 'text', values: texts, nulls: null }])
}

export function takeWide(reader: LaneReader, numbers: Map<number, bigint>, slots: Int32Array): void {
  const { count, lanes } = reader.take()
  const [places, texts] = lanes as readonly [Lane, Lane]
  for (let at = 0; at < count; at += 1) numbers.set(slots[places.values[at] as number] as number, fromHex(texts.values[at] as string))
}

function fromHex(text: string): bigint {
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
}
