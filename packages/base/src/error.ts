import { ERRORS, type ErrorCode } from './error-registry.ts'

export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface ErrorOptions {
  readonly cause?: unknown
  /** What and where, never row data: `{ slot, position }`. Filled into the summary's `{slot}`. */
  readonly details?: ErrorDetails
  /** Several lines that point at the place: a frame of the SQL or of the configuration. */
  readonly frame?: string
}

/** What can go wrong in the world. Its code is looked up in the one registry of summaries and hints. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: ErrorCode
  readonly details: ErrorDetails
  readonly frame: string | undefined

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(fill(ERRORS[code].summary, options.details ?? {}), options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
    this.frame = options.frame
  }

  /** The way out: it names a command or a setting. */
  get hint(): string {
    return fill(ERRORS[this.code].hint, this.details)
  }

  get retry(): 'backoff' | 'after-fix' | 'never' {
    return ERRORS[this.code].retry
  }

  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      hint: this.hint,
      retry: this.retry,
      details: this.details,
      ...(this.frame === undefined ? {} : { frame: this.frame }),
      ...(this.cause instanceof Error ? { cause: this.cause.message } : {}),
    }
  }
}

/** What is filled in may end its sentence itself, or be nothing: then the template's full stop or blank goes. */
function fill(template: string, details: ErrorDetails): string {
  return template.replaceAll(/\{(\w+)\}([. ]?)/g, (whole, name: string, next: string) => {
    const value = details[name]
    if (value === undefined) return whole
    const text = String(value)
    const isEnough = next === '.' ? /[.?!…]$/.test(text) : text === ''
    return isEnough ? text : text + next
  })
}

/** Any thrown value as one line, for a cause or a log; the stack stays with the error itself. */
export function describeError(error: unknown): string {
  if (error instanceof MillraceError) return `${error.code}: ${error.message}`
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(describeError).join('; ')
  return error instanceof Error ? error.message : String(error)
}
