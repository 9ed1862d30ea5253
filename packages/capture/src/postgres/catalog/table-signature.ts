/**
 * What the catalog says of a table at one moment, as far as it bears on rows that no message tells of. Two
 * signatures without a silent change between them mean: every row that is there now was there, or was told.
 */
export interface TableSignature {
  readonly oid: number
  /** By the table that holds rows (itself, or its partitions) the file where they lie: another after a rewrite, a TRUNCATE or a VACUUM FULL. */
  readonly storage: Readonly<Record<string, string>>
  /** By the column's number the transaction that wrote its line in the catalog, and its name; whether it is captured or not. */
  readonly attributes: Readonly<Record<string, string>>
  /** The number of the last column that older rows hold a value of, though none was ever written; 0 for none. */
  readonly filledTo: number
  /** Labels of enums, by their number, and attributes of composites: how a value is printed depends on them. */
  readonly printed: Readonly<Record<string, string>>
  /** The numbers of stored generated columns; untold where it was read while those were left out of every table. */
  readonly generated?: readonly number[]
  /** How the columns are masked. */
  readonly masks: string
  /** The numbers of columns that are not captured. */
  readonly left: readonly number[]
}

/** What may have altered rows in silence between the two, in words; null where nothing did. */
export function silentChange(before: TableSignature, now: TableSignature): string | null {
  if (before.oid !== now.oid) return 'it is another table of the same name'
  const kept = Object.keys(before.storage).filter((part) => now.storage[part] !== undefined)
  if (kept.length < Object.keys(before.storage).length) return 'a partition was detached or dropped'
  const rewritten = kept.some((part) => before.storage[part] !== now.storage[part])
  if (rewritten && JSON.stringify(before.attributes) !== JSON.stringify(now.attributes))
    return 'its rows were rewritten along with its columns'
  if (now.filledTo > before.filledTo) return 'a column was added whose default holds for the rows that were there'
  const printed = Object.entries(before.printed).some(([what, how]) => now.printed[what] !== undefined && now.printed[what] !== how)
  if (printed) return 'the values of one of its types are printed otherwise'
  if (before.masks !== now.masks) return 'its columns are masked otherwise'
  const left = before.generated === undefined ? [...before.left, ...(now.generated ?? [])] : before.left
  const taken = left.some((number) => !now.left.includes(number) && now.attributes[number] !== undefined)
  return taken ? 'a column is captured that was left out before' : null
}

/** Whether the catalog shows a column of this name: a change that was decoded may not be visible yet. */
export function showsColumn({ attributes }: Pick<TableSignature, 'attributes'>, name: string): boolean {
  return Object.values(attributes).some((line) => nameIn(line) === name)
}

/** The columns that stay left out of a table which has these columns now. */
export function stillLeft(before: TableSignature, now: Pick<TableSignature, 'attributes'>, names: readonly string[]): number[] {
  return before.left.filter((number) => !names.includes(nameIn(now.attributes[number] ?? '')))
}

/** The names of stored generated columns that are not captured. */
export function unsentColumns({ generated = [], left, attributes }: TableSignature): string[] {
  return generated.filter((number) => left.includes(number)).map((number) => nameIn(attributes[number] ?? ''))
}

function nameIn(line: string): string {
  return line.slice(line.indexOf(' ') + 1)
}

/** Partitions that joined: what they held before was never told. */
export function joinedParts(before: TableSignature, now: TableSignature): string[] {
  return Object.keys(now.storage).filter((part) => before.storage[part] === undefined)
}
