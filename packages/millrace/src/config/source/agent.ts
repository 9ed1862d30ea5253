import { typeFromName } from '@millrace/core'
import { z } from 'zod'
import { identifier, secret, wholeFrom } from '../setting.ts'

const typeName = z.string().refine((text) => typeFromName(text) !== null, {
  error: 'must be a type: `int64`, `text`, `decimal(12,2)`, `timestamptz` …',
})

const stream = z.strictObject({
  columns: z
    .record(identifier, z.union([typeName, z.strictObject({ type: typeName, nullable: z.boolean().optional() })]))
    .refine((columns) => Object.keys(columns).length > 0, { error: 'must name a column at least' }),
  key: z.array(identifier).min(1).optional(),
  unknownMembers: z.enum(['ignore', 'park']).optional(),
})

const team = z.strictObject({
  token: z.union([secret, z.array(secret).min(1).max(2)]),
  streams: z.record(identifier, stream),
})

export const agentSource = z.strictObject({
  kind: z.literal('agent'),
  teams: z.record(identifier, team).refine((teams) => Object.keys(teams).length > 0, { error: 'must name a team at least' }),
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
  tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
  connections: wholeFrom(1).max(100_000).optional(),
})
