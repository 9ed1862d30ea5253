/** Dates and times within MySQL's JSON: eight bytes, packed as in memory, printed with six digits of a second. */
const DATE = 10
const TIME = 11

export function dateTimeTextOf(type: number, bytes: Buffer): string {
  const packed = bytes.readBigInt64LE(0)
  const isNegative = packed < 0n
  const positive = isNegative ? -packed : packed
  const micros = Number(positive & 0xff_ff_ffn)
  const whole = positive >> 24n
  const fraction = String(micros).padStart(6, '0')
  if (type === TIME) {
    const clock = Number(whole)
    return `${isNegative ? '-' : ''}${two((clock >> 12) & 0x3_ff)}:${two((clock >> 6) & 63)}:${two(clock & 63)}.${fraction}`
  }
  const days = Number(whole >> 17n)
  const clock = Number(whole & 0x1_ff_ffn)
  const months = days >> 5
  const date = `${String(Math.floor(months / 13)).padStart(4, '0')}-${two(months % 13)}-${two(days & 31)}`
  return type === DATE ? date : `${date} ${two(clock >> 12)}:${two((clock >> 6) & 63)}:${two(clock & 63)}.${fraction}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
