/** The settings of file formats; what their letters mean is judged by whoever reads the files. */
import { PLAIN_KINDS, typeFromName } from '@millrace/core'
import { z } from 'zod'
import { wholeFrom } from '../setting.ts'

const typeName = z.string().refine((text) => typeFromName(text) !== null, {
  message: `must be a type: ${PLAIN_KINDS.join(', ')} or decimal(width,scale)`,
})
const column = z.strictObject({ type: typeName, format: z.string().min(1).optional(), nullable: z.boolean().optional() })

export const columnFormats = z.record(z.string().min(1), z.union([typeName, column]))

const total = {
  name: z.string().min(1),
  of: z.union([z.literal('count'), z.strictObject({ sum: z.string().min(1) }), z.strictObject({ hash: z.string().min(1) })]),
  records: z.string().min(1).optional(),
}
const letter = z.string().length(1, 'must be one character')
const text = {
  encoding: z.string().min(1).optional(),
  compression: z.enum(['auto', 'none', 'gzip', 'zstd', 'brotli']).optional(),
  recordBytesMax: wholeFrom(1).optional(),
}

const csv = z.strictObject({
  type: z.literal('csv'),
  ...text,
  delimiter: letter.optional(),
  quote: letter.nullable().optional(),
  escape: letter.optional(),
  header: z.boolean().optional(),
  names: z.array(z.string().min(1)).min(1).optional(),
  nullText: z.array(z.string()).optional(),
  comment: z.string().min(1).optional(),
  skipLines: wholeFrom(0).optional(),
  ragged: z.enum(['park', 'fill']).optional(),
  trim: z.boolean().optional(),
  decimalSeparator: z.enum(['.', ',']).optional(),
  thousandsSeparator: letter.optional(),
  booleans: z.strictObject({ true: z.array(z.string()), false: z.array(z.string()) }).optional(),
  columns: columnFormats.optional(),
  trailer: z.strictObject({ code: z.string().min(1), totals: z.array(z.strictObject({ ...total, field: wholeFrom(1) })) }).optional(),
})

const jsonLines = z.strictObject({
  type: z.literal('json-lines'),
  ...text,
  columns: columnFormats.optional(),
  unknownMembers: z.enum(['ignore', 'park']).optional(),
})

const fixedField = z.strictObject({
  name: z.string().min(1),
  start: wholeFrom(1),
  length: wholeFrom(1),
  type: typeName,
  storage: z.enum(['text', 'overpunch', 'packed', 'binary', 'binary-little']).optional(),
  point: z.enum(['implied', 'written']).optional(),
  padSide: z.enum(['left', 'right', 'both']).optional(),
  padCharacter: letter.optional(),
  format: z.string().min(1).optional(),
  nullText: z.array(z.string()).optional(),
  nullable: z.boolean().optional(),
})

const layout = z.strictObject({
  code: z.string().min(1).optional(),
  role: z.enum(['data', 'header', 'trailer']).optional(),
  fields: z.array(fixedField).min(1),
  totals: z.array(z.strictObject({ ...total, field: z.string().min(1) })).optional(),
})

const fixedWidth = z.strictObject({
  type: z.literal('fixed-width'),
  ...text,
  records: z.union([z.enum(['lines', 'rdw']), z.strictObject({ bytes: wholeFrom(1) })]).optional(),
  positions: z.enum(['bytes', 'characters']).optional(),
  code: z.strictObject({ start: wholeFrom(1), length: wholeFrom(1) }).optional(),
  layouts: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower-case letters, digits and _'), layout),
  unknownRecords: z.enum(['park', 'ignore']).optional(),
})

const parquet = z.strictObject({ type: z.literal('parquet'), columns: z.array(z.string().min(1)).min(1).optional() })

export const fileFormat = z.discriminatedUnion('type', [csv, jsonLines, fixedWidth, parquet])
