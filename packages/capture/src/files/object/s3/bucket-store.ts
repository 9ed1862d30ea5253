/** A bucket of any store that speaks S3 as a store of objects. */
import { describeError, MillraceError } from '@millrace/base'
import type { DoorStream } from '@millrace/guard'
import { type ListedObject, type ObjectStore, PAGE_OBJECTS } from '../object-store.ts'
import { type BucketAddress, spelled } from './bucket-address.ts'
import { ATTEMPTS_LIMIT, BucketAnswer, type BucketClient } from './bucket-client.ts'
import { elementsOf, textsOf } from './xml-text.ts'

/** A thousand names of at most 1024 bytes, three times as long in a URL's spelling, with what stands around them. */
const PAGE_BYTES_MAX = 8_388_608

export interface BucketStoreOptions {
  readonly source: string
  readonly address: BucketAddress
  readonly client: BucketClient
  /** What every key begins with that is wanted at all, behind the place's own prefix. */
  readonly sharedPrefix: string
}

interface Page {
  readonly objects: readonly ListedObject[]
  readonly next: string | null
}

export class BucketStore implements ObjectStore {
  readonly place: string
  readonly appearsWhole = true
  readonly #options: BucketStoreOptions

  constructor(options: BucketStoreOptions) {
    this.#options = options
    const { bucket, prefix } = options.address
    this.place = `s3://${bucket}/${prefix}`
  }

  async *pages(signal: AbortSignal): AsyncGenerator<readonly ListedObject[]> {
    const { address, sharedPrefix } = this.#options
    for (let token: string | null = null; ;) {
      const page: Page = await this.#list({ prefix: `${address.prefix}${sharedPrefix}`, limit: PAGE_OBJECTS, token }, signal)
      yield page.objects
      if (page.next === null) return
      token = page.next
    }
  }

  /** By listing, not by asking for the object itself: so that a time and a tag are the same to a notice as to a look. */
  async look(key: string, signal: AbortSignal): Promise<ListedObject | null> {
    const { objects } = await this.#list({ prefix: `${this.#options.address.prefix}${key}`, limit: 1, token: null }, signal)
    return objects.find((object) => object.key === key) ?? null
  }

  /** Goes on at the byte where a transfer broke off, as long as each attempt brings something. */
  async *read(object: ListedObject, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let at = 0
    for (let attempt = 0; at < object.size;) {
      const answer = await this.#open(object, at, signal)
      try {
        for await (const piece of answer.body) {
          at += piece.length
          attempt = 0
          if (at > object.size) throw this.#changed(object)
          yield piece
        }
      } catch (error) {
        if (!brokeOff(error)) throw error
        attempt += 1
        if (attempt >= ATTEMPTS_LIMIT) throw this.#failed(error, object)
        await this.#options.client.pause(attempt, signal)
      } finally {
        answer.close()
      }
    }
  }

  async #open(object: ListedObject, from: number, signal: AbortSignal): Promise<DoorStream> {
    const { address, client, source } = this.#options
    const tag = object.version.slice(0, object.version.lastIndexOf('-'))
    const range = from === 0 ? {} : { range: `bytes=${from}-` }
    const action = `send ${object.key}`
    const url = address.urlOf(`${address.prefix}${object.key}`)
    let answer: DoorStream
    try {
      answer = await client.get({ url, headers: { 'if-match': tag, ...range }, action, signal })
    } catch (error) {
      if (error instanceof BucketAnswer) throw this.#changed(object)
      if (!(error instanceof MillraceError) || error.code !== 'SOURCE_BUCKET_REFUSED') throw error
      throw new MillraceError('CAPTURE_FILE_REFUSED', {
        cause: error,
        details: { source, file: object.key, what: describeError(error.cause) },
      })
    }
    // Not every server knows If-Match and ranges; what came is judged by what it says of itself.
    const whole = answer.status === 206 ? Number(/\/(\d+)$/.exec(String(answer.headers['content-range']))?.[1]) : lengthOf(answer)
    const sameTag = answer.headers.etag === undefined || answer.headers.etag === tag
    const sameStart = from === 0 ? answer.status === 200 : String(answer.headers['content-range']).startsWith(`bytes ${from}-`)
    if (sameTag && sameStart && (whole === null || whole === object.size)) return answer
    answer.close()
    throw this.#changed(object)
  }

  async #list(asked: { prefix: string; limit: number; token: string | null }, signal: AbortSignal): Promise<Page> {
    const { address, client } = this.#options
    const query = [`encoding-type=url&list-type=2&max-keys=${asked.limit}`]
    if (asked.prefix !== '') query.push(`prefix=${spelled(asked.prefix)}`)
    if (asked.token !== null) query.push(`continuation-token=${spelled(asked.token)}`)
    const url = `${address.bucketUrl}?${query.join('&')}`
    const xml = await client.text({ url, action: 'list its objects', signal }, PAGE_BYTES_MAX)
    const decode = textsOf(xml, 'EncodingType')[0] === 'url' ? decodeKey : (key: string): string => key
    const objects = elementsOf(xml, 'Contents').flatMap((element) => listed(element, address.prefix, decode))
    const isTruncated = textsOf(xml, 'IsTruncated')[0] === 'true'
    return { objects, next: isTruncated ? (textsOf(xml, 'NextContinuationToken')[0] ?? null) : null }
  }

  #changed({ key }: ListedObject): MillraceError {
    return new MillraceError('CAPTURE_FILE_CHANGED', { details: { source: this.#options.source, file: key } })
  }

  #failed(cause: unknown, { key }: ListedObject): MillraceError {
    const { source, address } = this.#options
    const details = { source, host: address.host, action: `send ${key}`, what: describeError(cause) }
    return new MillraceError('SOURCE_BUCKET_FAILED', { cause, details })
  }
}

/** Names that end in a slash are folders that some consoles make. */
function listed(element: string, prefix: string, decode: (key: string) => string): ListedObject[] {
  const text = (name: string): string => textsOf(element, name)[0] ?? ''
  const key = decode(text('Key'))
  if (!key.startsWith(prefix) || key.endsWith('/')) return []
  const size = Number(text('Size'))
  return [
    { key: key.slice(prefix.length), size, modifiedMicros: Date.parse(text('LastModified')) * 1000, version: `${text('ETag')}-${size}` },
  ]
}

function decodeKey(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function brokeOff(error: unknown): boolean {
  return error instanceof MillraceError && (error.code === 'DOOR_UNREACHABLE' || error.code === 'DOOR_TIMEOUT')
}

function lengthOf({ headers }: DoorStream): number | null {
  return headers['content-length'] === undefined ? null : Number(headers['content-length'])
}
