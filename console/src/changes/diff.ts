import type { ChangeRecord } from '@millrace/serve/api'

export type CellValue = NonNullable<ChangeRecord['after']>[string]

/** One column of a change; `undefined` where the source did not tell. */
export interface Cell {
  readonly name: string
  readonly isKey: boolean
  readonly before: CellValue | undefined
  readonly after: CellValue | undefined
  /** Both sides are told and differ. */
  readonly changed: boolean
}

/** All columns of a change, those that changed first, keys before others. */
export function cellsOf({ key, before, after }: ChangeRecord): Cell[] {
  const names = new Set([...key, ...Object.keys(after ?? {}), ...Object.keys(before ?? {})])
  const cells = [...names].map((name): Cell => {
    const old = before?.[name]
    const now = after?.[name]
    return { name, isKey: key.includes(name), before: old, after: now, changed: isOther(old, now) }
  })
  return cells.toSorted((left, right) => Number(right.changed) - Number(left.changed) || Number(right.isKey) - Number(left.isKey))
}

/** Lists and structs come as JSON, each time another object. */
function isOther(old: CellValue | undefined, now: CellValue | undefined): boolean {
  if (old === undefined || now === undefined) return false
  return old !== now && JSON.stringify(old) !== JSON.stringify(now)
}

/** What names the row: `order_id=17`; the first columns where there is no key. */
export function keyText({ key, before, after }: ChangeRecord): string {
  const row = after ?? before ?? {}
  const names = key.length > 0 ? key : Object.keys(row).slice(0, 2)
  return names.map((name) => `${name}=${valueText(row[name] ?? null)}`).join(' ')
}

export function valueText(value: CellValue): string {
  if (value === null) return 'NULL'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
