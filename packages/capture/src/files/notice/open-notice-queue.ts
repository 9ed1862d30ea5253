import type { Clock } from '@millrace/base'
import type { FilesPlace } from '../object/open-object-store.ts'
import { REGION } from '../object/s3/bucket-address.ts'
import { QueueClient } from './queue-client.ts'

/** Null where the source has none. */
export function openNoticeQueue({ name, config, door }: FilesPlace, clock: Clock): QueueClient | null {
  const { notices, region = REGION, credentials } = config
  if (notices === undefined) return null
  const address = { url: notices.queue, region: notices.region ?? region, credentials: notices.credentials ?? credentials }
  return new QueueClient({ source: name, address, door, clock })
}
