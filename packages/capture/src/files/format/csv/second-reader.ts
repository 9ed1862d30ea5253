/**
 * A second thread that reads CSV, one for all files of this process. It begins with the first long file and ends
 * when none has been open for a while. Nobody depends on it: who gets no answer reads the bytes himself.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { arrivedPiece, type CarriedPiece } from './carried-piece.ts'
import type { PieceOrder, ReadPiece } from './piece-reader.ts'

export type ThreadOrder =
  | { readonly kind: 'open'; readonly reader: number; readonly order: PieceOrder }
  | { readonly kind: 'read'; readonly reader: number; readonly bytes: Uint8Array; readonly length: number }
  | { readonly kind: 'close'; readonly reader: number }

const IDLE_MS = 30_000

class PieceThread {
  readonly #worker: Worker
  readonly #waiting: ((piece: ReadPiece | null) => void)[] = []
  readonly #open = new Set<number>()
  #lastId = 0
  #isLost = false
  #idle: NodeJS.Timeout | null = null

  constructor() {
    this.#worker = new Worker(new URL('./piece-thread.ts', import.meta.url), {
      name: 'millrace csv',
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.unref()
    this.#worker.on('message', (piece: CarriedPiece) => this.#answer(arrivedPiece(piece)))
    this.#worker.on('error', () => this.#lost())
    this.#worker.on('exit', () => this.#lost())
  }

  open(order: PieceOrder): number {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
    this.#lastId += 1
    this.#open.add(this.#lastId)
    this.#send({ kind: 'open', reader: this.#lastId, order })
    return this.#lastId
  }

  /** Null if the thread is lost. */
  read(reader: number, stretch: Buffer): Promise<ReadPiece | null> {
    if (this.#isLost) return Promise.resolve(null)
    // The tokenizer wants room for one byte more. Of a smaller buffer the memory would not be its own.
    const bytes = Buffer.allocUnsafeSlow(stretch.length + 1)
    stretch.copy(bytes)
    this.#worker.ref()
    const answer = new Promise<ReadPiece | null>((resolve) => this.#waiting.push(resolve))
    this.#send({ kind: 'read', reader, bytes, length: stretch.length }, [bytes.buffer])
    return answer
  }

  close(reader: number): void {
    this.#send({ kind: 'close', reader })
    this.#open.delete(reader)
    if (this.#open.size > 0 || this.#isLost) return
    this.#idle = setTimeout(() => {
      this.#lost()
      void this.#worker.terminate()
    }, IDLE_MS)
    this.#idle.unref()
  }

  #send(order: ThreadOrder, memory: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(order, memory)
  }

  #answer(piece: ReadPiece | null): void {
    this.#waiting.shift()?.(piece)
    if (this.#waiting.length === 0) this.#worker.unref()
  }

  #lost(): void {
    this.#isLost = true
    if (thread === this) thread = null
    while (this.#waiting.length > 0) this.#answer(null)
  }
}

let thread: PieceThread | null = null

/** One file's reader in the second thread. */
export class SecondReader {
  readonly #thread: PieceThread
  readonly #id: number

  constructor(order: PieceOrder) {
    this.#thread = thread ??= new PieceThread()
    this.#id = this.#thread.open(order)
  }

  /** False on a machine with one processor. */
  static isWorthwhile(): boolean {
    return availableParallelism() > 1
  }

  read(stretch: Buffer): Promise<ReadPiece | null> {
    return this.#thread.read(this.#id, stretch)
  }

  close(): void {
    this.#thread.close(this.#id)
  }
}
