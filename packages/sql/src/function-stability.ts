/** Which scalar functions give the same result for the same inputs, always: only those can be kept up to date. */
import { Unsupported } from './sql-error.ts'

export type Stability = 'CONSISTENT' | 'CONSISTENT_WITHIN_QUERY' | 'VOLATILE'

/** Said to be consistent, but they tell of the session or the program. */
const TELLS_OF_SURROUNDINGS: ReadonlySet<string> = new Set(['current_setting', 'getvariable', 'getenv', 'version', 'current_user', 'alias'])

/** Said to be consistent, but they are of the moment as `now()` is. */
const OF_THE_MOMENT: ReadonlySet<string> = new Set(['current_localtime', 'current_localtimestamp'])

export interface CalledFunction {
  readonly name: string
  readonly place: number | null
}

/** Raises `Unsupported` for a function that is not. Of several overloads the worst counts. */
export function requireConsistent({ name, place }: CalledFunction, stabilities: ReadonlyMap<string, Stability>): void {
  if (TELLS_OF_SURROUNDINGS.has(name)) {
    throw new Unsupported(`the function ${name}, whose value is not of the rows,`, place, 'Write the value itself.')
  }
  // It has no value: a row that reaches it fails, as it fails DuckDB's query.
  if (name === 'error') return
  switch (OF_THE_MOMENT.has(name) ? 'CONSISTENT_WITHIN_QUERY' : stabilities.get(name)) {
    case 'VOLATILE':
      throw new Unsupported(
        `the function ${name}, whose value is another each time,`,
        place,
        'Compute such a value where the rows come from, and read it as a column.',
      )
    case 'CONSISTENT_WITHIN_QUERY':
      throw new Unsupported(
        `the function ${name}, whose value is that of the moment,`,
        place,
        'A live model changes with its rows alone: compare columns with each other, or filter by time where the model is read.',
      )
    default:
  }
}
