/** An expression has no value for a row: an overflow, a text that is no number. DuckDB raises there too. */
export class EvaluationFailure extends Error {
  override readonly name = 'EvaluationFailure'
  /** Offset in the SQL in bytes; -1 where it is not known. */
  readonly place: number

  constructor(problem: string, place: number) {
    super(problem)
    this.place = place
  }
}

export function overflow(typeName: string, place: number): never {
  throw new EvaluationFailure(`a value is out of the range of ${typeName}`, place)
}
