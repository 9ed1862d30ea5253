/** Where a bucket is, and how its objects are named in a URL. */
import { MillraceError } from '@millrace/base'
import type { FilesSource } from '@millrace/core'

export interface BucketAddress {
  readonly bucket: string
  /** Ends in `/` unless it is empty: a place is a folder. */
  readonly prefix: string
  readonly region: string
  /** For errors. */
  readonly host: string
  /** The bucket itself: what is listed. */
  readonly bucketUrl: string
  urlOf(objectKey: string): string
}

export const REGION = 'us-east-1'

export function isBucket(from: string): boolean {
  return from.startsWith('s3://')
}

export function bucketAddress(source: string, config: FilesSource): BucketAddress {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)\/?(.*)$/su.exec(config.from) ?? []
  const region = config.region ?? REGION
  const endpoint = URL.parse(config.endpoint ?? `https://s3.${region}.amazonaws.com`)
  if (bucket === '' || endpoint === null) {
    const place = `\`sources.${source}.${bucket === '' ? 'from' : 'endpoint'}\``
    throw new MillraceError('CONFIG_INVALID', { details: { file: 'millrace.config.ts', problem: `${place} is not an address`, place } })
  }
  // A certificate for `*.host` does not cover a name with dots.
  const inPath = (config.addressing ?? (config.endpoint !== undefined || bucket.includes('.') ? 'path' : 'host')) === 'path'
  const host = inPath ? endpoint.host : `${bucket}.${endpoint.host}`
  const base = `${endpoint.protocol}//${host}${endpoint.pathname.replace(/\/$/, '')}${inPath ? `/${bucket}` : ''}`
  return {
    bucket,
    prefix: path === '' || path.endsWith('/') ? path : `${path}/`,
    region,
    host,
    bucketUrl: `${base}${inPath ? '' : '/'}`,
    urlOf: (objectKey) => `${base}/${objectKey.split('/').map(spelled).join('/')}`,
  }
}

/** As the signature has it, in paths and in queries: all but letters, digits and `-._~`. */
export function spelled(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
}
