import { z } from 'zod'
import { identifier, secret, wholeFrom } from '../setting.ts'
import { fileFormat } from './file-format.ts'

const POLL_MS_MIN = 20

const fileStream = z
  .strictObject({
    files: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    format: fileFormat,
    key: z.array(z.string().min(1)).min(1).optional(),
    rows: z.enum(['append', 'replace']).optional(),
  })
  .refine(({ rows, key }) => rows !== 'replace' || key !== undefined, {
    message: "must name what tells the rows of a table apart, where `rows` is 'replace'",
    path: ['key'],
  })
  .refine(({ rows, format }) => rows !== 'replace' || format.type !== 'fixed-width' || dataLayouts(format.layouts) === 1, {
    message: "must be 'append' for files with several types of record",
    path: ['rows'],
  })

function dataLayouts(layouts: Readonly<Record<string, { role?: string | undefined }>>): number {
  return Object.values(layouts).filter(({ role }) => (role ?? 'data') === 'data').length
}

const credentials = z.strictObject({
  accessKeyId: z.union([z.string().min(1), secret]),
  secretAccessKey: secret,
  sessionToken: secret.optional(),
})

export const filesSource = z.strictObject({
  kind: z.literal('files'),
  from: z
    .string()
    .min(1)
    .refine((from) => !/^[a-z0-9]+:\/\//i.test(from) || /^s3:\/\/[^/]+/.test(from), {
      message: 'must be a folder or `s3://bucket/prefix`',
    }),
  streams: z.record(identifier, fileStream).refine((streams) => Object.keys(streams).length > 0, { message: 'must name a stream' }),
  pollMs: wholeFrom(POLL_MS_MIN).optional(),
  settleMs: wholeFrom(0).optional(),
  doneSuffix: z.string().min(1).optional(),
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  region: z.string().min(1).optional(),
  addressing: z.enum(['path', 'host']).optional(),
  credentials: credentials.optional(),
  notices: z
    .strictObject({
      queue: z.url({ protocol: /^https?$/ }),
      region: z.string().min(1).optional(),
      credentials: credentials.optional(),
    })
    .optional(),
})
