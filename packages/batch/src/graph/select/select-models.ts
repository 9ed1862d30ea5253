/**
 * Which models are meant, as users of dbt write it: `+name`, `2+name+`, `tag:nightly`, `path:models/pricing`,
 * `state:modified+`, `fact_*`, and `shop.orders+` for all that reads a stream or a seed. Several words are a union;
 * commas within one an intersection.
 */
import { MillraceError, nearest } from '@millrace/base'
import type { CheckedModel } from '../check/checked-graph.ts'
import { foldedName } from '../model/model.ts'
import { type Neighbours, neighboursOf, reached } from './neighbours.ts'

export type ModelState = 'new' | 'modified' | 'same'

export interface SelectRequest {
  readonly models: ReadonlyMap<string, CheckedModel>
  /** Nothing selects all. */
  readonly words: readonly string[]
  readonly exclude?: readonly string[]
  /** Against the environment that is meant; needed for `state:`. */
  readonly stateOf?: (name: string) => ModelState
}

/** Folded names, in the graph's order. Raises SELECTION_INVALID. */
export function selectModels({ models, words, exclude = [], stateOf }: SelectRequest): Set<string> {
  const neighbours = neighboursOf(models)
  const matches = (word: string): Set<string> => intersection({ models, neighbours, stateOf }, word)
  const wanted = words.length === 0 ? new Set(models.keys()) : new Set(words.flatMap((word) => [...matches(word)]))
  const unwanted = new Set(exclude.flatMap((word) => [...matches(word)]))
  return new Set([...models.keys()].filter((name) => wanted.has(name) && !unwanted.has(name)))
}

interface Place {
  readonly models: ReadonlyMap<string, CheckedModel>
  readonly neighbours: Neighbours
  readonly stateOf: SelectRequest['stateOf']
}

function intersection(place: Place, word: string): Set<string> {
  const [first = new Set<string>(), ...others] = word.split(',').map((term) => withNeighbours(place, term, word))
  return new Set([...first].filter((name) => others.every((each) => each.has(name))))
}

function withNeighbours(place: Place, term: string, word: string): Set<string> {
  const [, before, core = '', after] = /^(\d*\+)?([^+]*)(\+\d*)?$/.exec(term) ?? []
  if (core === '') throw invalid(word, 'it names nothing')
  const { upstream, downstream } = place.neighbours
  const isRead = downstream.has(foldedName(core)) && !place.models.has(foldedName(core))
  if (isRead && after === undefined) throw invalid(word, `'${core}' is read and not computed; '${core}+' are the models that read it`)
  const start = isRead ? [foldedName(core)] : matching(place, core, word)
  const own = isRead ? [] : start
  return new Set([...own, ...reached(start, stepsOf(before), upstream), ...reached(start, stepsOf(after), downstream)])
}

/** `+` is as far as it goes, `2+` two steps, nothing none. */
function stepsOf(sign: string | undefined): number {
  if (sign === undefined) return 0
  return sign === '+' ? Infinity : Number(sign.replace('+', ''))
}

function matching(place: Place, core: string, word: string): string[] {
  const test = tester(place, core, word)
  const found = [...place.models].filter(([name, model]) => test(name, model)).map(([name]) => name)
  const isState = core.startsWith('state:')
  if (found.length === 0 && !isState) throw invalid(word, `no model fits '${core}'${suggestion(place, core)}`)
  return found
}

function suggestion({ models }: Place, core: string): string {
  const meant = nearest(foldedName(core), [...models.keys()])
  return meant === undefined ? '' : `; did you mean '${meant}'?`
}

type Test = (name: string, model: CheckedModel) => boolean

function tester({ stateOf }: Place, core: string, word: string): Test {
  const [, method, value = core] = /^(\w+):(.+)$/.exec(core) ?? []
  switch (method) {
    case undefined: {
      const pattern = globOf(foldedName(value))
      return (name) => pattern.test(name)
    }
    case 'tag':
      return (_name, { model }) => model.settings.tags.includes(value)
    case 'path': {
      const prefix = value.replace(/^\.\//, '').replace(/\/$/, '')
      return (_name, { model }) => model.file === prefix || model.file.startsWith(`${prefix}/`)
    }
    case 'state': {
      if (stateOf === undefined || (value !== 'modified' && value !== 'new'))
        throw invalid(word, `'${value}' is no state; there are new and modified`)
      return (name) => stateOf(name) === value || (value === 'modified' && stateOf(name) === 'new')
    }
    default:
      throw invalid(word, `there is no method '${method}'; there are tag, path and state`)
  }
}

function globOf(text: string): RegExp {
  const escaped = text.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}

function invalid(selection: string, problem: string): MillraceError {
  return new MillraceError('SELECTION_INVALID', { details: { selection, problem } })
}
