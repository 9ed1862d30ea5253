import { z } from 'zod'
import { identifier, secret, wholeFrom } from '../setting.ts'

const names = z.array(z.string().min(1))

const mask = z.union([z.literal('hash'), z.literal('redact'), z.strictObject({ keep: wholeFrom(1).max(64) })])

const columns = z
  .strictObject({ include: names.min(1).optional(), exclude: names.min(1).optional(), mask: z.record(z.string().min(1), mask).optional() })
  .refine(
    ({ include, exclude }) => include === undefined || exclude === undefined,
    'names columns to include and to exclude; one of the two says all',
  )

export const postgresSource = z.strictObject({
  kind: z.literal('postgres'),
  url: z.union([z.string().min(1), secret]),
  password: secret.optional(),
  tables: names.min(1).optional(),
  exclude: names.min(1).optional(),
  columns: z.record(z.string().min(1), columns).optional(),
  maskKey: secret.optional(),
  slot: identifier.optional(),
  publication: identifier.optional(),
  tls: z.strictObject({ certificateAuthority: z.string().optional(), rejectUnauthorized: z.boolean().optional() }).optional(),
  wal: z.strictObject({ keptBytesLimit: wholeFrom(1_000_000).optional(), atLimit: z.enum(['warn', 'rebuild']).optional() }).optional(),
  snapshot: z.strictObject({ connections: wholeFrom(1).max(16).optional(), rowsPerSecondMax: wholeFrom(1).optional() }).optional(),
  onSlotLost: z.enum(['stop', 'rebuild']).optional(),
  failover: z.boolean().optional(),
})
