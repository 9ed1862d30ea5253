/**
 * Questions that come in one by one and are answered several at a time, where an answer costs less for each the
 * more are asked at once. Each lane answers one lot at a time; what is asked meanwhile waits for the next.
 */
import { assert } from '@millrace/base'

export interface Answering<Question, Answer, Lane> {
  readonly lanes: readonly Lane[]
  /** The most questions of one lot. */
  readonly atOnce: number
  /** Larger lots than of this size are of one question. */
  readonly size?: { readonly of: (question: Question) => number; readonly limit: number }
  /**
   * As many answers as questions, in their order. If it fails, so does each question of the lot. Each is only read when
   * the lane has its next lot, and nothing but what comes of it is kept: whoever waits may have grown old, and what it was
   * once told then stays until all of the heap is collected.
   */
  readonly answer: (lane: Lane, questions: readonly Question[]) => Promise<readonly (() => Answer)[]>
}

interface Asked<Question, Answer> {
  readonly question: Question
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

export class AskedTogether<Question, Answer, Lane> {
  readonly #answering: Answering<Question, Answer, Lane>
  readonly #idle: Lane[]
  #waiting: Asked<Question, Answer>[] = []
  #isDue = false

  constructor(answering: Answering<Question, Answer, Lane>) {
    this.#answering = answering
    this.#idle = [...answering.lanes]
  }

  ask(question: Question): Promise<Answer> {
    assert(this.#answering.lanes.length > 0, 'there is somebody to answer')
    const answered = Promise.withResolvers<Answer>()
    this.#waiting.push({ question, ...answered })
    this.#whenAllAsked()
    return answered.promise
  }

  /** What is asked in one turn of the event loop is asked together. */
  #whenAllAsked(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      const count = this.#countOfLot()
      const lot = this.#waiting.slice(0, count)
      this.#waiting = this.#waiting.slice(count)
      void this.#answer(this.#idle.pop() as Lane, lot)
    }
  }

  #countOfLot(): number {
    const { atOnce, size } = this.#answering
    // Lanes share what waits, rather than that one has all of it.
    const most = Math.min(atOnce, Math.ceil(this.#waiting.length / this.#idle.length))
    if (size === undefined) return most
    let sum = 0
    const end = this.#waiting.slice(0, most).findIndex(({ question }) => (sum += size.of(question)) > size.limit)
    return end === -1 ? most : Math.max(1, end)
  }

  async #answer(lane: Lane, lot: readonly Asked<Question, Answer>[]): Promise<void> {
    try {
      const questions = lot.map(({ question }) => question)
      this.#tell(lane, lot, await this.#answering.answer(lane, questions))
    } catch (error) {
      for (const { reject } of lot) reject(error)
      this.#next(lane)
    }
  }

  #tell(lane: Lane, lot: readonly Asked<Question, Answer>[], answers: readonly (() => Answer)[]): void {
    assert(answers.length === lot.length, 'each question has an answer')
    this.#next(lane)
    for (const [at, read] of answers.entries()) {
      const { resolve, reject } = lot[at] as Asked<Question, Answer>
      try {
        resolve(read())
      } catch (error) {
        reject(error)
      }
    }
  }

  #next(lane: Lane): void {
    this.#idle.push(lane)
    this.#dispatch()
  }
}
