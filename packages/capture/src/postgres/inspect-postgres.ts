/** Looks at a source as `millrace doctor` does: every finding at once, each with the SQL that mends it. */
import { describeError, MillraceError } from '@millrace/base'
import { quotedName, quoteIdentifier, type Table } from './catalog/table.ts'
import { openTableFinder, type TableFinder } from './catalog/table-finder.ts'
import { unsentColumns } from './catalog/table-signature.ts'
import { openReplication, readFacts, readRights, VERSION_MIN } from './check-source.ts'
import { connect, type Connection } from './connect.ts'
import { publicationOf, slotOf, type SourceNames } from './postgres-capture.ts'
import { GENERATED_COLUMNS_SINCE, readPublication, readPublished, unpublished } from './publication.ts'
import { readSlot, type SlotRow } from './slot.ts'
import { KEPT_BYTES_LIMIT } from './wal/wal-watch.ts'

/** With less room left than this share of what is kept already, the end is near. */
const SAFE_SHARE_MIN = 0.25

export interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
  /** The statement that mends it. */
  readonly fix?: string
}

export async function inspectPostgres(names: SourceNames): Promise<Finding[]> {
  const findings: Finding[] = []
  await inspect(findings, 'connection', async () => {
    const control = await connect(names, 'control')
    try {
      const { user, host, database } = control.address
      findings.push({ check: 'connection', ok: true, detail: `${user} at ${host}, database ${database}` })
      await inspectServer(findings, control)
      await inspect(findings, 'replication', () => inspectReplication(findings, names))
      await inspect(findings, 'tables', () => inspectTables(findings, names, control))
      await inspect(findings, 'slot', () => inspectSlot(findings, names, control))
    } finally {
      control.close()
    }
  })
  return findings.map(({ fix, ...finding }) => (finding.ok || fix === undefined ? finding : { ...finding, fix }))
}

/** A check that cannot be made is a finding, and the others go on. */
async function inspect(findings: Finding[], check: string, look: () => Promise<void>): Promise<void> {
  try {
    await look()
  } catch (error) {
    const fix = error instanceof MillraceError ? { fix: error.hint } : {}
    findings.push({ check, ok: false, detail: describeError(error), ...fix })
  }
}

async function inspectServer(findings: Finding[], control: Connection): Promise<void> {
  const { version, version_number, wal_level, encoding } = await readFacts(control)
  findings.push({
    check: 'version',
    ok: version_number >= VERSION_MIN,
    detail: `Postgres ${version}`,
    fix: 'Upgrade to Postgres 13 or later.',
  })
  findings.push({
    check: 'wal_level',
    ok: wal_level === 'logical',
    detail: wal_level,
    fix: 'ALTER SYSTEM SET wal_level = logical; -- then restart the server',
  })
  findings.push({ check: 'encoding', ok: encoding !== 'SQL_ASCII', detail: encoding, fix: 'Restore into a database with ENCODING UTF8.' })
}

async function inspectReplication(findings: Finding[], names: SourceNames): Promise<void> {
  const { replication } = await openReplication(names)
  replication.close()
  findings.push({ check: 'replication', ok: true, detail: `${replication.address.user} may read the write-ahead log` })
}

async function inspectTables(findings: Finding[], names: SourceNames, control: Connection): Promise<void> {
  const name = publicationOf(names)
  const finder = await openTableFinder(names, name)
  const { tables, refused } = await finder.find(control.query)
  const user = quoteIdentifier(control.address.user)
  const hidden: Table[] = []
  const filtered: Table[] = []
  for (const table of tables) {
    const rights = await readRights(control.query, table)
    if (!rights.may) hidden.push(table)
    else if (rights.filtered) filtered.push(table)
  }
  findings.push({
    check: 'tables',
    ok: hidden.length === 0 && tables.length > 0,
    detail: `${tables.length} tables with a key or full identity${hidden.length === 0 ? '' : `; ${hidden.length} may not be read`}`,
    fix:
      hidden.length === 0
        ? 'Create a table, or name some in `tables`.'
        : `GRANT SELECT ON ${hidden.map(quotedName).join(', ')} TO ${user};`,
  })
  for (const { error } of refused) findings.push({ check: 'table', ok: false, detail: error.message, fix: error.hint })
  if (filtered.length > 0) {
    const detail = `row-level security hides rows of ${filtered.map(quotedName).join(', ')}`
    findings.push({ check: 'row security', ok: false, detail, fix: `ALTER ROLE ${user} BYPASSRLS;` })
  }
  await inspectPublication(findings, { name, tables, control })
  await inspectGenerated(findings, { name, tables, control, finder })
}

/** Generated columns that the settings want and the stream does not tell. */
async function inspectGenerated(
  findings: Finding[],
  { name, tables, control, finder }: Published & { finder: TableFinder },
): Promise<void> {
  const unsent = tables.flatMap((table) => {
    const columns = unsentColumns(table.signature).filter((column) => finder.selection.of(table).takes(column))
    return columns.length === 0 ? [] : [`${quotedName(table)} (${columns.map(quoteIdentifier).join(', ')})`]
  })
  if (unsent.length === 0) return
  const { version_number: version } = await readFacts(control)
  const why =
    version < GENERATED_COLUMNS_SINCE
      ? 'Postgres sends them from version 18 on'
      : `ALTER PUBLICATION ${quoteIdentifier(name)} SET (publish_generated_columns = stored) would have them sent`
  findings.push({ check: 'generated columns', ok: true, detail: `not captured: ${unsent.join(', ')}; ${why}` })
}

interface Published {
  readonly name: string
  readonly tables: readonly Table[]
  readonly control: Connection
}

async function inspectPublication(findings: Finding[], { name, tables, control }: Published): Promise<void> {
  const found = await readPublication(control.query, name)
  const carried = found === null ? [] : await readPublished(control.query, name)
  const missing = found === null ? [] : unpublished(control.address.source, { name, tables, carried })
  const left = tables
    .filter((table) => found?.ours === false && table.signature.left.length > unsentColumns(table.signature).length)
    .map(quotedName)
  const lacks = missing.length === 0 ? '' : ` lacks ${missing.length} tables`
  findings.push({
    check: 'publication',
    ok: missing.length === 0 && found?.complete !== false,
    detail:
      found === null
        ? `${name} will be made by the first start`
        : `${name}${lacks}${left.length === 0 ? '' : ` (not every column of ${left.join(', ')} is captured)`}`,
    fix: `ALTER PUBLICATION ${quoteIdentifier(name)} ${missing.length > 0 ? `ADD TABLE ${missing.map(quotedName).join(', ')}` : "SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)"};`,
  })
}

async function inspectSlot(findings: Finding[], names: SourceNames, control: Connection): Promise<void> {
  const slot = slotOf(names)
  const found = await readSlot(control.query, slot)
  if (found !== null) {
    const kept = `${((found.keptBytes ?? 0) / 1e6).toFixed(1)} MB of the log kept for it`
    const fix = `Set another \`slot\` for this source in millrace.config.ts, then SELECT pg_drop_replication_slot('${slot}');`
    findings.push({ check: 'slot', ok: found.walStatus !== 'lost', detail: `${slot}: ${String(found.walStatus)}, ${kept}`, fix })
    return inspectWal(findings, names, found)
  }
  const [room] = await control.query<{ used: number; limit: number }>(
    `select count(*)::int as used, current_setting('max_replication_slots')::int as limit from pg_replication_slots`,
  )
  const { used = 0, limit = 0 } = room ?? {}
  findings.push({
    check: 'slot',
    ok: used < limit,
    detail: `${slot} will be made by the first start; ${used} of ${limit} slots are in use`,
    fix: `ALTER SYSTEM SET max_replication_slots = ${limit + 5}; -- then restart the server`,
  })
}

/** How much room is left before the server gives the slot up, and before our own limit. */
function inspectWal(findings: Finding[], { name, config }: SourceNames, { keptBytes, safeBytes }: SlotRow): void {
  const limit = config.wal?.keptBytesLimit ?? KEPT_BYTES_LIMIT
  const kept = keptBytes ?? 0
  const server =
    safeBytes === null ? 'the server sets no limit' : `${(safeBytes / 1e6).toFixed(0)} MB more before the server gives the slot up`
  findings.push({
    check: 'kept log',
    ok: kept < limit && (safeBytes === null || safeBytes > kept * SAFE_SHARE_MIN),
    detail: `${(kept / 1e6).toFixed(1)} MB of ${(limit / 1e6).toFixed(0)} MB that \`wal.keptBytesLimit\` allows; ${server}`,
    fix: `Start Millrace, so that the slot moves on; end long transactions in the server; or raise max_slot_wal_keep_size and \`sources.${name}.wal.keptBytesLimit\`.`,
  })
}
