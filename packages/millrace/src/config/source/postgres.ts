import { z } from 'zod'
import { identifier, secret } from '../setting.ts'

export const postgresSource = z.strictObject({
  kind: z.literal('postgres'),
  url: z.union([z.string().min(1), secret]),
  tables: z.array(z.string().min(1)).min(1).optional(),
  slot: identifier.optional(),
  publication: identifier.optional(),
  tls: z.strictObject({ certificateAuthority: z.string().optional(), rejectUnauthorized: z.boolean().optional() }).optional(),
})
