/**
 * What a notice tells of: the names of objects, from the place that the source names. Taken are our own form
 * (`{ objects: […] }`), S3's event notifications and those of EventBridge, bare or in the envelopes of SNS and SQS.
 */
export interface NoticePlace {
  /** Null for a folder. */
  readonly bucket: string | null
  /** What the keys of the bucket begin with at that place. */
  readonly prefix: string
}

type Json = Readonly<Record<string, unknown>>

/** An envelope in an envelope, and so on; nobody has more. */
const DEPTH_MAX = 8

/** Null where it is no notice. An empty list says that something is new and not what. */
export function readNotice(notice: Json, place: NoticePlace): string[] | null {
  if (Object.keys(notice).length === 0) return []
  const found = read(notice, place, 0)
  return found === null ? null : [...new Set(found)]
}

function read(value: unknown, place: NoticePlace, depth: number): string[] | null {
  if (depth > DEPTH_MAX) return null
  if (typeof value === 'string') return read(parsed(value), place, depth + 1)
  if (!isJson(value)) return null
  const { objects, s3, detail, Event: test } = value
  if (Array.isArray(objects) && objects.every((key) => typeof key === 'string')) return objects
  if (isJson(s3)) return named(s3, place, spelledOut)
  if (isJson(detail)) return named(detail, place, (key) => key)
  // What a bucket sends once, when its notifications are set up.
  if (test === 's3:TestEvent') return []
  const inner = value['Records'] ?? value['Messages']
  if (Array.isArray(inner)) return merged(inner.map((each) => read(each, place, depth + 1)))
  const body = value['Message'] ?? value['body'] ?? value['Body']
  return typeof body === 'string' ? read(body, place, depth + 1) : null
}

/** S3 spells keys in its notifications as forms do. */
function spelledOut(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return key
  }
}

function named(event: Json, { bucket, prefix }: NoticePlace, spell: (key: string) => string): string[] | null {
  const name = isJson(event['bucket']) ? event['bucket']['name'] : undefined
  const key = isJson(event['object']) ? event['object']['key'] : undefined
  if (typeof name !== 'string' || typeof key !== 'string') return null
  const whole = spell(key)
  return name === bucket && whole.startsWith(prefix) ? [whole.slice(prefix.length)] : []
}

function merged(lists: readonly (string[] | null)[]): string[] | null {
  return lists.includes(null) ? null : (lists as string[][]).flat()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
