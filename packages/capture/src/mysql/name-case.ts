/**
 * Names of tables and databases where the server does not tell their letters' case apart (`lower_case_table_names = 1`):
 * it keeps them in small letters, while statements stand in the binlog as somebody wrote them.
 */
import type { ServerFacts } from './check-source.ts'

export type NameCase = 'as written' | 'small'

export function nameCaseOf({ variables }: Pick<ServerFacts, 'variables'>): NameCase {
  return variables.get('lower_case_table_names') === '1' ? 'small' : 'as written'
}

export function caseOfName(name: string, names: NameCase): string {
  return names === 'small' ? name.toLowerCase() : name
}
