export type { Answer } from './answer.ts'
export type { Lag, Problem, Rate, Report, SubjectKind } from './report.ts'
export { type Verdict, VERDICTS } from './verdict.ts'
