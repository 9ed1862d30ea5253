import { MillraceError } from '@millrace/base'

/** One request as a route sees it. */
export interface Request {
  readonly path: string
  /** What stood for `:name` and its like in the route's pattern, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The body, which must be a JSON object. */
  readonly body: () => Promise<Readonly<Record<string, unknown>>>
}

export function parameter({ parameters, path }: Request, name: string): string {
  const value = parameters[name]
  if (value === undefined || value === '') throw invalid(path, `${name} is empty`, `the part \`${name}\` of the path`)
  return value
}

export interface WholeRange {
  readonly least: number
  readonly most: number
}

/** A whole number from the query; `otherwise` where it is not given. */
export function wholeFrom<Otherwise>(request: Request, name: string, range: WholeRange, otherwise: Otherwise): number | Otherwise {
  const text = request.query.get(name)
  if (text === null) return otherwise
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < range.least || value > range.most) {
    throw invalid(request.path, `${name} must be a whole number from ${range.least} to ${range.most}`, `\`${name}\``)
  }
  return value
}

export function oneOf<Word extends string>(request: Request, name: string, words: readonly Word[]): Word | null {
  const text = request.query.get(name)
  if (text === null) return null
  const word = words.find((each) => each === text)
  if (word === undefined) throw invalid(request.path, `${name} must be one of ${words.join(', ')}`, `\`${name}\``)
  return word
}

export function invalid(path: string, problem: string, place: string): MillraceError {
  return new MillraceError('HTTP_REQUEST_INVALID', { details: { path, problem, place } })
}
