import { z } from 'zod'
import { secret, wholeFrom } from '../setting.ts'

/** The server's own bound: 32 bits. */
const SERVER_ID_MAX = 4_294_967_295

export const mysqlSource = z.strictObject({
  kind: z.literal('mysql'),
  url: z.union([z.string().min(1), secret]),
  password: secret.optional(),
  tables: z.array(z.string().min(1)).min(1).optional(),
  exclude: z.array(z.string().min(1)).min(1).optional(),
  serverId: wholeFrom(1).max(SERVER_ID_MAX).optional(),
  generation: wholeFrom(1).optional(),
  whenLost: z.enum(['stop', 'rebuild']).optional(),
  tls: z.strictObject({ certificateAuthority: z.string().optional(), rejectUnauthorized: z.boolean().optional() }).optional(),
})
