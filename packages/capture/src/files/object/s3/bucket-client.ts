/** Signed requests to one bucket, through the door (law 10), tried again while it is not the bucket's answer that they fail by. */
import { backoffMs, type Clock, describeError, MillraceError, type Random } from '@millrace/base'
import type { BucketCredentials } from '@millrace/core'
import type { Door, DoorStream } from '@millrace/guard'
import type { BucketAddress } from './bucket-address.ts'
import { readWhole } from './read-whole.ts'
import { signed } from './sign.ts'
import { textsOf } from './xml-text.ts'

export interface BucketClientOptions {
  readonly source: string
  readonly address: BucketAddress
  readonly credentials: BucketCredentials | undefined
  readonly door: Door
  readonly clock: Clock
  readonly random: Random
}

export interface BucketRequest {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** For people: `list its objects`. */
  readonly action: string
  readonly signal: AbortSignal
}

const TIMEOUT_MS = 30_000
export const ATTEMPTS_LIMIT = 6
const RETRY_BASE_MS = 100
const RETRY_LIMIT_MS = 10_000
const RETRY_JITTER = 0.3
const ERROR_BYTES_MAX = 65_536

/** What the bucket said, where that is not what was asked for. */
export class BucketAnswer extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(`HTTP ${status}${code === '' ? '' : ` ${code}`}`)
    this.status = status
    this.code = code
  }
}

export class BucketClient {
  readonly #options: BucketClientOptions

  constructor(options: BucketClientOptions) {
    this.#options = options
  }

  /** Resolves with a 2xx whose body is still to come; raises `BucketAnswer` for what 404, 412 and 416 say, else a code of the source. */
  get(request: BucketRequest): Promise<DoorStream> {
    return this.#attempts(request, (answer) => Promise.resolve(answer))
  }

  /** As `get`, with the whole body as text. */
  text(request: BucketRequest, bytesMax: number): Promise<string> {
    return this.#attempts(request, async (answer) => {
      const text = await readWhole(answer.body, bytesMax)
      if (text !== null) return text
      const { source, address } = this.#options
      const what = `the answer is longer than ${bytesMax} bytes`
      throw new MillraceError('SOURCE_BUCKET_FAILED', { details: { source, host: address.host, action: request.action, what } })
    })
  }

  async #attempts<Result>(request: BucketRequest, use: (answer: DoorStream) => Promise<Result>): Promise<Result> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await use(await this.#once(request))
      } catch (error) {
        if (request.signal.aborted || !mayPass(error) || attempt + 1 >= ATTEMPTS_LIMIT) throw this.#problem(error, request.action)
        await this.pause(attempt, request.signal)
      }
    }
  }

  /** Between two attempts. */
  pause(attempt: number, signal: AbortSignal): Promise<void> {
    const delayMs = backoffMs(this.#options.random, { attempt, baseMs: RETRY_BASE_MS, limitMs: RETRY_LIMIT_MS, jitter: RETRY_JITTER })
    return this.#options.clock.sleep(delayMs, signal)
  }

  async #once({ url, headers = {}, signal }: BucketRequest): Promise<DoorStream> {
    const { credentials, address, clock } = this.#options
    const request = { service: 's3', region: address.region, method: 'GET', url, headers } as const
    const answer = await this.#options.door.open({
      url,
      method: 'GET',
      headers: await signed(request, credentials, clock),
      timeoutMs: TIMEOUT_MS,
      signal,
    })
    if (answer.status >= 200 && answer.status < 300) return answer
    try {
      const text = await readWhole(answer.body, ERROR_BYTES_MAX).catch(() => null)
      throw new BucketAnswer(answer.status, textsOf(text ?? '', 'Code')[0] ?? regionOf(answer))
    } finally {
      answer.close()
    }
  }

  #problem(error: unknown, action: string): unknown {
    const { source, address } = this.#options
    const { host, bucket } = address
    if (!(error instanceof BucketAnswer)) {
      if (!(error instanceof MillraceError) || error.retry !== 'backoff') return error
      return new MillraceError('SOURCE_BUCKET_FAILED', { cause: error, details: { source, host, action, what: describeError(error) } })
    }
    const { status, code } = error
    if (code === 'NoSuchBucket') return new MillraceError('SOURCE_BUCKET_MISSING', { cause: error, details: { source, host, bucket } })
    if (status === 404 || status === 412 || status === 416) return error
    if (status >= 300 && status < 400)
      return new MillraceError('SOURCE_BUCKET_ELSEWHERE', { cause: error, details: { source, host, bucket, region: code } })
    const refused = status === 401 || status === 403 || status === 400
    const details = { source, host, action, what: error.message }
    return new MillraceError(refused ? 'SOURCE_BUCKET_REFUSED' : 'SOURCE_BUCKET_FAILED', { cause: error, details })
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof BucketAnswer) return error.status >= 500 || error.status === 429 || error.status === 408
  return error instanceof MillraceError && error.code.startsWith('DOOR_') && error.retry === 'backoff'
}

function regionOf({ headers }: DoorStream): string {
  const region = headers['x-amz-bucket-region']
  return typeof region === 'string' ? region : ''
}
