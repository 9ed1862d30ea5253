/** What settings of every kind are made of. */
import { z } from 'zod'
import { bytesOf } from './byte-size.ts'

export const secret = z.union([
  z.strictObject({ secret: z.literal('env'), name: z.string().min(1) }),
  z.strictObject({ secret: z.literal('file'), path: z.string().min(1) }),
])

export const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower-case letters, digits and _, and start with a letter')

export const wholeFrom = (least: number): z.ZodInt => z.int().min(least)

export const byteSize = z.string().refine((text) => bytesOf(text) !== null, "must be a size such as '256 MB' or '2 GB'")
