/** What a server, or the way to it, could not do. `code` is Millrace's own; `docs/errors.md` lists all. */
export interface ReadErrorDetails {
  readonly code: string
  readonly message: string
  /** The way out. */
  readonly hint?: string
  readonly retry?: 'backoff' | 'after-fix' | 'never'
  readonly status?: number | null
  readonly cause?: unknown
}

export class ReadError extends Error {
  override readonly name = 'ReadError'
  readonly code: string
  readonly hint: string
  /** `backoff`: the same request may succeed later. */
  readonly retry: 'backoff' | 'after-fix' | 'never'
  /** The answer's HTTP status; null where there was none. */
  readonly status: number | null

  constructor({ code, message, hint = '', retry = 'never', status = null, cause }: ReadErrorDetails) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
    this.hint = hint
    this.retry = retry
    this.status = status
  }
}

/** The line broke, or the server is not there: it may come back. */
export function lineError(url: string, cause: unknown): ReadError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ReadError({
    code: 'CLIENT_LINE_BROKEN',
    message: `The line to ${url} broke: ${why}.`,
    hint: 'See that `millrace start` runs and that its address can be reached from here.',
    retry: 'backoff',
    cause,
  })
}

/** The error that an answer carries. */
export async function errorOf(response: Response): Promise<ReadError> {
  const text = await response.text().catch(() => '')
  try {
    return new ReadError({ ...(JSON.parse(text) as ReadErrorDetails), status: response.status })
  } catch {
    const retry = response.status >= 500 || response.status === 429 ? 'backoff' : 'never'
    return new ReadError({
      code: 'CLIENT_ANSWER_UNKNOWN',
      message: `The server answered ${response.status}.`,
      retry,
      status: response.status,
    })
  }
}
