import type { ImportedModel } from '../imported-tree.ts'

/** A model's file, from the project's folder. */
export function modelPath({ name }: Pick<ImportedModel, 'name'>): string {
  return `models/${name.slice(0, name.indexOf('.'))}/${name}.sql`
}

/** What people read stands first, then the settings, then the SQL. What could not be translated keeps the legacy SQL. */
export function modelText(model: ImportedModel): string {
  const { legacy, sql, refusal, notes } = model
  const lines = [
    ...(legacy.comment ?? '').split('\n').filter((line) => line.trim() !== ''),
    `Moved from the ${legacy.kind} ${legacy.schema}.${legacy.name}.`,
    ...notes.map((note) => `Mind: ${note}.`),
    '@materialize table',
    `@tags legacy, ${model.name.slice(0, model.name.indexOf('.'))}`,
  ]
  if (refusal !== null) {
    const place = refusal.line === null ? '' : ` (line ${refusal.line}, column ${refusal.column} of its SQL)`
    lines.push(`@disabled ${refusal.construct}${place}: ${refusal.reason}`)
  }
  // A comment of many lines or an @ in it must not become a setting of the model.
  const header = lines.map((line, at) => `-- ${at < lines.length - 2 - (refusal === null ? 0 : 1) ? line.replace(/^\s*@/, 'at ') : line}`)
  return `${header.join('\n')}\n${(sql ?? legacy.definition ?? '').trim().replace(/;$/, '')}\n`
}
