/**
 * The kernels and the memory they work on, one for each thread. Whatever is in the memory is there until the next
 * `open`: who opens reads to the end before anyone else gets a turn.
 */
import { CELL_KERNELS, type CellForm, POWERS } from './cell-kernels.ts'
import { moduleOf } from './assemble.ts'
import { FIND, NEEDLES, STEP_BYTES } from './find-kernel.ts'

const PAGE_BYTES = 65_536
const PLACE_BYTES = Int32Array.BYTES_PER_ELEMENT
const VALUE_BYTES = Float64Array.BYTES_PER_ELEMENT
/** Kernels read beyond a cell's end. */
const SLACK_BYTES = 64

type Run = (...given: number[]) => number

/** What a scanner is opened on: `bytes[from, to)`, and room for places of so many cells. */
export interface Stretch {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly cells: number
}

export class Scanner {
  readonly #memory = new WebAssembly.Memory({ initial: 1 })
  readonly #run: Readonly<Record<CellForm['kind'] | 'find', Run>>
  #from = 0
  #to = 0
  #placesAt = 0
  #valuesAt = 0
  /** Where cells begin and end in the bytes that were opened; their cutter writes them. */
  starts: Int32Array = new Int32Array(0)
  ends: Int32Array = new Int32Array(0)
  /** Where the wanted bytes stand, ascending, and the end of the stretch behind the last. */
  places: Int32Array = new Int32Array(0)

  constructor() {
    const module = new WebAssembly.Module(moduleOf([FIND, ...CELL_KERNELS]))
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } })
    this.#run = exports as unknown as Readonly<Record<CellForm['kind'] | 'find', Run>>
    new Float64Array(this.#memory.buffer).set(POWERS)
  }

  /** Reads the stretch; `wanted` are the bytes whose places are asked for. */
  open({ bytes, from, to, cells }: Stretch, wanted: readonly number[]): void {
    const steps = Math.ceil((to - from + 1) / STEP_BYTES) * STEP_BYTES
    const startsAt = BYTES_AT + steps + SLACK_BYTES
    const endsAt = startsAt + cells * PLACE_BYTES
    this.#placesAt = endsAt + cells * PLACE_BYTES
    // In the worst case each byte is wanted; a step writes beyond what it found.
    const placesBytes = (steps + 2 * STEP_BYTES) * PLACE_BYTES
    this.#valuesAt = Math.ceil((this.#placesAt + placesBytes) / VALUE_BYTES) * VALUE_BYTES
    this.#grow(this.#valuesAt + cells * VALUE_BYTES)
    const { buffer } = this.#memory
    new Uint8Array(buffer, BYTES_AT, to - from).set(bytes.subarray(from, to))
    this.#from = from
    this.#to = to
    this.starts = new Int32Array(buffer, startsAt, cells)
    this.ends = new Int32Array(buffer, endsAt, cells)
    this.places = new Int32Array(buffer, this.#placesAt, steps + 2 * STEP_BYTES)
    this.#find(BYTES_AT + steps, wanted)
  }

  /**
   * Cells of `rows` rows, the first at `first` of `starts` and `ends`, and each `width` further. Calls `odd` with the
   * row of each cell that has not one of the common forms, and keeps what it returns; `odd` may end it all with `null`.
   */
  column(form: CellForm, cells: Cells, odd: (row: number) => number | null): Float64Array | null {
    const { first, width, rows } = cells
    const values = new Float64Array(this.#memory.buffer, this.#valuesAt, rows)
    const run = this.#run[form.kind]
    const shift = BYTES_AT - this.#from
    for (let row = 0; row < rows; row += 1) {
      const at = (first + row * width) * PLACE_BYTES
      const [starts, ends, into] = [this.starts.byteOffset + at, this.ends.byteOffset + at, this.#valuesAt + row * VALUE_BYTES]
      row =
        form.kind === 'numbers'
          ? run(row, rows, starts, ends, width * PLACE_BYTES, shift, into, form.point, form.scale ?? -1, form.lowest, form.highest)
          : run(row, rows, starts, ends, width * PLACE_BYTES, shift, into)
      if (row === rows) break
      const value = odd(row)
      if (value === null) return null
      values[row] = value
    }
    return values
  }

  #find(end: number, wanted: readonly number[]): void {
    const needles = Array.from({ length: NEEDLES }, (_, at) => wanted[at] ?? (wanted[0] as number))
    let count = this.#run.find(BYTES_AT, end, this.#from - BYTES_AT, this.#placesAt, ...needles)
    // Behind the stretch there is what was there before.
    while (count > 0 && (this.places[count - 1] as number) >= this.#to) count -= 1
    this.places[count] = this.#to
  }

  #grow(needed: number): void {
    const missing = needed - this.#memory.buffer.byteLength
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES))
  }
}

export interface Cells {
  readonly first: number
  readonly width: number
  readonly rows: number
}

const BYTES_AT = Math.ceil(POWERS.byteLength / STEP_BYTES) * STEP_BYTES

let shared: Scanner | null = null

/** This thread's. */
export function scanner(): Scanner {
  return (shared ??= new Scanner())
}
