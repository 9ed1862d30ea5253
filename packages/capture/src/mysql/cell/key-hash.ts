/** A hash over a key's values, the same whether they came by the snapshot or by the stream. */
import type { CellSink } from './cell-sink.ts'

const BASIS = 0x81_1c_9d_c5
const PRIME = 0x01_00_01_93

export class KeyHash implements CellSink {
  #hash = BASIS

  reset(): void {
    this.#hash = BASIS
  }

  get value(): number {
    return this.#hash >>> 0
  }

  pushNumber(value: number): void {
    this.pushText(String(value))
  }

  pushWhole(value: number | bigint): void {
    this.pushText(String(value))
  }

  pushBoolean(value: boolean): void {
    this.#add(value ? 1 : 0)
  }

  pushText(value: string): void {
    for (let at = 0; at < value.length; at += 1) this.#add(value.charCodeAt(at))
    this.#add(0xff)
  }

  pushBytes(value: Uint8Array): void {
    for (const byte of value) this.#add(byte)
    this.#add(0xff)
  }

  pushCell(cell: number): void {
    this.#add(cell)
  }

  #add(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, PRIME)
  }
}
