import type { Clock, Random } from '@millrace/base'
import type { FilesSource } from '@millrace/core'
import type { Door } from '@millrace/guard'
import { resolve } from 'node:path'
import { FolderStore } from './folder-store.ts'
import { objectPattern, sharedPrefix } from './object-pattern.ts'
import type { ObjectStore } from './object-store.ts'
import { bucketAddress, isBucket } from './s3/bucket-address.ts'
import { BucketClient } from './s3/bucket-client.ts'
import { BucketStore } from './s3/bucket-store.ts'

export interface FilesPlace {
  readonly name: string
  readonly config: FilesSource
  /** Relative folders begin here. */
  readonly folder: string
  readonly door: Door
}

export function openObjectStore(
  { name, config, folder, door }: FilesPlace,
  { clock, random }: { clock: Clock; random: Random },
): ObjectStore {
  if (!isBucket(config.from)) return new FolderStore(name, resolve(folder, config.from))
  const address = bucketAddress(name, config)
  const client = new BucketClient({ source: name, address, credentials: config.credentials, door, clock, random })
  return new BucketStore({ source: name, address, client, sharedPrefix: sharedPrefix(patternsOf(config)) })
}

function patternsOf({ streams }: FilesSource): ReturnType<typeof objectPattern>[] {
  return Object.values(streams).flatMap(({ files }) => (typeof files === 'string' ? [files] : files).map(objectPattern))
}
