/**
 * DuckDB as a function that answers at once: an operator's step is synchronous, DuckDB's client is not.
 * A thread of its own, one for each thread that asks, evaluates while the asking one waits.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { EvaluationAnswer, EvaluationRequest, EvaluatorOptions } from './protocol.ts'

/** Far beyond any batch: what takes longer is stuck. */
const WAIT_MS_LIMIT = 120_000

const CLOSE_MS_LIMIT = 5000

class Evaluator {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #signal = new Int32Array(new SharedArrayBuffer(4))

  constructor() {
    const { port1, port2 } = new MessageChannel()
    const workerData: EvaluatorOptions = { port: port2, signal: this.#signal }
    this.#worker = new Worker(new URL('./evaluator-thread.ts', import.meta.url), {
      workerData,
      transferList: [port2],
      name: 'millrace evaluator',
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#port = port1
    this.#worker.unref()
    port1.unref()
    process.once('exit', this.#close)
  }

  /** A thread that ends with an open DuckDB may take the process down with it. */
  readonly #close = (): void => {
    process.removeListener('exit', this.#close)
    Atomics.store(this.#signal, 0, 0)
    this.#port.postMessage('close', [])
    Atomics.wait(this.#signal, 0, 0, CLOSE_MS_LIMIT)
  }

  /** Null where no answer came in time; the evaluator is then of no further use. */
  ask(request: EvaluationRequest): EvaluationAnswer | null {
    Atomics.store(this.#signal, 0, 0)
    this.#port.postMessage(request, [request.bytes.buffer])
    Atomics.wait(this.#signal, 0, 0, WAIT_MS_LIMIT)
    const answer = receiveMessageOnPort(this.#port)
    if (answer !== undefined) return answer.message as EvaluationAnswer
    process.removeListener('exit', this.#close)
    void this.#worker.terminate()
    return null
  }
}

let evaluator: Evaluator | null = null

/** Evaluates one expression over all rows, and waits for the result. */
export function evaluateInDuckdb(request: EvaluationRequest): EvaluationAnswer {
  evaluator ??= new Evaluator()
  const answer = evaluator.ask(request)
  if (answer !== null) return answer
  evaluator = null
  return { problem: `DuckDB did not answer within ${WAIT_MS_LIMIT / 1000} s` }
}
