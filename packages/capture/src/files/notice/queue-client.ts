/** Requests to one queue (SQS, and what speaks its JSON protocol), signed and through the door (law 10). */
import { type Clock, describeError, MillraceError } from '@millrace/base'
import type { BucketCredentials } from '@millrace/core'
import type { Door } from '@millrace/guard'
import { readWhole } from '../object/s3/read-whole.ts'
import { signed } from '../object/s3/sign.ts'

export interface QueueAddress {
  /** As the queue's owner gives it; it is also the queue's name. */
  readonly url: string
  readonly region: string
  readonly credentials: BucketCredentials | undefined
}

export interface QueueClientOptions {
  readonly source: string
  readonly address: QueueAddress
  readonly door: Door
  readonly clock: Clock
}

export interface QueueMessage {
  readonly receipt: string
  readonly body: string
}

type Json = Readonly<Record<string, unknown>>

/** The server answers at once where something waits, else as soon as something comes, at the latest then. */
const WAIT_SECONDS = 20
const TIMEOUT_MS = 30_000
const MESSAGES_MAX = 10
/** Ten messages of a megabyte, as JSON. */
const ANSWER_BYTES_MAX = 33_554_432

export class QueueClient {
  readonly #options: QueueClientOptions
  readonly host: string

  constructor(options: QueueClientOptions) {
    this.#options = options
    this.host = new URL(options.address.url).host
  }

  async receive(signal: AbortSignal): Promise<readonly QueueMessage[]> {
    const asked = { MaxNumberOfMessages: MESSAGES_MAX, WaitTimeSeconds: WAIT_SECONDS }
    const { Messages: messages } = await this.#ask('ReceiveMessage', asked, signal)
    if (!Array.isArray(messages)) return []
    return (messages as Json[]).map(({ ReceiptHandle: receipt, Body: body }) => ({ receipt: String(receipt), body: String(body) }))
  }

  /** What could not be deleted comes again. */
  async remove(messages: readonly QueueMessage[], signal: AbortSignal): Promise<void> {
    if (messages.length === 0) return
    const entries = messages.map(({ receipt }, at) => ({ Id: String(at), ReceiptHandle: receipt }))
    await this.#ask('DeleteMessageBatch', { Entries: entries }, signal)
  }

  /** How many messages wait, about. */
  async waiting(signal: AbortSignal): Promise<number> {
    const name = 'ApproximateNumberOfMessages'
    const { Attributes: attributes } = await this.#ask('GetQueueAttributes', { AttributeNames: [name] }, signal)
    return Number((attributes as Json | undefined)?.[name] ?? 0)
  }

  async #ask(action: string, asked: Json, signal: AbortSignal): Promise<Json> {
    const { address, door, clock } = this.#options
    const url = new URL('/', address.url).href
    const body = JSON.stringify({ QueueUrl: address.url, ...asked })
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` }
    const request = { service: 'sqs', region: address.region, method: 'POST', url, headers, body } as const
    try {
      const answer = await door.open({
        url,
        method: 'POST',
        headers: await signed(request, address.credentials, clock),
        body,
        timeoutMs: TIMEOUT_MS,
        signal,
      })
      const text = await readWhole(answer.body, ANSWER_BYTES_MAX)
      if (text === null) throw this.#failure(action, `the answer is longer than ${ANSWER_BYTES_MAX} bytes`)
      if (answer.status >= 200 && answer.status < 300) return JSON.parse(text === '' ? '{}' : text) as Json
      throw this.#failure(action, `HTTP ${answer.status}${reasonIn(text)}`)
    } catch (error) {
      if (signal.aborted || (error instanceof MillraceError && error.code === 'SOURCE_QUEUE_FAILED')) throw error
      throw this.#failure(action, describeError(error), error)
    }
  }

  #failure(action: string, what: string, cause?: unknown): MillraceError {
    return new MillraceError('SOURCE_QUEUE_FAILED', { cause, details: { source: this.#options.source, host: this.host, action, what } })
  }
}

/** ` QueueDoesNotExist: The specified queue does not exist.` */
function reasonIn(text: string): string {
  try {
    const { __type: type, message, Message } = JSON.parse(text) as Json
    const said = [typeof type === 'string' ? (type.split('#').at(-1) ?? '') : '', message ?? Message].filter(
      (part) => typeof part === 'string' && part !== '',
    )
    return said.length === 0 ? '' : ` ${said.join(': ')}`
  } catch {
    return ''
  }
}
