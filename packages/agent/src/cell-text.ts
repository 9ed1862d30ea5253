/**
 * The JSON text of one value by its column's type, or `null` where the value does not fit. The agent never
 * decides that an event is bad: one that does not fit travels as it is, and the server judges.
 */
export type CellText = (value: unknown) => string | null

/** Whole numbers that a double holds; beyond, they travel as text. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  hugeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
  uint64: [0, Number.MAX_SAFE_INTEGER],
}

export function cellTextOf(type: string): CellText {
  const range = RANGES[type]
  if (range !== undefined) return wholeText(range[0], range[1])
  if (type.startsWith('decimal')) return decimalText
  return TEXTS[type] ?? anyText
}

const TEXTS: Readonly<Record<string, CellText>> = {
  boolean: (value) => (value === true ? 'true' : value === false ? 'false' : null),
  float32: floatText,
  float64: floatText,
  text: (value) => (typeof value === 'string' ? JSON.stringify(value) : null),
  uuid: (value) => (typeof value === 'string' && value.length === 36 ? JSON.stringify(value) : null),
  bytes: (value) =>
    value instanceof Uint8Array ? `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"` : null,
  date: momentText,
  time: momentText,
  timestamp: momentText,
  timestamptz: momentText,
}

function wholeText(least: number, most: number): CellText {
  return (value) => {
    if (typeof value === 'number') return Number.isInteger(value) && value >= least && value <= most ? String(value) : null
    return typeof value === 'bigint' || (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) ? `"${value}"` : null
  }
}

function floatText(value: unknown): string | null {
  if (typeof value !== 'number') return null
  return Number.isFinite(value) ? (Object.is(value, -0) ? '"-0"' : String(value)) : `"${value}"`
}

/** A number is written with its shortest digits, which are what its author meant. */
function decimalText(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) && Math.abs(value) < 1e15 ? String(value) : null
  if (typeof value === 'bigint') return `"${value}"`
  return typeof value === 'string' && /^-?\d{0,40}(\.\d{1,80})?$/.test(value) ? `"${value}"` : null
}

function momentText(value: unknown): string | null {
  if (typeof value === 'string') return JSON.stringify(value)
  return value instanceof Date ? JSON.stringify(value) : null
}

function anyText(value: unknown): string | null {
  return JSON.stringify(value) ?? null
}
