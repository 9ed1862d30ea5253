/**
 * The schemas of the streams that this agent sends to, learnt from the server: by the stream's name once, and
 * by id when the server says that there is a newer one. What was learnt is kept on disk, so that a restart
 * asks only whether it is still so. Events never wait for a schema: until it is known they go as JSON.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pauseMs } from './backoff.ts'
import type { Limits } from './options.ts'
import { readSchemaAnswer, type SchemaAnswer } from './schema-answer.ts'
import type { Answer, Transport } from './transport.ts'

const PATH_SCHEMAS = '/agent/v1/schemas'

export interface SchemaBookOptions {
  readonly transport: Transport
  readonly limits: Limits
  readonly folder: string | null
  readonly onSchema: (schema: SchemaAnswer) => void
  readonly onProblem: (message: string) => void
}

interface Page {
  /** What is known; null before the first answer. */
  schema: SchemaAnswer | null
  /** The id that the server last named, where it is another. */
  wanted: string | null
  isAsking: boolean
}

export class SchemaBook {
  readonly #options: SchemaBookOptions
  readonly #pages = new Map<string, Page>()
  readonly #pauses = new Set<() => void>()
  #closed = false

  constructor(options: SchemaBookOptions) {
    this.#options = options
  }

  known(): Record<string, string> {
    return Object.fromEntries([...this.#pages].flatMap(([stream, { schema }]) => (schema === null ? [] : [[stream, schema.id]])))
  }

  /** A stream is sent to for the first time. */
  open(stream: string): void {
    if (this.#pages.has(stream)) return
    const page: Page = { schema: null, wanted: null, isAsking: false }
    this.#pages.set(stream, page)
    this.#ask(stream, page, this.#options.limits.startJitterMs)
  }

  /** The server named the id under which the stream's schema stands now. */
  hear(stream: string, id: string): void {
    const page = this.#pages.get(stream)
    if (page === undefined || page.schema?.id === id || page.wanted === id) return
    page.wanted = id
    this.#ask(stream, page, this.#options.limits.schemaJitterMs)
  }

  close(): void {
    this.#closed = true
    for (const end of this.#pauses) end()
  }

  #ask(stream: string, page: Page, jitterMs: number): void {
    if (page.isAsking || this.#closed) return
    page.isAsking = true
    this.#learn(stream, page, jitterMs)
      .catch((error: unknown) => this.#options.onProblem(`The schema of ${stream} could not be learnt: ${String(error)}`))
      .finally(() => {
        page.isAsking = false
        if (page.wanted !== null && page.wanted !== page.schema?.id) this.#ask(stream, page, this.#options.limits.schemaJitterMs)
      })
  }

  async #learn(stream: string, page: Page, jitterMs: number): Promise<void> {
    if (page.schema === null) await this.#remember(stream, page)
    await this.#pause(Math.random() * jitterMs)
    const { retryBaseMs: baseMs, retryLimitMs: limitMs } = this.#options.limits
    for (let attempt = 0; !this.#closed; attempt += 1) {
      const answer = await this.#request(stream, page)
      if (answer?.status === 200 && this.#take(stream, page, answer.text)) return
      if (answer?.status === 304) {
        page.wanted = null
        return
      }
      if (answer?.status === 404) {
        // An id may be gone meanwhile: the name tells the newest. A name that is unknown is told once it is not.
        if (page.wanted === null) return
        page.wanted = null
        continue
      }
      await this.#pause(pauseMs(attempt, { baseMs, limitMs, askedMs: answer?.retryAfterMs ?? 0 }))
    }
  }

  async #request(stream: string, { schema, wanted }: Page): Promise<Answer | null> {
    const path = wanted === null ? `${PATH_SCHEMAS}/${stream}` : `${PATH_SCHEMAS}/ids/${wanted}`
    const headers: Record<string, string> = wanted === null && schema !== null ? { 'if-none-match': `"${schema.id}"` } : {}
    try {
      return await this.#options.transport.ask({ method: 'GET', path, headers })
    } catch {
      return null
    }
  }

  #take(stream: string, page: Page, text: string): boolean {
    const schema = readSchemaAnswer(text)
    if (schema === null || schema.stream !== stream) return false
    page.schema = schema
    if (page.wanted === schema.id) page.wanted = null
    this.#options.onSchema(schema)
    void this.#keep(stream, text)
    return true
  }

  async #remember(stream: string, page: Page): Promise<void> {
    const { folder, onSchema } = this.#options
    if (folder === null) return
    const text = await readFile(join(folder, `${stream}.json`), 'utf8').catch(() => '')
    const schema = readSchemaAnswer(text)
    if (schema === null || schema.stream !== stream) return
    page.schema = schema
    onSchema(schema)
  }

  /** Under another name first: a reader finds the old text or the new, never half of one. */
  async #keep(stream: string, text: string): Promise<void> {
    const { folder } = this.#options
    if (folder === null) return
    const path = join(folder, `${stream}.json`)
    const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
    try {
      await mkdir(folder, { recursive: true })
      await writeFile(draft, text)
      await rename(draft, path)
    } catch {
      // It is asked for again after the next start: nothing is lost but one request.
    }
  }

  async #pause(delayMs: number): Promise<void> {
    if (this.#closed) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#pauses.delete(end)
        resolve()
      }
      const timer = setTimeout(end, delayMs).unref()
      this.#pauses.add(end)
    })
  }
}
