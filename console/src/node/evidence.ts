import { absoluteText, durationText, wholeText } from '../design/figures.ts'

type Evidence = string | number | boolean | null

/** The name in plain words, without the unit that its value shows: `walKeptBytes` is `wal kept`. */
export function evidenceName(name: string): string {
  const plain = name.replace(/(?:Bytes|Ms)$/, '')
  return plain.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** A piece of evidence by its name's unit: `walKeptBytes`, `heartbeatSeenMs`, `stepMs`. */
export function evidenceText(name: string, value: Evidence): string {
  if (value === null) return 'unknown'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return value
  if (name.endsWith('Bytes')) return bytesText(value)
  // A time since 1970 is a moment; anything smaller that ends in Ms is a duration.
  if (name.endsWith('Ms')) return value > 1e12 ? absoluteText(value) : durationText(value)
  return wholeText(value)
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB']

export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(1000))))
  const amount = bytes / 1000 ** power
  return `${power === 0 || amount >= 100 ? wholeText(amount) : amount.toFixed(1)} ${UNITS[power]}`
}
