/**
 * The named places at which a drill may kill the process. The law at each: after a restart, input
 * position, operator state and output agree (law 1), and nothing acknowledged is missing (law 2).
 * In production `reach` does nothing.
 */
export const CRASH_POINTS = [
  'capture.before-slot',
  'capture.in-snapshot',
  'capture.before-show',
  'capture.after-snapshot',
  'capture.before-append',
  'capture.before-acknowledge',
  'files.in-version',
  'files.before-show',
  'files.after-show',
  'logs.before-commit',
  'logs.after-commit',
  'agent.before-commit',
  'agent.before-answer',
  'store.before-commit',
  'store.after-commit',
  'live.before-commit',
  'live.after-commit',
  'deliver.before-send',
  'deliver.before-record',
  'deliver.after-record',
  'graph.before-version',
  'graph.after-interval',
  'graph.after-version',
  'graph.before-publish',
  'graph.after-publish',
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]

interface Armed {
  readonly point: CrashPoint
  remaining: number
}

let armed: Armed | undefined = parse(process.env['MILLRACE_CRASH_AT'])

/** Arms one point: the process is killed, as by SIGKILL, at its `countdown`th visit. */
export function armCrash(point: CrashPoint, countdown: number): void {
  armed = { point, remaining: countdown }
}

export function reach(point: CrashPoint): void {
  if (armed === undefined || armed.point !== point) return
  armed.remaining -= 1
  if (armed.remaining <= 0) process.kill(process.pid, 'SIGKILL')
}

/** `store.before-commit:3` in the environment, so that a drill can arm a child process. */
function parse(text: string | undefined): Armed | undefined {
  const [point, count] = (text ?? '').split(':')
  const known = CRASH_POINTS.find((name) => name === point)
  return known === undefined ? undefined : { point: known, remaining: Number(count ?? 1) }
}
