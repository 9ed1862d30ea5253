/** Headers of a request as AWS and all who speak like it want them signed (Signature Version 4). */
import type { Clock } from '@millrace/base'
import type { BucketCredentials } from '@millrace/core'
import { resolveSecret } from '@millrace/guard'
import { AwsV4Signer } from 'aws4fetch'

export interface Unsigned {
  readonly service: 's3' | 'sqs'
  readonly region: string
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** The credentials are read each time, so that rotated ones are taken up at once. */
export async function signed(request: Unsigned, credentials: BucketCredentials | undefined, clock: Clock): Promise<Record<string, string>> {
  if (credentials === undefined) return { ...request.headers }
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const signer = new AwsV4Signer({
    ...request,
    accessKeyId: typeof accessKeyId === 'string' ? accessKeyId : await resolveSecret(accessKeyId),
    secretAccessKey: await resolveSecret(secretAccessKey),
    datetime: new Date(clock.nowMs()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
    ...(sessionToken === undefined ? {} : { sessionToken: await resolveSecret(sessionToken) }),
  })
  return Object.fromEntries((await signer.sign()).headers)
}
