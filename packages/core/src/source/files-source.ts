import type { SecretReference } from '../secret-reference.ts'
import type { FileFormat } from './file-format.ts'

export interface FilesSource {
  readonly kind: 'files'
  /** A folder (from the project's folder), or `s3://bucket/prefix` in any store that speaks S3. */
  readonly from: string
  /** By name; their streams are `<source>.<name>`. A file belongs to the first whose pattern it fits. */
  readonly streams: Readonly<Record<string, FileStream>>
  /** How often it is looked for new files. Default: a folder each second, a bucket every 30 seconds. */
  readonly pollMs?: number
  /** A file of a folder is read once it has not changed for so long. Default 1000. Objects of a bucket appear whole. */
  readonly settleMs?: number
  /** `.done`: a file is read once one of its name with this ending is there, and not before. */
  readonly doneSuffix?: string
  /** Of a bucket: where it is served. Default: Amazon's own address for the region. */
  readonly endpoint?: string
  /** Of a bucket. Default `us-east-1`. */
  readonly region?: string
  /** Of a bucket: its name in the path or in the host's name. Default: `path` where an endpoint is named, else `host`. */
  readonly addressing?: 'path' | 'host'
  /** Of a bucket; read again for each request, so that they may rotate. Default: none, for what is public. */
  readonly credentials?: BucketCredentials
  /** A queue that is told of new objects. It only makes the look at them earlier; what it misses the poll finds. */
  readonly notices?: NoticeQueue
}

export interface NoticeQueue {
  /** The address of a queue of SQS, or of what speaks like it; of this source alone. */
  readonly queue: string
  /** Default: the bucket's. */
  readonly region?: string
  /** Default: the bucket's. */
  readonly credentials?: BucketCredentials
}

export interface BucketCredentials {
  readonly accessKeyId: string | SecretReference
  readonly secretAccessKey: SecretReference
  readonly sessionToken?: SecretReference
}

export interface FileStream {
  /** `orders-*.csv`, `2026/**\/*.json`: `*` and `?` stay within a folder's name, `**` does not. */
  readonly files: string | readonly string[]
  readonly format: FileFormat
  /** The columns that tell a row from others. A later row of the same key takes the place of the earlier one. */
  readonly key?: readonly string[]
  /**
   * What a file's rows mean. `append` (default): each is an event, and a changed file's rows are added again. `replace`: a
   * file is the whole table, so that what it adds, changes and lacks against the one before becomes the stream. Needs a `key`.
   */
  readonly rows?: 'append' | 'replace'
}
